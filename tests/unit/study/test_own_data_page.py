"""The examples of the page "Files of your own": each section reads its file, and what it says comes out."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

import toy_kinds
from xstilts.core.errors import DataError, StudyError
from xstilts.data.examples import SpanExample
from xstilts.data.locate import Roots
from xstilts.data.read import LoadedExamples, load_examples, resolve_source
from xstilts.data.source import Source
from xstilts.study.load import load_study
from xstilts.study.user_tasks import declared_tasks
from xstilts.tasks.base import Task

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "own-data.md").read_text("utf-8")
FILES = re.findall(r'^```\w+ title="([^"]+)"\n(.*?)^```$', PAGE, re.MULTILINE | re.DOTALL)
SECTIONS = re.findall(r"^```yaml\n(tasks:.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
ENCODINGS = {"own/ratings.csv": "cp1252"}  # of the files that are not UTF-8
HEAD = "question: q\nencoder: e\narms: {none: {strategy: direct}}\ntargets: [t]\n"


def tasks_of(section: str, folder: Path, name: str = "study.yaml") -> dict[str, Task]:
    path = folder / name
    path.write_text(HEAD + section, "utf-8")
    study = load_study(str(path))
    with study.positions.shown():
        return {task.name: task for task in declared_tasks(study.tasks)}


def read(source: Source | None, folder: Path) -> LoadedExamples:
    assert source is not None
    roots = Roots(data=(folder,), store=folder / "store", samples=folder / "none", offline=True)
    return load_examples(resolve_source(source, roots))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("page")
    for name, text in FILES:
        (made / name).parent.mkdir(exist_ok=True)
        (made / name).write_bytes(text.encode(ENCODINGS.get(name, "utf-8")))
    return made


@pytest.fixture(scope="module")
def tasks(folder: Path) -> dict[str, Task]:
    return {name: task for section in SECTIONS for name, task in tasks_of(section, folder).items()}


def test_every_example_of_the_page_is_read(tasks: dict[str, Task], folder: Path):
    assert len(SECTIONS) >= 7 and len(tasks) >= len(SECTIONS)
    for task in tasks.values():
        for source in (task.train, task.dev, *task.test.values()):
            if source is not None:
                for example in read(source, folder).examples:
                    task.kind.check(example)
                    assert not example.scored or task.kind.gold(example) is not None, example


def golds(task: Task, source: Source | None, folder: Path) -> list[tuple[Any, ...]]:
    return [(*example.texts, task.kind.gold(example)) for example in read(source, folder).examples]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("ratings", [("Très bon; je reviendrai.", "pos"), ('Il a dit "jamais plus".', "neg")]),
        ("germeval", [("Schartau", "sagte", "dem", "Tagesspiegel", ["B-PER", "O", "O", "B-ORG"])]),
        ("multiconer", [("the", "#", "paris", ["O", "O", "B-LOC"])]),
        ("boolq", [("Ice: Ice floats on water. does ice float", "true"),
                   ("Ice: Ice floats on water. does ice sink", "false")]),
        ("hub-nli", [("A man sleeps.", "A man is awake.", "contradiction"),
                     ("A man sleeps.", "Somebody sleeps.", "entailment")]),
        ("squad-like", [("What floats?", "Ice floats.", ["Ice"])]),
        ("hub-answers", [("What floats?", "Ice floats.", ["Ice", "Ice"]), ("What sinks?", "Ice floats.", [])]),
        ("answers", [("What floats?", "Ice floats.", ["Ice"]), ("What does ice do?", "Ice floats.", ["floats"])]),
        ("emotions", [("I knew it!", ["anger", "joy"]), ("Run.", ["fear"]), ("Fine.", [])]),
        ("korsts", [("A plane takes off.", "An air plane takes off.", 5.0),
                    ("A man plays a flute.", "A man eats.", 0.8)]),
        ("fruits", [(*["Which is a fruit?"] * 3, "pear", "stone", "chair", 0),
                    (*["Which is a bird?"] * 2, "lamp", "owl", 1)]),
    ],
)  # fmt: skip
def test_what_the_training_files_say(name: str, expected: list[Any], tasks: dict[str, Task], folder: Path):
    assert golds(tasks[name], tasks[name].train, folder) == expected


def test_a_file_may_hold_several_languages(tasks: dict[str, Task], folder: Path):
    task = tasks["americas"]
    assert golds(task, task.test["ay"], folder) == [("a b", "c", "entailment")]
    assert golds(task, task.test["gn"], folder) == [("d e", "f", "neutral"), ("g", "h", "contradiction")]


def test_one_file_may_be_laid_out_in_its_own_way(tasks: dict[str, Task], folder: Path):
    task = tasks["marks"]
    assert golds(task, task.train, folder) == [("Good.", "good"), ("Bad.", "bad")]
    assert golds(task, task.test["de"], folder) == [("Gut.", "good"), ("Schlecht.", "bad")]


def test_trees_may_have_six_columns(tasks: dict[str, Task], folder: Path):
    expected = {"heads": [2, 3, 0], "relations": ["NP", "NP_OBJ", "VP"]}
    assert golds(tasks["klue-dp"], tasks["klue-dp"].train, folder) == [("해당", "그림을", "보면", expected)]


def test_an_answer_may_be_flags_within_lists(tasks: dict[str, Task], folder: Path):
    task = tasks["winograd"]
    prompt = "The cup fell off the tray when it tilted. it:"
    assert golds(task, task.test["en"], folder) == [(prompt, prompt, "The cup", "the tray", 1)]
    assert golds(task, task.test["ja"], folder)[0][2:] == ("雨", "傘", 1)


@pytest.mark.parametrize("flags", ["[0, 0]", "[1, 1]", "[1]", "[2, 0]", "1", "[null, 1]"])
def test_flags_say_of_each_option_whether_it_is_right(flags: str, tmp_path: Path):
    (tmp_path / "a.jsonl").write_text(f'{{"q": "x", "o": ["a", "b"], "a": {flags}}}\n', "utf-8")
    keys = "kind: choice, reader: jsonl, answer: flags, columns: {prompt: q, options: o, answer: a}, train: a.jsonl"
    task = tasks_of(f"tasks:\n  t: {{{keys}}}\n", tmp_path)["t"]
    with pytest.raises(DataError, match=r"a\.jsonl:1: .*(whether it is right|say right)"):
        read(task.train, tmp_path)


def test_a_translation_memory_holds_pairs(tasks: dict[str, Task], folder: Path):
    query, candidate = read(tasks["memory"].test["de"], folder).examples
    assert (query.texts, candidate.texts) == (("Es regnet.",), ("It rains.",))
    assert query.id == "q7" and query.where.endswith("memory.tmx:3")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("<tmx><body><tu></body></tmx>", r"m\.tmx:1: this is not XML: mismatched tag"),
        ('<!DOCTYPE tmx [\n<!ENTITY a "b">]><tmx/>', r"m\.tmx:2: .*defines entities"),
        ("<tmx><body/></tmx>", "no examples are left"),
    ],
)
def test_a_memory_that_cannot_be_read(content: str, message: str, tmp_path: Path):
    (tmp_path / "m.tmx").write_text(content, "utf-8")
    task = tasks_of("tasks:\n  t: {kind: retrieval, reader: tmx, test: {de: m.tmx}}\n", tmp_path)["t"]
    with pytest.raises(DataError, match=message):
        read(task.test["de"], tmp_path)


def test_rows_that_are_left_out_are_counted_with_the_first_of_them(tasks: dict[str, Task], folder: Path):
    loaded = read(tasks["hub-nli"].train, folder)
    assert loaded.dropped == {"label is '-1'": 1} and loaded.rows == 3
    assert loaded.first_dropped["label is '-1'"].endswith("hub.tsv:4")


def test_blank_answers_beside_others_are_left_out_and_counted(tasks: dict[str, Task], folder: Path):
    [example] = read(tasks["squad-like"].train, folder).examples
    assert isinstance(example, SpanExample) and example.answers == (("Ice", 0),) and example.blanks == 1
    encoded = tasks["squad-like"].kind.encode([example], toy_kinds.tokenizer(), 32)
    assert encoded.notes["blank_answers"] == 1 and encoded.first["blank_answers"] == example.where


BASE = """tasks:
  t:
    kind: classification
    reader: tsv
    columns: {text: text, label: label}
    labels: [bad, good]
    train: a.tsv
"""


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        ("reader: tsv", "reader: tsv\n    encoding: latin7x", 9, "no encoding 'latin7x'"),
        ("reader: tsv", "reader: tsv\n    encoding: cp125", 9, "Did you mean 'cp125"),
        ("reader: tsv", 'reader: tsv\n    quote: "\'"', 9, "'tsv' have no 'quote': those of csv have.*`reader: csv`"),
        ("reader: tsv", "reader: tsv\n    comment: '#'", 9, "have no 'comment': those of bio have"),
        ("reader: tsv", "reader: tsv\n    seperator: ','", 9, "Unknown key 'seperator'. Did you mean 'separator'"),
        ("reader: tsv", "reader: csv\n    separator: '||'", 9, r"stands one character, not '\|\|'"),
        ("train: a.tsv", "train: {files: a.tsv, readr: csv}", 11, "Unknown key 'readr'. Did you mean 'reader'"),
        ("train: a.tsv", "train: {reader: csv}", 11, "The key 'files' is missing"),
        ("train: a.tsv", "train: [[a.tsv]]", 11, "must be a text"),
        ("train: a.tsv", "train: {files: []}", 11, "needs at least 1 item"),
        ("train: a.tsv", "train: {files: a.tsv, reader: cvs}", 11, "Did you mean 'csv'"),
        ("train: a.tsv", "train: {files: a.tsv, columns: {txt: x}}", 11, "no column 'txt'. Did you mean 'text'"),
        ("train: a.tsv", "train: a.tsv\n    label_names: {0: bda}", 12, "'bda', which is none.*Did you mean 'bad'"),
        ("train: a.tsv", "test: {de: {files: a.tsv, label_names: {0: bda}}}", 11, "Did you mean 'bad'"),
        ("reader: tsv", "reader: tmx", 8, "sentences in two languages, and a classification task none"),
        (
            "kind: classification\n    reader: tsv",
            "kind: tagging\n    reader: conllu\n    fields: [form, upos]",
            9,
            "None of the `fields` is 'id'",
        ),
        ("train: a.tsv", "train: a.tsv\n    range: [0, 5]", 12, "no numbers on a scale"),
        ("train: a.tsv", "train: a.tsv\n    label_separator: ;", 12, "one label, so nothing stands between"),
        ("train: a.tsv", "train: a.tsv\n    trained_on: xnli", 12, "has training data of its own"),
        ("kind: classification", "kind: regression\n    range: [0, 1]", 11, "A regression task has no 'labels'"),
        ("kind: classification", "kind: choice\n    label_names: {0: bad}", 8, "no labels to name"),
    ],
)
def test_a_wrong_declaration_has_its_line(old: str, new: str, line: int, message: str, tmp_path: Path):
    text = BASE.replace(old, new)
    if "kind: tagging" in new:
        text = text.replace("    columns: {text: text, label: label}\n", "")
    if "kind: choice" in new:
        text = text.replace("{text: text, label: label}", "{prompt: text, options: o, answer: label}")
    with pytest.raises(StudyError, match=message) as caught:
        tasks_of(text, tmp_path)
    assert str(caught.value).startswith(f"study.yaml:{line}"), str(caught.value)


@pytest.mark.parametrize(
    ("keys", "content", "place", "message"),
    [
        ("where: {split: tset}", "text\tlabel\tsplit\na\tbad\ttest\n", "a.tsv: ", "Did you mean 'test'"),
        ("where: {spilt: test}", "text\tlabel\tsplit\na\tbad\ttest\n", "a.tsv:2", "Did you mean 'split'"),
        ("drop: {lable: [x]}", "text\tlabel\na\tbad\n", "a.tsv:2", "Did you mean 'label'"),
        ("label_names: {0: bad, 1: good}", "text\tlabel\na\t2\n", "a.tsv:2", "'2' is not a label of this file"),
        ("parse: label", "text\tlabel\na\t[1, 2\n", "a.tsv:2", "no value of JSON or Python"),
        ("parse: label", "text\tlabel\na\t['x' 'y']\n", "a.tsv:2", "two texts without a comma"),
        ("encoding: windows-1252", "text\tlabel\nÁ\tbad\n", "a.tsv", "not in the encoding cp1252"),
    ],
)
def test_what_a_file_does_not_hold_has_its_line(keys: str, content: str, place: str, message: str, tmp_path: Path):
    (tmp_path / "a.tsv").write_text(content, "utf-8")
    task = tasks_of(f"{BASE}    {keys}\n", tmp_path)["t"]
    with pytest.raises(DataError, match=message) as caught:
        read(task.train, tmp_path)
    assert place in str(caught.value), str(caught.value)


def test_a_template_names_a_column_that_is_not_there(tmp_path: Path):
    (tmp_path / "a.tsv").write_text("text\tlabel\na\tbad\n", "utf-8")
    task = tasks_of(BASE.replace("text: text", 'text: "{texd} x"'), tmp_path)["t"]
    with pytest.raises(DataError, match=r"a\.tsv:2: .*'texd'.*Did you mean 'text'"):
        read(task.train, tmp_path)


def test_keys_that_are_not_said_change_no_identity(tmp_path: Path):
    from xstilts.core.canonical import canonical
    from xstilts.data.readers.catalog import Bio, Csv, Tsv

    assert canonical(Tsv(header=True)) == {"!": "Tsv", "columns": None, "header": True}
    assert canonical(Csv()) == {"!": "Csv", "columns": None, "header": True, "delimiter": ","}
    assert canonical(Bio(columns=("token", "tag"))) == {
        "!": "Bio", "columns": ["token", "tag"], "separator": "\t", "comment": "",
    }  # fmt: skip
