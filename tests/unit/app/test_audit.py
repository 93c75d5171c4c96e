"""`xstilts data audit`: planted test rows are found in the training rows of intermediate tasks and targets."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
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


def test_copies_of_the_process_find_the_same(study: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A process of its own has no other threads, so that several copies of it read; this one reads alone."""
    words = ["data", "audit", str(study), "--json", "--store"]
    assert main([*words, str(study.parent / "alone")]) == 0
    alone = capsys.readouterr().out
    code = (
        "import sys; from xstilts.core import forks; forks.usable_cores = lambda: 2\n"
        f"from xstilts.cli import main; sys.exit(main({[*words, str(study.parent / 'store')]!r}))"
    )
    several = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert several.stdout == alone


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


def test_what_was_compared_is_read_from_the_store(study: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["data", "audit", str(study), "--store", str(study.parent / "store"), "--json"]
    assert main(words) == 0
    first = capsys.readouterr()
    assert "reviews de" in first.err
    assert main(words) == 0
    second = capsys.readouterr()
    assert second.out == first.out and second.err == ""
    table(study.parent / "test-sw.tsv", [LONG, "Si hivyo"])  # other content is another comparison
    assert main(words) == 0
    assert {leak["language"] for leak in json.loads(capsys.readouterr().out)["leaks"]} == {"de", "sw"}


def test_pretraining_text_is_compared_where_it_is_here(study: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What the leak guard lets pass: a near duplicate without eight words in a row. Corpora that are not here are
    named, and so is the teacher's text."""
    near, run = LONG.replace("then", "afterwards"), "Somebody said the waiter forgot our order twice and then left"
    data = study.parent / "data"
    (data / "text" / "udhr").mkdir(parents=True)
    with gzip.open(data / "text" / "udhr" / "eng.txt.gz", "wt", encoding="utf-8") as file:
        file.write("\n".join((LONG, run, near, "All are born free")))
    words = ["data", "audit", str(study), "--store", str(study.parent / "store"), "--data", str(data)]
    assert main([*words, "--json"]) == 0
    text = json.loads(capsys.readouterr().out)["pretraining"]
    assert text["corpora"] == {"udhr": 2}
    (leak,) = text["leaks"]
    assert (leak["training"], leak["target"], leak["language"], leak["near"], leak["exact"]) == (
        "udhr", "reviews", "de", 1, 0
    )  # fmt: skip
    assert "udhr in part" in text["note"] and "tatoeba-text" in text["note"]
    assert "e5-small, which it starts from or was taught by: its pretraining text is not here" in text["note"]
    assert main(words) == 0
    out = " ".join(capsys.readouterr().out.split())
    assert "are in the encoder's pretraining text, or nearly: 2 lines of udhr" in out
