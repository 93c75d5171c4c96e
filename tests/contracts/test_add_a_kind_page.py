"""The page docs/add-a-kind.md, walked through: its kind passes its test, and a study trains a task of it."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from page_walk import PageWalk

TEST = "tests/unit/heads/test_ordinal.py"
STUDY = """
question: Is a number enough?
encoder: tiny-e5
precision: fp32
tasks:
  ratings:
    kind: ordinal
    labels: [bad, fair, good]
    reader: tsv
    columns: {text: text, label: mark}
    train: ratings.tsv
    holdout: 0.5
    test: {de: ratings.tsv}
arms: {none: {strategy: direct}}
targets: [ratings]
train: {updates: 2, batch: 2}
"""


@pytest.fixture
def walk(tmp_path: Path) -> PageWalk:
    return PageWalk("add-a-kind.md", tmp_path)


def test_the_page_names_what_it_touches(walk: PageWalk):
    package = "src/xstilts"
    new = [f"{package}/kinds/ordinal.py", f"{package}/heads/ordinal.py"]
    assert walk.named == walk.files == [*new, f"{package}/kinds/catalog.py", TEST]


def test_the_kind_of_the_page_passes_its_test(walk: PageWalk):
    walk.test(TEST)


def test_a_study_declares_trains_and_scores_a_task_of_it(walk: PageWalk):
    (walk.folder / "ratings.yaml").write_text(STUDY, "utf-8")
    rows = [f"{word} {i}\t{word}" for i in range(2) for word in ("bad", "fair", "good")]
    (walk.folder / "ratings.tsv").write_text("\n".join(("text\tmark", *rows, "")), "utf-8")
    walk.python("-m", "xstilts", "run", "ratings.yaml", "--threads", "1", "--out", "report")
    with (walk.folder / "report" / "scores.csv").open(encoding="utf-8") as file:
        row = next(csv.DictReader(file))
    assert (row["metric"], row["language"], row["n"], row["status"]) == ("accuracy", "de", "6", "done")
