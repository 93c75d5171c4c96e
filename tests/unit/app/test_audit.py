"""`xstilts data audit`: planted test rows are found in the training rows of intermediate tasks and targets."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from xstilts.cli import main

STUDY = """
question: Is anything trained on that is tested?
encoder: tiny-e5
tasks:
  reviews:
    kind: classification
    labels: [bad, good]
    reader: tsv
    columns: {text: text, label: mark}
    train: train.tsv
    holdout: 0.25  # one of four rows selects
    test: {de: test-de.tsv, sw: test-sw.tsv}
  news:
    kind: classification
    labels: [bad, good]
    reader: tsv
    columns: {text: text, label: mark}
    train: news.tsv
    holdout: 0.25
    test: {en: nowhere.tsv}
arms:
  none: {strategy: direct}
  news: {strategy: sequential, through: [news]}
targets: [reviews]
"""
LONG = "The waiter forgot our order twice and then brought somebody else the cold soup"
TRAIN = [LONG, "Fine food", "A very nice place to be", "Never again"]
GERMAN = ["FINE  food", LONG, "Ganz anders", LONG.replace("soup", "dish")]
NEWS = ["Nothing to see", "Ganz anders", "More of the same", "Somebody said so"]


def table(path: Path, texts: list[str]) -> None:
    path.write_text("text\tmark\n" + "".join(f"{text}\t{'good' if i % 2 else 'bad'}\n" for i, text in enumerate(texts)))


@pytest.fixture
def study(tmp_path: Path) -> Path:
    table(tmp_path / "train.tsv", TRAIN)
    table(tmp_path / "news.tsv", NEWS)
    table(tmp_path / "test-de.tsv", GERMAN)
    table(tmp_path / "test-sw.tsv", ["Tofauti kabisa", "Si hivyo"])
    path = tmp_path / "study.yaml"
    path.write_text(STUDY)
    return path


def test_planted_rows_are_counted_by_level_and_training_set(study: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data", "audit", str(study), "--store", str(study.parent / "store"), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    leaks = {(leak["training"], leak["target"], leak["language"]): leak for leak in found["leaks"]}
    assert set(leaks) == {("reviews", "reviews", "de"), ("news", "reviews", "de")}
    own = leaks["reviews", "reviews", "de"]
    assert (own["exact"], own["normalised"], own["near"], own["run"], own["rows"]) == (1, 1, 1, 0, 4)
    assert own["sample"] == LONG
    assert leaks["news", "reviews", "de"]["exact"] == 1
    assert found["tests"] == {"reviews de": 4, "reviews sw": 2}
    assert found["trainings"] == {"reviews": 3, "news": 3} and found["missing"] == {}


def test_the_table_says_where_and_how_much(study: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data", "audit", str(study), "--store", str(study.parent / "store")]) == 0
    out = " ".join(capsys.readouterr().out.split())
    assert "reviews de" in out and "75.0 %" in out
    assert "6 rows of 2 training sets against 6 rows of 2 test sets" in out


def test_files_that_are_not_here_are_named(study: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (study.parent / "news.tsv").unlink()
    assert main(["data", "audit", str(study), "--store", str(study.parent / "store"), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert list(found["missing"]) == ["arm news"] and "news.tsv" in found["missing"]["arm news"]
