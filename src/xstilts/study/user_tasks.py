"""A user's own data as ordinary tasks: the `tasks:` section of a study, turned into declarations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from xstilts.core.errors import StudyError
from xstilts.data.source import Place, Source
from xstilts.kinds.catalog import user_kinds
from xstilts.kinds.user_data import UserColumns
from xstilts.study.own_readers import COLUMNS_ARE_LANGUAGES, Columns, reader_of
from xstilts.study.own_tasks_check import check_files, check_keys_of_kind, check_layout
from xstilts.study.task_section import OwnFile, UserTask
from xstilts.tasks.base import Origin, Task


def declared_tasks(declared: Mapping[str, UserTask]) -> list[Task]:
    """Return ordinary tasks. Raises StudyError for a role the kind does not have or misses, for missing labels, for a
    layout that the kind is not read from, and for too few files."""
    return [_task(name, task, f"tasks.{name}") for name, task in declared.items()]


def _task(name: str, task: UserTask, where: str) -> Task:
    if task.train is None and not task.test:
        raise StudyError("A task needs a training file, test files, or both.", where=where)
    if task.train is not None and task.trained_on:
        problem = f"The task has training data of its own, so it is not the model of '{task.trained_on}' that it tests."
        raise StudyError(problem, where=f"{where}.trained_on")
    kind = user_kinds()[task.kind]
    check_keys_of_kind(task, kind, where)
    roles = kind.user_columns or UserColumns()

    def source(file: OwnFile, language: str, use: str) -> Source:
        layout, at = task.of_file(file), where if file.model_fields_set == {"files"} else f"{where}.{use}"
        check_layout(layout, kind, roles, at)
        check_files(file.files, layout.reader, f"{where}.{use}")
        columns = _columns(layout, roles, at, language)
        read, make = reader_of(layout, columns, roles, at), kind.user_row_maker(layout, columns)
        if layout.drop:
            dropped = tuple((column, value) for column, values in layout.drop.items() for value in values)
            make = replace(make, drop=dropped)  # type: ignore[type-var]
        return Source(places=(Place(files=file.files, read=read, row=make),), language=language)

    own = kind.from_user_task(task, where)
    return Task(
        name=name,
        kind=own,
        note=own.note,
        origin=Origin(licence=task.licence, cite=task.cite),
        train=source(task.train, task.language, "train") if task.train is not None else None,
        dev=source(task.dev, task.language, "dev") if task.dev is not None else None,
        test={language: source(file, language, f"test.{language}") for language, file in task.test.items()},
        translations={
            language: source(file, language, f"translations.{language}").without_blanks()
            for language, file in task.translations.items()
        },
        holdout=task.holdout,
        finetuned_on=task.trained_on,
        candidate_language=task.language if kind.is_retrieval else "",
    )


def _columns(task: UserTask, roles: UserColumns, where: str, language: str) -> Columns:
    allowed = (*roles.required, *roles.optional)
    for role in task.columns:
        if role not in allowed:
            raise StudyError(
                f"A {task.kind} task has no column '{role}'.", where=f"{where}.columns", value=role, allowed=allowed
            )
    languages = {"a": language, "b": task.language} if task.reader in COLUMNS_ARE_LANGUAGES else {}
    columns = {**roles.defaults, **roles.layout_defaults.get(task.reader, {}), **languages, **task.columns}
    for role in roles.required:
        if role not in columns:
            raise StudyError(
                f"A {task.kind} task needs to know which column is '{role}'.",
                where=f"{where}.columns",
                allowed=allowed,
            )
    return columns
