"""Metrics that a study chooses, and test sets for the models of other tasks."""

from __future__ import annotations

from typing import Any

import pytest

from xstilts.core.catalog import Catalog
from xstilts.core.errors import StudyError
from xstilts.study.load import parse_study
from xstilts.study.resolve import resolve_study
from xstilts.study.user_tasks import declared_tasks
from xstilts.tasks.base import Task
from xstilts.tasks.catalog import TASKS

OWN: dict[str, Any] = {
    "kind": "classification", "reader": "tsv", "columns": {"text": "a", "pair": "b", "label": "c"},
    "labels": ["contradiction", "entailment"], "test": {"de": "x.tsv"}, "trained_on": "xnli",
}  # fmt: skip


def targets(own: dict[str, Any] | None = None, **study: Any) -> dict[str, Task]:
    raw = {"question": "q", "encoder": "e", "arms": {"none": {"strategy": "direct"}}, "targets": ["xnli"], **study}
    parsed = parse_study({**raw, "tasks": {"mine": {**OWN, **(own or {})}}})
    return dict(resolve_study(parsed, Catalog("task", *TASKS.values(), *declared_tasks(parsed.tasks))).targets)


def names(task: Task) -> list[str]:
    return [metric.name for metric in task.scored]


def test_the_first_metric_is_the_score_and_steers_selection():
    task = targets(metrics={"xnli": ["macro_f1", "accuracy"]})["xnli"]
    assert names(task) == ["macro_f1", "accuracy"]
    assert task.fit is not None and task.fit.select.name == "macro_f1"
    assert len(task.scored[0].counts) == 9
    assert names(targets()["xnli"]) == ["accuracy"]


def test_the_study_has_the_last_word():
    own = {"metrics": "weighted_f1"}
    assert names(targets(own, targets=["mine"])["mine"]) == ["weighted_f1"]
    assert names(targets(own, targets=["mine"], metrics={"mine": "accuracy"})["mine"]) == ["accuracy"]


def test_a_test_set_alone_has_the_labels_of_the_model_in_its_order():
    found = targets(targets=["mine", "xnli"])
    assert found["mine"].kind == found["xnli"].kind and found["mine"].finetuned_on == "xnli"


@pytest.mark.parametrize(
    ("own", "study", "where", "message"),
    [
        ({}, {"metrics": {"xnli": ["accurcy"]}}, "metrics.xnli[0]", "Did you mean 'accuracy'.*macro_f1"),
        ({}, {"metrics": {"xnl": ["accuracy"]}}, "metrics.xnl", "Did you mean 'xnli'"),
        ({"metrics": ["pearson"]}, {}, "tasks.mine.metrics[0]", "classification task is not scored by 'pearson'"),
        ({"trained_on": "xnly"}, {}, "tasks.mine.trained_on", "Did you mean 'xnli'"),
        ({"trained_on": "tatoeba"}, {}, "tasks.mine.trained_on", "no training data either"),
        ({"trained_on": "squad1"}, {}, "tasks.mine.kind", "'squad1' is trained as span-qa"),
        ({"labels": ["entailment", "contradict"]}, {}, "tasks.mine.labels", "Did you mean 'contradiction'"),
    ],
)
def test_what_cannot_be_is_named(own: dict[str, Any], study: dict[str, Any], where: str, message: str):
    with pytest.raises(StudyError, match=message) as caught:
        targets(own, **study)
    assert caught.value.where == where
