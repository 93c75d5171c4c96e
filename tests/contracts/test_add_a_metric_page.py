"""The page docs/add-a-metric.md, walked through: its metric is written, entered, tested and used by a task."""

from __future__ import annotations

from pathlib import Path

import pytest
from page_walk import PageWalk, changed

NEW = "src/xstilts/metrics/matthews.py"
TEST = "tests/unit/metrics/test_matthews.py"
IN_A_TASK = """
from xstilts.kinds.classification import Classification
from xstilts.metrics.labels import Accuracy
from xstilts.metrics.matthews import Matthews
from xstilts.tasks.base import Task
from xstilts.tasks.catalog import TASKS
from dataclasses import replace

task = replace(TASKS["xnli"], metrics=(Matthews(positive="neutral"), Accuracy()))
print(*(metric.name for metric in task.scored))
"""


@pytest.fixture
def walk(tmp_path: Path) -> PageWalk:
    return PageWalk("add-a-metric.md", tmp_path)


def test_the_page_names_what_it_touches(walk: PageWalk):
    assert walk.named == walk.files == [NEW, "src/xstilts/metrics/catalog.py", TEST]


def test_the_metric_of_the_page_passes_its_test(walk: PageWalk):
    walk.test(TEST)


def test_a_task_is_scored_with_it_first(walk: PageWalk):
    assert walk.python("-c", IN_A_TASK) == "matthews accuracy\n"


def test_a_change_that_does_not_fit_the_program_is_noticed():
    with pytest.raises(AssertionError, match="0 times in the file"):
        changed("a\nb\n", " b\n+c\n a\n")
