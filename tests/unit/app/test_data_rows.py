"""`data check STUDY` reads every row, says what becomes of it, and shows examples as they are read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from xstilts.cli import main

STUDY = """question: q
encoder: tiny-e5
arms: {none: {strategy: direct}}
targets: [marks]
tasks:
  marks:
    kind: classification
    reader: tsv
    columns: {text: text, label: mark}
    labels: [bad, good]
    drop: {mark: "?"}
    train: en.tsv
    test: {de: de.tsv}
"""


@pytest.fixture
def study(tmp_path: Path) -> Path:
    (tmp_path / "en.tsv").write_text("text\tmark\nFine.\tgood\nHm.\t?\nPoor\x1b[31m.\tbad\n", "utf-8")
    (tmp_path / "de.tsv").write_text("text\tmark\nGut.\tgood\nSchlecht.\tbad\n", "utf-8")
    path = tmp_path / "marks.yaml"
    path.write_text(STUDY, "utf-8")
    return path


def check(study: Path, *more: str) -> int:
    return main(["data", "check", str(study), "--store", str(study.parent / "store"), *more])


def test_rows_are_counted_and_examples_shown(study: Path, capsys: pytest.CaptureFixture[str]):
    assert check(study) == 0
    out = capsys.readouterr().out
    assert "read     marks train en: 2 of 3 rows used, 1 dropped (mark is '?')" in out
    assert "read     marks test de: 2 of 2 rows used" in out
    shown = [line for line in out.splitlines() if line.startswith("  ")]
    assert shown[:6] == [
        "  en.tsv:2 (train en)", "    text   Fine.", "    label  good",
        "  de.tsv:2 (test de)", "    text   Gut.", "    label  good",
    ]  # fmt: skip
    assert "\x1b" not in out and str(study.parent) not in "".join(shown)


def test_a_row_that_cannot_be_read_is_named_with_its_line(study: Path, capsys: pytest.CaptureFixture[str]):
    (study.parent / "de.tsv").write_text("text\tmark\nGut.\tgood\nSchlecht.\tbda\n", "utf-8")
    assert check(study) == 1
    out = capsys.readouterr().out
    assert "WRONG    marks test de: " in out and "de.tsv:3: label 'bda'" in out and "Did you mean 'bad'?" in out
    assert "read     marks train en: 2 of 3 rows used" in out


def test_all_of_it_as_json(study: Path, capsys: pytest.CaptureFixture[str]):
    assert check(study, "--json") == 0
    [rows] = [item for item in json.loads(capsys.readouterr().out) if "sources" in item]
    assert [(source["use"], source["used"]) for source in rows["sources"]] == [("train", 2), ("test", 2)]
    assert rows["ok"] and len(rows["examples"]) == 4
    assert rows["examples"][0]["content"] == {"text": "Fine.", "label": "good"}


def test_own_tasks_are_listed_with_their_labels(study: Path, capsys: pytest.CaptureFixture[str]):
    (study.parent / "de.tsv").unlink()
    assert main(["tasks", "--study", str(study)]) == 0
    out = capsys.readouterr().out
    assert "marks" in out and "bad, good" in out and "(de)" in out and "accuracy" in out and "xnli" not in out
    assert main(["tasks", "marks", "--study", str(study)]) == 0
    out = capsys.readouterr().out
    assert "labels: bad, good" in out and "de.tsv" in out


def test_a_plan_names_a_missing_test_file_by_its_path(study: Path, capsys: pytest.CaptureFixture[str]):
    study.write_text(STUDY.replace("de.tsv}", "de.tsv, sw: own/sw.tsv}"), "utf-8")
    assert main(["plan", str(study), "--store", str(study.parent / "store")]) == 0
    assert "missing in marks: sw (own/sw.tsv)" in " ".join(capsys.readouterr().out.split())


def test_a_study_without_tasks_of_its_own_says_so(capsys: pytest.CaptureFixture[str]):
    assert main(["tasks", "--study", "quickstart"]) == 0
    assert "no tasks of its own" in capsys.readouterr().out
