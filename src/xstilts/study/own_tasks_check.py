"""Checks of a study's own tasks: keys that their kind does not have, layouts it is not read from, too few files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields

from xstilts.core.errors import StudyError
from xstilts.kinds.base import Kind
from xstilts.kinds.catalog import user_kinds
from xstilts.kinds.user_data import UserColumns
from xstilts.study.own_readers import COLUMNS_ARE_LANGUAGES, LAYOUTS
from xstilts.study.task_section import UserTask

FILES_OF_LAYOUT = {"props": 2, "conllup": 2, "propbank": 3}  # files that one source of a layout has


def check_keys_of_kind(task: UserTask, kind: type[Kind], where: str) -> None:
    """Raise StudyError for a key that says something of a kind which the task is not of."""
    settings = {spec.name for spec in fields(kind)}  # type: ignore[arg-type]
    article = f"A {task.kind} task has"
    if task.form != "spans" and "form" not in settings:
        raise StudyError(f"{article} no arguments, so no 'form'.", where=f"{where}.form")
    if task.scheme and "scheme" not in settings:
        raise StudyError(f"{article} no tags, so no 'scheme'.", where=f"{where}.scheme")
    if task.intents and "intents" not in settings:
        raise StudyError(f"{article} no 'intents'.", where=f"{where}.intents")
    if task.range and "lowest" not in settings:
        raise StudyError(f"{article} no numbers on a scale, so no 'range'.", where=f"{where}.range")
    if task.forms and "form_language" not in settings:
        raise StudyError(f"{article} no meanings to write, so no 'forms'.", where=f"{where}.forms")


def check_layout(task: UserTask, kind: type[Kind], roles: UserColumns, where: str) -> None:
    """Raise StudyError for a layout that the kind is not read from, one that another kind reads alone, and names of
    labels where the kind has none or which are none of its labels."""
    if roles.readers and task.reader not in roles.readers:
        raise StudyError(
            f"A {task.kind} task is not read from {task.reader} files.",
            where=f"{where}.reader",
            value=task.reader,
            allowed=roles.readers,
        )
    if task.reader in COLUMNS_ARE_LANGUAGES and "a" not in roles.optional:
        problem = f"Files of the layout '{task.reader}' hold sentences in two languages, and a {task.kind} task none."
        raise StudyError(problem, where=f"{where}.reader")
    if not roles.readers and task.reader not in LAYOUTS:
        owner = next(name for name, other in user_kinds().items() if _reads(other, task.reader))
        problem = f"Files of the layout '{task.reader}' hold {owner}, so the kind is '{owner}'."
        raise StudyError(problem, where=f"{where}.kind")
    if task.label_separator and "labels" not in roles.required:
        problem = f"A {task.kind} task has one label, so nothing stands between several."
        raise StudyError(problem, where=f"{where}.label_separator")
    if task.label_names and not roles.named_labels:
        problem = f"A {task.kind} task has no labels to name, so no 'label_names'."
        raise StudyError(problem, where=f"{where}.label_names")
    if task.labels and not {"labels", "slots"} & {spec.name for spec in fields(kind)}:  # type: ignore[arg-type]
        raise StudyError(f"A {task.kind} task has no 'labels'.", where=f"{where}.labels")
    for written, name in task.label_names.items():
        if name not in task.labels:
            problem = f"The label '{written}' of the file is called '{name}', which is none of the task's `labels`."
            raise StudyError(problem, where=f"{where}.label_names.{written}", value=name, allowed=task.labels)


def check_files(files: Sequence[str], layout: str, where: str) -> None:
    """Raise StudyError for another number of files than a layout has."""
    needed = FILES_OF_LAYOUT.get(layout, 0)
    if needed and len(files) != needed:
        raise StudyError(f"The layout '{layout}' has {needed} files, not {len(files)}.", where=where)


def _reads(kind: type[Kind], layout: str) -> bool:
    return kind.user_columns is not None and layout in kind.user_columns.readers
