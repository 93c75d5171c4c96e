"""Substitutes: the task that is trained on in another's place, and what a report must say of it."""

from __future__ import annotations

from dataclasses import replace

from xstilts.core.catalog import Catalog
from xstilts.core.errors import StudyError
from xstilts.data.views import Subsample
from xstilts.study.schema import Study
from xstilts.tasks.base import Task


def substituted(
    study: Study, tasks: Catalog[Task], name: str, notes: dict[str, tuple[str, ...]], target: str | None = None
) -> Task:
    """The task that is trained on under this name; what a report must say of it goes to `target`, if one is given."""
    task = tasks[study.substitute[name]] if name in study.substitute else tasks[name]
    remarks = [] if target is None else [f"scored after fine-tuning on {name}"]
    if task.name != name:
        remarks.append(f"trained on the substitute {task.name}")
    if task.scale != "full":
        remarks.append(f"{task.name}: {task.scale}")
    if remarks:
        notes[target or name] = (*notes.get(target or "", ()), *remarks)
    return task


def substituted_target(study: Study, tasks: Catalog[Task], name: str, notes: dict[str, tuple[str, ...]]) -> Task:
    """The target with its training data replaced where the study substitutes it, and its languages restricted."""
    task = tasks[name]
    substitute = study.substitute.get(name) or next(
        (new for old, new in study.substitute.items() if task.train is not None and tasks[old].train == task.train),
        None,
    )
    if substitute is not None:
        other = tasks[substitute]
        _same_output(task, other)
        task = task.replace(train=other.train, dev=other.dev, holdout=other.holdout, corpora=other.corpora)
        scale = f": {other.scale}" if other.scale != "full" else ""
        notes[name] = (*notes.get(name, ()), f"trained on the substitute {other.name}{scale}")
    languages = study.languages
    tests = {lang: source for lang, source in task.test.items() if languages is None or lang in languages}
    if study.take.test is not None and task.can_subsample:
        is_retrieval = task.kind.is_retrieval
        view = Subsample(n=study.take.test, by="group", scored_alone=is_retrieval)
        tests = {lang: replace(source, views=(*source.views, view)) for lang, source in tests.items()}
        cut = "queries a language, each searching all candidates" if is_retrieval else "test examples a language"
        notes[name] = (*notes.get(name, ()), f"at most {study.take.test} {cut}")
    return task.replace(test=tests)


def check_same_kind(task: Task, other: Task) -> None:
    """Raises StudyError where one task cannot stand in for another, as their output has another shape."""
    if other.train is None:
        raise StudyError(
            f"'{other.name}' has no training data, so it cannot stand in for '{task.name}'.",
            where=f"substitute.{task.name}",
        )
    if type(task.kind) is not type(other.kind):
        raise StudyError(
            f"'{other.name}' cannot stand in for the training data of '{task.name}': it is "
            f"{other.kind.name}, not {task.kind.name}.",
            where=f"substitute.{task.name}",
        )


def _same_output(task: Task, other: Task) -> None:
    """Raises StudyError where a target cannot be trained on another task's data."""
    check_same_kind(task, other)
    ours, theirs = getattr(task.kind, "labels", None), getattr(other.kind, "labels", None)
    if ours != theirs:
        raise StudyError(
            f"'{other.name}' cannot stand in for the training data of '{task.name}': its labels are "
            f"{theirs}, not {ours}.",
            where=f"substitute.{task.name}",
        )
