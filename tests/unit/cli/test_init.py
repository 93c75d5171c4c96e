"""`xstilts init`: what it writes is planned as it stands, and what it cannot write is refused."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from xstilts.cli import main
from xstilts.cli.init import answered
from xstilts.pipeline.options import Options
from xstilts.study.first_study import FirstStudy
from xstilts.study.load import load_study

REVIEWS = """Nr;Rezension;Urteil
1;"Ein schöner Film; wirklich gut";gut
2;Das ist nicht der Film, den ich sehen wollte;schlecht
3;"Er sagte ""nie wieder"" und ging";schlecht
4;Ich habe es gern gelesen;gut
"""
NAMES = "# id a\nRais _ _ O\nSamia _ _ B-PER\n\n# id b\nBenki _ _ B-ORG\nKuu _ _ I-ORG\n"
QUESTIONS = {
    "version": "own",
    "data": [
        {
            "paragraphs": [
                {
                    "context": "The river rises in the north.",
                    "qas": [
                        {"id": "a", "question": "Where?", "answers": [{"text": "in the north", "answer_start": 16}]},
                        {"id": "b", "question": "What?", "answers": [{"text": "The river", "answer_start": 0}]},
                    ],
                }
            ]
        }
    ],
}

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XSTILTS_STORE", str(tmp_path / "store"))
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.delenv("XSTILTS_DATA", raising=False)

    def call(*words: str) -> tuple[int, str, str]:
        code = main(list(words))
        out, err = capsys.readouterr()
        return code, out, err

    return call


def test_flags_become_a_study_that_is_planned_as_it_stands(run: Run):
    names = ["--target", "udpos", "--through", "snips-slots,snli-cad", "--languages", "de,fi"]
    code, out, _ = run("init", "a.yaml", *names)
    assert code == 0 and out.endswith("Written: a.yaml. Next: xstilts plan a.yaml\n")
    study = load_study("a.yaml")
    assert list(study.arms) == ["none", "snips-slots", "snli-cad", "snips-slots+snli-cad"]
    assert study.seeds == (1, 2, 3) and study.languages == ("de", "fi")
    assert Path("a.yaml").read_text("utf-8").count("#") > 8
    assert run("plan", "a.yaml")[0] == run("plan", "a.yaml", "--scale", "smoke")[0] == 0


def test_without_a_file_it_is_printed_and_with_json_it_is_a_value(run: Run):
    _, out, _ = run("init", "--target", "xnli", "--encoder", "xlmr-base", "--seeds", "1", "--question", "yes: or no?")
    study = yaml.safe_load(out)
    assert study["question"] == "yes: or no?" and study["encoder"] == "xlmr-base" and study["seeds"] == [1]
    assert study["train"]["lr"] == 2e-5
    _, out, _ = run("init", "--target", "xnli", "--json")
    assert yaml.safe_load(json.loads(out)["study"])["targets"] == ["xnli"]


@pytest.mark.parametrize(
    ("name", "text", "keys", "said"),
    [
        (
            "reviews.csv",
            REVIEWS,
            {
                "kind": "classification", "reader": "csv", "separator": ";", "language": "de",
                "columns": {"text": "Rezension", "label": "Urteil", "id": "Nr"},
                "labels": ["gut", "schlecht"], "train": "reviews.csv",
            },
            "in de: its texts look like German",
        ),
        (
            "names-sw.conll",
            NAMES,
            {
                "kind": "tagging", "reader": "bio", "separator": " ", "comment": "# ", "language": "sw",
                "fields": ["token", "column2", "column3", "tag"],
                "labels": ["O", "B-ORG", "I-ORG", "B-PER"], "train": "names-sw.conll",
            },
            "its name says Swahili",
        ),
        ("qa", json.dumps(QUESTIONS), {"kind": "span-qa", "reader": "squad", "train": "qa"}, "layout of SQuAD"),
    ],
)  # fmt: skip
def test_a_data_file_is_declared_and_planned_without_editing(
    run: Run, name: str, text: str, keys: dict[str, object], said: str
):
    Path(name).write_text(text, "utf-8")
    code, out, err = run("init", "own.yaml", "--from-data", name, "--check")
    assert code == 0, err
    assert said in out and "read: every row of train, " in out
    study = yaml.safe_load(Path("own.yaml").read_text("utf-8"))
    [task] = study["tasks"].values()
    assert task == keys
    code, out, err = run("plan", "own.yaml")
    assert code == 0, err
    assert "own task" not in out and "missing" not in out.partition("missing in tatoeba")[0]


def test_files_for_training_and_tests_make_a_target_with_all_their_labels(run: Run):
    folder = Path("data/reviews")
    folder.mkdir(parents=True)
    (folder / "train.tsv").write_text("text\tmark\nIt is a fine day\t1\nIt is a bad day\t0\nWe like it\t1\n", "utf-8")
    (folder / "test-de.tsv").write_text("text\tmark\nEin guter Tag\t2\nEin Tag\t10\n", "utf-8")
    data = ["--from-data", "data/reviews/train.tsv", "--from-data", "data/reviews/test-de.tsv"]
    assert run("init", "own.yaml", *data, "--through", "snli-cad")[0] == 0
    study = load_study("own.yaml")
    assert study.targets == ("reviews",) and list(study.arms) == ["none", "snli-cad"]
    assert study.tasks["reviews"].labels == ("0", "1", "2", "10")
    assert run("plan", "own.yaml")[0] == 0
    _, out, _ = run("init", "--section", "--name", "mine", *data)
    assert list(yaml.safe_load(out)["tasks"]) == ["mine"]


def test_nothing_is_written_beside_the_files(run: Run, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("xstilts.core.fingerprints._SETTLED", -1.0)  # as if the file had been here for long
    Path("data").mkdir()
    Path("data/train.tsv").write_text("text\tmark\nIt is a fine day\t1\nIt is a bad day\t0\nWe like it\t1\n", "utf-8")
    assert run("init", "--section", "--check", "--from-data", "data/train.tsv")[0] == 0
    assert [path.as_posix() for path in Path().rglob("*")] == ["data", "data/train.tsv"]


def test_other_shapes_of_rows(run: Run):
    rows = [{"premise": f"All {n} of us", "hypothesis": "Some of us", "gold_label": "ny"[n % 2]} for n in range(6)]
    Path("pairs.jsonl").write_text("\n".join(map(json.dumps, rows)), "utf-8")
    options = [{"question": f"Who is {n}?", "choices": ["the one", "the other"], "answer": n % 2} for n in range(4)]
    Path("quiz.json").write_text(json.dumps(options), "utf-8")
    words = [{"tokens": ["the", "dog", str(n)], "ner_tags": [0, n % 3, 1]} for n in range(4)]
    Path("words.jsonl").write_text("\n".join(map(json.dumps, words)), "utf-8")
    Path("texts.tsv").write_text("the dog of the man\tder Hund des Mannes\nthe big cat\tdie große Katze\n", "utf-8")
    found = {}
    for name in ("pairs.jsonl", "quiz.json", "words.jsonl", "texts.tsv"):
        code, out, err = run("init", "--section", "--json", "--from-data", name)
        assert code == 0, err
        [found[name]] = json.loads(out).values()
    assert found["pairs.jsonl"]["columns"] == {"text": "premise", "pair": "hypothesis", "label": "gold_label"}
    assert found["quiz.json"]["kind"] == "choice" and found["quiz.json"]["columns"]["options"] == "choices"
    assert found["words.jsonl"]["labels"] == ["0", "1", "2"] and found["words.jsonl"]["kind"] == "tagging"
    assert found["texts.tsv"]["kind"] == "retrieval"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--target", "xnly"], "--target: there is no task 'xnly'. Did you mean 'xnli'?"),
        (["--target", "xnli", "--through", "tatoeba"], "no training data"),
        (["--target", "xnli", "--languages", "xx"], "there is no language 'xx'"),
        (["there.yaml", "--target", "xnli"], "there.yaml: this is there already"),
        (["--from-data", "none.csv"], "none.csv: there is no such file"),
        (["--from-data", "there.yaml", "--kind", "classifcation"], "Did you mean 'classification'?"),
        (["--from-data", "same.csv"], "same.csv: the column 'label' has only the value ['a']"),
        (["--from-data", "same.csv", "--kind", "choice"], "looks like a choice task"),
        (["--from-data", "late.csv", "--check"], "late.csv:1004: the row has 3 fields, expected 2"),
        (["--target", "xnli", "--check"], "--from-data FILE"),
    ],
)
def test_a_mistake_is_named(run: Run, words: list[str], said: str):
    Path("there.yaml").write_text("a: b", "utf-8")
    Path("same.csv").write_text("text,label\n" + "a b c d e f g h,a\n" * 30, "utf-8")
    Path("late.csv").write_text("text,label\n" + "so it is,1\nis it so,0\n" * 501 + "a,b,c\n", "utf-8")
    code, out, err = run("init", *words)
    assert (code, out) == (2, "") and said in err
    assert Path("there.yaml").read_text("utf-8") == "a: b"


def test_nobody_is_asked_where_nobody_is(run: Run, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("udpos\n"))
    code, out, err = run("init")
    assert (code, out) == (2, "") and "--target" in err


def test_answers_become_a_study_and_a_wrong_one_is_asked_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    answers = iter(["udpso", "udpos", "snips-slots", "tiny-e5", "german, fi", "de, fi", ""])
    asked: list[str] = []

    def ask(text: str, default: str) -> str:
        asked.append(text)
        return next(answers) or default

    first = answered(FirstStudy(targets=()), Options(store=tmp_path), ask)
    assert (first.targets, first.through, first.languages) == (("udpos",), ("snips-slots",), ("de", "fi"))
    assert first.question == "Does training on snips-slots first help zero-shot transfer on udpos?"
    assert len(asked) == 7 and "Did you mean 'udpos'?" in capsys.readouterr().err
