"""Test sets without training data of their own, for the model of another task: its labels are matched by name."""

from __future__ import annotations

from dataclasses import fields

from xstilts.core.catalog import Catalog
from xstilts.core.errors import StudyError
from xstilts.study.schema import Study
from xstilts.tasks.base import Task

_LABEL_SETS = ("labels", "intents", "slots")  # fields of kinds whose order gives the ids


def with_trained_labels(study: Study, tasks: Catalog[Task]) -> Catalog[Task]:
    """Return the tasks of a catalogue, those that a study declares with `trained_on` having the kind of that task: its
    labels, in the order in which its head has them.

    Raises StudyError for a task that there is not or that has no training data, one of another kind, and for a label
    that it does not have.
    """
    changed = {
        name: tasks[name].replace(kind=_trained(tasks, tasks[name], declared.trained_on, f"tasks.{name}").kind)
        for name, declared in study.tasks.items()
        if declared.trained_on
    }
    return tasks.replaced(changed)


def _trained(tasks: Catalog[Task], task: Task, name: str, where: str) -> Task:
    """Return the task of this name, whose head can judge the test sets of `task`."""
    at = f"{where}.trained_on"
    if name not in tasks:
        raise StudyError(f"There is no task '{name}'.", where=at, value=name, allowed=tasks)
    other = tasks[name]
    if other.train is None:
        raise StudyError(f"The task '{name}' has no training data either.", where=at)
    if type(other.kind) is not type(task.kind):
        ours, theirs = (kind.name.replace("_", "-") for kind in (task.kind, other.kind))
        raise StudyError(f"'{name}' is trained as {theirs}, and this test set is {ours}.", where=f"{where}.kind")
    for field in {spec.name for spec in fields(task.kind)} & set(_LABEL_SETS):  # type: ignore[arg-type]
        known = getattr(other.kind, field)
        for label in getattr(task.kind, field):
            if label not in known:
                problem = f"The label '{label}' is none of those that '{name}' is trained with."
                hint = "`label_names` says what the file's labels are called there."
                at = f"{where}.{_KEYS.get(field, field)}"
                raise StudyError(problem, where=at, value=label, allowed=known, hint=hint)
    return other


_KEYS = {"slots": "labels"}  # what a section calls them
