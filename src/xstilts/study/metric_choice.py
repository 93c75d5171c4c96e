"""Metrics that a study chooses for a task, by name: those of its kind. The first one is its score, and steers
selection."""

from __future__ import annotations

from collections.abc import Sequence

from xstilts.core.catalog import Catalog
from xstilts.core.errors import StudyError
from xstilts.metrics.tallies import Metric
from xstilts.study.schema import Study
from xstilts.tasks.base import Task


def with_metrics(study: Study, tasks: Catalog[Task]) -> Catalog[Task]:
    """Return the tasks with the metrics that a study chooses, under `metrics` or in the section of a task of its own.

    Raises StudyError for a task that there is not, and for a metric that its kind does not have.
    """
    places = {name: f"tasks.{name}.metrics" for name, task in study.tasks.items() if task.metrics}
    names = {name: study.tasks[name].metrics for name in places} | dict(study.metrics)
    places |= {name: f"metrics.{name}" for name in study.metrics}
    for name in names:
        if name not in tasks:
            raise StudyError(f"There is no task '{name}'.", where=places[name], value=name, allowed=tasks)
    chosen = {name: tasks[name].replace(metrics=_chosen(tasks[name], names[name], places[name])) for name in names}
    return tasks.replaced(chosen)


def _chosen(task: Task, names: Sequence[str], where: str) -> tuple[Metric, ...]:
    offered = {metric.name: metric for metric in (*task.kind.metrics, *task.kind.other_metrics, *task.scored)}
    for number, name in enumerate(names):
        if name not in offered:
            kind = task.kind.name.replace("_", "-")
            problem = f"A {kind} task is not scored by '{name}'."
            raise StudyError(problem, where=f"{where}[{number}]", value=name, allowed=offered)
    return tuple(offered[name] for name in names)
