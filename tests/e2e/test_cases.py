"""Small inputs that failed once, in the folder `cases` beside the checkout, and what is right: by the command of each
README where that trains nothing, else by reading the files as a step reads them."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

from xstilts import Study
from xstilts.app.predict import read_examples
from xstilts.cli import main
from xstilts.core.errors import XstiltsError
from xstilts.data.examples import SpanExample, TagExample, TextExample
from xstilts.data.locate import Roots
from xstilts.data.read import apply_views, load_examples, resolve_source
from xstilts.data.source import Key
from xstilts.kinds.base import Kind
from xstilts.pipeline.steps.prepare import row_counts
from xstilts.study.user_tasks import declared_tasks
from xstilts.tasks.base import Task
from xstilts.tasks.paraphrase import PAWSX

SHARED_CASES = Path(__file__).resolve().parents[3] / "shared" / "cases"
Case = Callable[[str], Path]
Read = Callable[[str], "dict[str, Use]"]


class Use(NamedTuple):
    """What a step would prepare of one use of a task: its examples, and what became of the rows."""

    examples: list[Any]
    counts: Mapping[str, Any]


@pytest.fixture
def case(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Case:
    """Goes into a copy of a case's folder, by its number, and returns it; studies name the packaged encoder as it
    is called today. Skips where the cases are not here."""

    def enter(number: str) -> Path:
        folder = next(iter(sorted(SHARED_CASES.glob(f"{number}-*"))), None)
        if folder is None:
            pytest.skip("no cases beside the checkout (../shared/cases)")
        copy = tmp_path_factory.mktemp("cases") / folder.name
        shutil.copytree(folder, copy)
        for study in copy.rglob("*.yaml"):
            study.chmod(0o644)
            study.write_text(study.read_text("utf-8").replace("encoder: tiny\n", "encoder: tiny-e5\n"), "utf-8")
        monkeypatch.chdir(copy)
        return copy

    return enter


def tasks(file: str) -> dict[str, Task]:
    return {task.name: task for task in declared_tasks(Study.load(file).tasks)}


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Reads every use of the task `t` of a study file here, with the checks of the step that prepares it."""

    def uses(file: str) -> dict[str, Use]:
        return _uses(tasks(file)["t"], Roots(data=(Path(),), store=tmp_path))

    return uses


def _uses(declared: Task, roots: Roots) -> dict[str, Use]:
    sources = {**({"train": declared.train} if declared.train else {}), **declared.test}
    uses = {}
    for use, source in sources.items():
        loaded = load_examples(resolve_source(source, roots))
        for example in loaded.examples:
            declared.kind.check(example)
        uses[use] = Use(loaded.examples, row_counts(loaded, declared.kind))
    return uses


def f1(kind: Kind, gold: list[list[str]], guess: list[list[str]]) -> float:
    metric = kind.metrics[0]
    counts = np.sum([metric.tally(a, b, "de") for a, b in zip(gold, guess, strict=True)], axis=0)
    return float(metric.values(counts)["f1"])


def said(capsys: pytest.CaptureFixture[str]) -> str:
    return " ".join(capsys.readouterr().err.split())


@pytest.mark.parametrize(
    ("file", "rows", "unanswerable"), [("study", (32, 16), 24), ("refused", (8, 16), 4), ("hub", (4, 4), 2)]
)
def test_01_an_empty_list_is_no_answer(
    case: Case, read: Read, file: str, rows: tuple[int, int], unanswerable: int
) -> None:
    case("01")
    train, test = read(f"{file}.yaml").values()
    assert (len(train.examples), len(test.examples)) == rows
    assert train.counts["without_gold"] == test.counts["without_gold"] == 0
    assert sum(example.answers == () for example in train.examples) == unanswerable


def test_02_rows_without_gold_are_counted_with_the_first(case: Case, read: Read) -> None:
    case("02")
    counts = read("study.yaml")["train"].counts
    assert (counts["rows"], counts["without_gold"], counts["first_blank"]) == (20, 10, "train.jsonl:2")


def test_03_a_type_is_all_after_the_first_hyphen(case: Case, read: Read) -> None:
    case("03")
    kind, [example] = tasks("study.yaml")["t"].kind, read("study.yaml")["de"].examples[:1]
    other = [tag.replace("person", "product") for tag in example.tags]
    assert f1(kind, [example.tags], [other]) == 0.0 and f1(kind, [example.tags], [example.tags]) == 100.0


def test_04_two_single_words_are_no_chunk_of_two(case: Case, read: Read) -> None:
    case("04")
    kind, gold = tasks("study.yaml")["t"].kind, [list(e.tags) for e in read("study.yaml")["de"].examples]
    assert {tuple(tags) for tags in gold} == {("U-PER", "U-PER")}
    assert f1(kind, gold, [["B-PER", "L-PER"]] * len(gold)) == 0.0 and f1(kind, gold, gold) == 100.0


def test_05_tags_without_beginnings_have_an_f1(case: Case, read: Read) -> None:
    case("05")
    kind, gold = tasks("study.yaml")["t"].kind, [list(e.tags) for e in read("study.yaml")["de"].examples]
    assert f1(kind, gold, [["O"] * len(tags) for tags in gold]) == 0.0


def test_06_documents_without_a_name_are_told_apart(case: Case, read: Read) -> None:
    case("06")
    task, uses = tasks("study.yaml")["t"], read("study.yaml")
    assert [len({example.group for example in use.examples}) for use in uses.values()] == [20, 20]
    assert task.fit is not None and task.fit.dev is not None
    held = apply_views(task.fit.dev.views, [Key.of(example) for example in uses["train"].examples])
    assert len(held) == 2
    assert len({example.group for example in read("with-dev.yaml")["de"].examples}) == 20


def test_07_a_language_has_one_code(case: Case, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    case("07")
    assert main(["run", "study.yaml", "--store", str(tmp_path)]) == 2
    assert "study.yaml:5: tasks.t.test.deu: 'de' and 'deu' are one language" in said(capsys)
    assert main(["plan", "unknown.yaml", "--store", str(tmp_path)]) == 2
    assert "there is no language 'german'. Did you mean 'de' (German)?" in said(capsys)
    text = Path("study.yaml").read_text("utf-8").replace(", deu: w.tsv", "")
    (tmp_path / "one.yaml").write_text(text, "utf-8")
    assert list(tasks(str(tmp_path / "one.yaml"))["t"].test) == ["en", "de"]


def test_08_a_translation_that_lost_a_row_is_refused(
    case: Case, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    case("08")
    assert main(["run", "study.yaml", "--store", str(tmp_path)]) == 2
    message = said(capsys)
    assert "de.tsv: the translation has 23 rows, but what it translates (train.tsv) has 24" in message
    assert "Nothing was trained" in message and not list(tmp_path.glob("steps/train-*"))


def test_09_a_file_to_predict_on_is_read_as_a_study_reads_it(case: Case) -> None:
    case("09")
    own = tasks("study.yaml")
    [example] = read_examples(Path("nbsp.txt"), own["tag"])
    assert isinstance(example, TagExample) and len(example.words) == 3
    texts = {name: [e.text for e in read_examples(Path(name), own["cls"])] for name in ("cr.txt", "bom.txt")}  # type: ignore[attr-defined]
    assert texts == {"cr.txt": ["hello\ryo", "x"], "bom.txt": ["good", "bad"]}
    for name, task, place in [
        ("null.jsonl", "cls", "null.jsonl:1: the field 'text' is not a text: null"),
        ("options.tsv", "ch", "options.tsv:2: the field 'options' is not a list"),
        ("latin1.txt", "cls", "latin1.txt:1: the line is not UTF-8"),
        ("words-null.jsonl", "tag", "words-null.jsonl:1: "),
        ("pair-number.jsonl", "cls", "pair-number.jsonl:1: "),
        ("surrogate.jsonl", "cls", "surrogate.jsonl:1: the text holds half a character"),
        ("truncated.txt.gz", "cls", "truncated.txt.gz: the file cannot be read"),
    ]:
        with pytest.raises(XstiltsError) as refused:
            read_examples(Path(name), own[task])
        assert str(refused.value).startswith(place) and refused.value.exit_code == 2


@pytest.mark.parametrize(
    ("file", "place"),
    [
        ("text", "text.jsonl:1: the field 'answers' does not say"),
        ("texts", "texts.jsonl:1: the field 'answers' does not say"),
        ("no-start", "no-start.jsonl:1: the field 'answers' does not say"),
        ("unequal", "unequal.jsonl:1: the field 'answers' has 2 texts, but 1 starts"),
        ("start-null", "start-null.json:data[0].paragraphs[0].qas[0]: the start of the answer 'Anna'"),
        ("start-word", "start-word.json:data[0].paragraphs[0].qas[0]: the start of the answer 'Anna'"),
    ],
)
def test_10_answers_of_no_layout_are_refused_with_their_place(case: Case, read: Read, file: str, place: str) -> None:
    case("10")
    with pytest.raises(XstiltsError) as refused:
        read(f"{file}.yaml")
    assert str(refused.value).startswith(place) and '{"text": ..., "answer_start": ...}' in str(refused.value)


def test_10_answers_as_objects_and_a_flag_as_text_are_read(case: Case, read: Read) -> None:
    case("10")
    for file in ("objects", "flag-as-text"):
        for use in read(f"{file}.yaml").values():
            assert use.counts["without_gold"] == 0
            assert all(isinstance(e, SpanExample) and e.answers and not e.impossible for e in use.examples)


def test_11_half_a_surrogate_names_its_line(case: Case, read: Read) -> None:
    case("11")
    with pytest.raises(XstiltsError, match=r"^a\.jsonl:1: the text holds half a character"):
        read("study.yaml")


def test_12_a_long_cell_is_read(case: Case, read: Read) -> None:
    case("12")
    assert max(len(example.text) for example in read("study.yaml")["train"].examples) == 200_000


def test_13_a_scalar_is_the_text_that_stands_in_the_file(
    case: Case, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    case("13")
    for file in ("no", "languages", "yes-no", "numbers", "columns"):
        assert main(["plan", f"{file}.yaml", "--store", str(tmp_path)]) == 0, said(capsys)
    assert list(tasks("no.yaml")["t"].test) == ["no"] and Study.load("languages.yaml").languages == ("no",)
    labels = {file: Study.load(f"{file}.yaml").tasks["t"].labels for file in ("yes-no", "numbers")}
    assert labels == {"yes-no": ("yes", "no"), "numbers": ("0", "1")}
    assert Study.load("columns.yaml").tasks["t"].columns == {"text": "0", "label": "1"}


def test_14_nothing_stands_twice_and_seeds_fit_into_64_bits(
    case: Case, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    case("14")
    for file, message in [
        ("seeds", "seeds[1]: '1' stands here twice"),
        ("targets", "targets[1]: 't' stands here twice"),
        ("labels", "tasks.t.labels[1]: 'x' stands here twice"),
        ("large", "'seeds' must be a whole number"),
    ]:
        assert main(["plan", f"{file}.yaml", "--store", str(tmp_path)]) == 2
        assert message in said(capsys)


def test_15_labels_of_another_spelling_are_refused(case: Case, capsys: pytest.CaptureFixture[str]) -> None:
    case("15")
    assert main(["xtreme", "score", "--predictions", "predictions", "--labels", "labels"]) == 2
    assert "predictions/pawsx/test-de.tsv:1: '1.0' is no label of this task. Did you mean '1'?" in said(capsys)


def test_16_a_column_called_where_is_its_own_text(case: Case, read: Read) -> None:
    case("16")
    header, *lines = Path("a.tsv").read_text("utf-8").splitlines()
    column = header.split("\t").index("where")
    found = [example.text for example in read("study.yaml")["train"].examples]
    assert found == [line.split("\t")[column] for line in lines]


def test_17_what_is_no_text_is_refused_and_labels_are_spelled_as_json(case: Case, read: Read) -> None:
    case("17")
    with pytest.raises(XstiltsError, match=r"^a\.jsonl:1: the field 'text' is not a text: NaN"):
        read("study.yaml")
    assert {example.label for example in read("bool.yaml")["train"].examples} == {"true", "false"}


def test_18_blank_translations_are_dropped_and_counted(case: Case, tmp_path: Path) -> None:
    folder = case("18")
    loaded = load_examples(resolve_source(PAWSX.translations["de"], Roots(data=(folder,), store=tmp_path)))
    assert loaded.dropped["a text is blank"] == 2
    assert all(isinstance(e, TextExample) and e.text.strip() and e.pair and e.pair.strip() for e in loaded.examples)


def test_19_padded_options_are_none(case: Case, read: Read) -> None:
    case("19")
    with pytest.raises(XstiltsError, match=r"^a\.tsv:10: the answer '2' names no option\. Allowed: 0, 1\."):
        read("study.yaml")


def test_20_messages_name_the_line_and_the_label_of_the_file(
    case: Case, read: Read, capsys: pytest.CaptureFixture[str]
) -> None:
    case("20")
    with pytest.raises(XstiltsError, match=r"^a\.conllu:4: 'foo' is not one of this task's relations"):
        read("study.yaml")
    [example] = read("roles.yaml")["train"].examples
    assert example.predicates[0].spans == ((0, 1, "ARG0"), (2, 3, "ARG1"))
    assert main(["score", "dependency", "nfc.gold.conllu", "nfc.system.conllu"]) == 2
    message = said(capsys)
    assert "(U+00E9) here" in message and "(U+0065 U+0301) in nfc.gold.conllu:1" in message
