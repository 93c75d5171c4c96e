"""`xstilts stress`: what is shown of a file, as text and as JSON, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from toy_noise import write_lists
from xstilts.cli import main
from xstilts.cli.stress_view import edited_text
from xstilts.perturb.edits import Edit, Rewriting


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "texts.txt").write_text("Der Hund bellt.\n\nDas Haus ist neu.\n", "utf-8")
    return write_lists(tmp_path)


def run(capsys: pytest.CaptureFixture[str], command: str) -> tuple[int, str, str]:
    code = main(["stress", *command.split()])
    out, err = capsys.readouterr()
    return code, out, err


def test_each_change_is_shown_and_counted(folder: Path, capsys: pytest.CaptureFixture[str]):
    code, out, _ = run(capsys, "texts.txt --noise repeat --rate 1 --language de")
    assert code == 0
    lines = out.splitlines()
    assert lines[0].startswith("0 text  D{+D+}e{+e+}r{+r+} H{+H+}")
    assert lines[1].split() == ["1", "text"]
    assert lines[-1] == (
        "repeat (de), 3 rows: 25 of 25 characters that it could change are changed (100.00 %, asked 100 %)."
    )


def test_json_has_the_texts_their_edits_and_counts(folder: Path, capsys: pytest.CaptureFixture[str]):
    code, out, _ = run(capsys, "texts.txt --noise keyboard --rate 0.2 --language deu --seed 3 --json --show 1")
    told = json.loads(out)
    assert code == 0
    assert (told["perturbation"], told["language"], told["rate"], told["seed"]) == ("keyboard", "de", 0.2, 3)
    assert (told["units"], told["examples"], told["dropped"], told["switching"]) == (25, 3, {}, None)
    assert told["realised_rate"] == told["changed"] / 25
    [text] = told["texts"]
    new = text["old"]
    for start, end, put in reversed(text["edits"]):
        new = new[:start] + put + new[end:]
    assert new == text["new"] != text["old"] == "Der Hund bellt."


def test_at_rate_0_texts_are_the_same(folder: Path, capsys: pytest.CaptureFixture[str]):
    _, out, _ = run(capsys, "texts.txt --noise swap --rate 0 --language de --json")
    assert (json.loads(out)["changed"], json.loads(out)["texts"]) == (0, [])


def test_switching_is_measured(folder: Path, capsys: pytest.CaptureFixture[str]):
    command = "texts.txt --switch dictionary --rate 1 --language de --set into=en --set lexicons=."
    code, out, _ = run(capsys, f"{command} --json")
    told = json.loads(out)
    assert code == 0
    assert [text["new"] for text in told["texts"]] == ["The dog bellt.", "", "Das house ist new."]
    assert told["switching"]["cmi_2014_mixed"] == pytest.approx(100 * (1 / 3 + 1 / 2) / 2)
    _, out, _ = run(capsys, command)
    assert "CMI 27.8 over all texts, 41.7 over the 2 mixed ones (Das & Gambäck 2014); M-index 0.960" in out


def test_dropped_answers_are_counted(folder: Path, capsys: pytest.CaptureFixture[str]):
    rows = [
        {
            "id": str(i),
            "question": "Wer?",
            "context": "Der Hund bellt.",
            "answers": [{"text": "Hund", "answer_start": 4}],
        }
        for i in range(20)
    ]
    (folder / "qa.jsonl").write_text("\n".join(map(json.dumps, rows)), "utf-8")
    _, out, _ = run(capsys, "qa.jsonl --noise drop-words --rate 0.5 --language de --json")
    told = json.loads(out)
    assert told["examples"] + told["dropped"]["an answer vanished"] == 20
    assert 2 < told["examples"] < 18
    assert told["first_dropped"]["an answer vanished"].startswith("qa.jsonl:")
    _, out, _ = run(capsys, "qa.jsonl --noise drop-words --rate 0.5 --language de")
    assert f"{told['dropped']['an answer vanished']} dropped: an answer vanished (first: qa.jsonl:" in out


@pytest.mark.parametrize(
    ("name", "content", "field"),
    [
        ("a.tsv", "id\ttext\tpair\n7\tDer Hund\tbellt", "pair"),
        ("a.csv", "text\n\"Der, Hund\"", "text"),
        ("a.json", '[{"prompt": "Wer?", "options": ["Hund", "Haus"]}]', "2"),
        ("a.jsonl", '{"words": ["Der", "Hund"]}', "words"),
        ("a.conllu", "# text = Der\n1\tDer\t_\tDET\t_\t_\t0\troot\t_\t_\n", "words"),
    ],
)  # fmt: skip
def test_files_are_read_as_predict_reads_them(
    folder: Path, capsys: pytest.CaptureFixture[str], name: str, content: str, field: str
):
    (folder / name).write_text(content + "\n", "utf-8")
    code, out, err = run(capsys, f"{name} --noise repeat --rate 1 --language de --json")
    assert code == 0, err
    assert field in {text["field"] for text in json.loads(out)["texts"]}


def test_with_colour_nothing_marks_an_edit_but_its_style():
    rewriting = Rewriting("abc", [Edit(1, 2, "x\u200b")])
    assert edited_text(rewriting, colour=False).plain == "a[-b-]{+x<U+200B>+}c"
    coloured = edited_text(rewriting, colour=True)
    assert coloured.plain == "abx<U+200B>c"
    assert [(span.start, span.end, str(span.style)) for span in coloured.spans] == [
        (1, 2, "red strike"),
        (2, 11, "bold green"),
    ]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("--noise keybord --rate 0.1 --language de", "--noise: there is no noise 'keybord'. Did you mean 'keyboard'?"),
        ("--switch dictionery --rate 0.1 --language de", "--switch: there is no switch 'dictionery'."),
        ("--noise swap --rate 1.1 --language de", "--rate: a rate lies between 0 and 1, got 1.1"),
        ("--noise swap --rate nan --language de", "--rate: a rate lies between 0 and 1, got nan"),
        ("--noise swap --rate x --language de", "Invalid value for '--rate'"),
        ("--noise swap --language de", "Missing option '--rate'"),
        ("--noise swap --rate 0.1", "Missing option '--language'"),
        ("--noise swap --rate 0.1 --language germn", "--language: there is no language 'germn'. Did you mean 'de'"),
        ("--noise keyboard --rate 0.1 --language sw", "'keyboard' is not available: no keyboard layout for sw"),
        ("--noise drop-words --rate 0.1 --language zh", "no blanks between words in zh"),
        ("--rate 0.1 --language de", "Say one of --noise and --switch."),
        ("--noise swap --switch dictionary --rate 0.1 --language de", "Say one of --noise and --switch."),
        ("--noise casing --rate 0.1 --language de --set to", "--set: a setting is KEY=VALUE, got 'to'"),
        ("--noise casing --rate 0.1 --language de --set to=uper", "--set to: there is no casing 'uper'."),
        ("--noise casing --rate 0.1 --language de --set form=upper", "--set form: 'casing' has no setting 'form'."),
        ("--noise casing --rate 0.1 --language de --set to=[", "--set: the value of 'to' cannot be read"),
        ("--noise misspellings --rate 0.1 --language en --set list=none.txt", "none.txt: there is no such file"),
        ("--switch dictionary --rate 0.1 --language sw --set into=en --set lexicons=.", "no lexicon of sw and en in"),
    ],
)
def test_bad_commands_are_refused(folder: Path, capsys: pytest.CaptureFixture[str], arguments: str, message: str):
    code, out, err = run(capsys, f"texts.txt {arguments}")
    assert (code, out) == (2, "")
    assert message in " ".join(err.split())


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("none.txt", None, "There is no file 'none.txt'."),
        ("empty.txt", b"", "empty.txt: The file has no rows."),
        ("latin.txt", b"ok\nM\xfcller", "latin.txt:2: the line is not UTF-8"),
        ("a.tsv", b"name\tlabel\nx\ty", "a.tsv:2: the row has none of the columns that are texts, but 'name', 'label'"),
        ("a.jsonl", b"[1]", "a.jsonl:1:"),
        ("b.jsonl", b'{"text": 5}', "b.jsonl:1:"),
        ("c.jsonl", b'{"id": "a", "text": "x"}\n{"id": "a", "text": "y"}', "c.jsonl:2: the id 'a' occurs twice"),
    ],
)
def test_bad_files_are_refused(
    folder: Path, capsys: pytest.CaptureFixture[str], name: str, content: bytes | None, message: str
):
    if content is not None:
        (folder / name).write_bytes(content)
    code, out, err = run(capsys, f"{name} --noise swap --rate 0.1 --language de")
    assert (code, out) == (2, "")
    assert message in " ".join(err.split())


def test_words_refuse_noise_that_does_not_keep_them(folder: Path, capsys: pytest.CaptureFixture[str]):
    (folder / "a.jsonl").write_text('{"words": ["Der", "Hund"]}\n', "utf-8")
    code, _, err = run(capsys, "a.jsonl --noise drop-words --rate 0.1 --language de")
    assert code == 2
    assert "a.jsonl:1: 'drop-words' changes which words there are" in " ".join(err.split())
