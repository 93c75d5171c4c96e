"""A user's own data as ordinary tasks: the `tasks:` section of a study, turned into declarations."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any

from xstilts.core.errors import StudyError
from xstilts.data.readers import catalog
from xstilts.data.source import Place, Reader, Source
from xstilts.kinds.base import Kind
from xstilts.kinds.catalog import user_kinds
from xstilts.kinds.user_data import UserColumns
from xstilts.study.task_section import UserTask
from xstilts.tasks.base import Origin, Task

Columns = Mapping[str, Any]  # role -> column of the file

FILES_OF_LAYOUT = {"props": 2, "conllup": 2, "propbank": 3}  # files that one source of a layout has


def declared_tasks(declared: Mapping[str, UserTask]) -> list[Task]:
    """Return ordinary tasks. Raises StudyError for a role the kind does not have or misses, for missing labels, for a
    layout that the kind is not read from, and for too few files."""
    return [_task(name, task, f"tasks.{name}") for name, task in declared.items()]


def _task(name: str, task: UserTask, where: str) -> Task:
    if task.train is None and not task.test:
        raise StudyError("A task needs a training file, test files, or both.", where=where)
    kind = user_kinds()[task.kind]
    roles = kind.user_columns or UserColumns()
    columns = _columns(task, roles, where)
    _check_layout(task, kind, roles, where)
    reader = roles.readers.get(task.reader) or READERS[task.reader](task, columns)
    make = kind.user_row_maker(task, columns)

    def source(files: str | tuple[str, ...], language: str) -> Source:
        names = (files,) if isinstance(files, str) else tuple(files)
        return Source(places=(Place(files=names, read=reader, row=make),), language=language)

    own = kind.from_user_task(task, where)
    return Task(
        name=name,
        kind=own,
        note=own.note,
        origin=Origin(licence=task.licence, cite=task.cite),
        train=source(task.train, task.language) if task.train is not None else None,
        dev=source(task.dev, task.language) if task.dev is not None else None,
        test={language: source(files, language) for language, files in task.test.items()},
        translations={
            language: source(files, language).without_blanks() for language, files in task.translations.items()
        },
        holdout=task.holdout,
        candidate_language=task.language if kind.is_retrieval else "",
    )


def _columns(task: UserTask, roles: UserColumns, where: str) -> Columns:
    allowed = (*roles.required, *roles.optional)
    for role in task.columns:
        if role not in allowed:
            raise StudyError(
                f"A {task.kind} task has no column '{role}'.", where=f"{where}.columns", value=role, allowed=allowed
            )
    columns = {**roles.defaults, **roles.layout_defaults.get(task.reader, {}), **task.columns}
    for role in roles.required:
        if role not in columns:
            raise StudyError(
                f"A {task.kind} task needs to know which column is '{role}'.",
                where=f"{where}.columns",
                allowed=allowed,
            )
    return columns


def _check_layout(task: UserTask, kind: type[Kind], roles: UserColumns, where: str) -> None:
    """Raise StudyError for a layout that the kind is not read from, one that another kind reads alone, `form` where
    arguments have none, and too few files."""
    if roles.readers and task.reader not in roles.readers:
        raise StudyError(
            f"A {task.kind} task is not read from {task.reader} files.",
            where=f"{where}.reader",
            value=task.reader,
            allowed=roles.readers,
        )
    if not roles.readers and task.reader not in READERS:
        owner = next(name for name, other in user_kinds().items() if _reads(other, task.reader))
        problem = f"Files of the layout '{task.reader}' hold {owner}, so the kind is '{owner}'."
        raise StudyError(problem, where=f"{where}.kind")
    if task.form != "spans" and "form" not in {spec.name for spec in fields(kind)}:  # type: ignore[arg-type]
        raise StudyError(f"A {task.kind} task has no arguments, so no 'form'.", where=f"{where}.form")
    if task.scheme and "scheme" not in {spec.name for spec in fields(kind)}:  # type: ignore[arg-type]
        raise StudyError(f"A {task.kind} task has no tags, so no 'scheme'.", where=f"{where}.scheme")
    if task.intents and "intents" not in {spec.name for spec in fields(kind)}:  # type: ignore[arg-type]
        raise StudyError(f"A {task.kind} task has no 'intents'.", where=f"{where}.intents")
    if task.forms and "form_language" not in {spec.name for spec in fields(kind)}:  # type: ignore[arg-type]
        raise StudyError(f"A {task.kind} task has no meanings to write, so no 'forms'.", where=f"{where}.forms")
    needed = FILES_OF_LAYOUT.get(task.reader, 0)
    files_of_use = {"train": task.train, "dev": task.dev, **{f"test.{x}": files for x, files in task.test.items()}}
    for use, files in files_of_use.items():
        number = 0 if files is None else 1 if isinstance(files, str) else len(files)
        if needed and number and number != needed:
            problem = f"The layout '{task.reader}' has {needed} files, not {number}."
            raise StudyError(problem, where=f"{where}.{use}")


def _reads(kind: type[Kind], layout: str) -> bool:
    return kind.user_columns is not None and layout in kind.user_columns.readers


def _bio_columns(task: UserTask, columns: Columns) -> tuple[str, ...]:
    """Return the columns of a line, the one with the words called "token", which is the name that the reader knows."""
    names = task.fields or (columns["words"], columns["tags"])
    return tuple("token" if name == columns["words"] else _other_column(str(name)) for name in names)


def _other_column(name: str) -> str:
    """Return a name that the reader does not turn into that of the words."""
    return f"{name} of the file" if name in ("word", "token") else name


READERS: Mapping[str, Callable[[UserTask, Columns], Reader]] = {
    "tsv": lambda task, _: catalog.Tsv(columns=task.fields or None, header=task.header and not task.fields),
    "csv": lambda task, _: catalog.Csv(
        columns=task.fields or None, header=task.header and not task.fields, delimiter=task.separator or ","
    ),
    "jsonl": lambda task, _: catalog.Jsonl(),
    "json": lambda task, _: catalog.JsonList(),
    "conllu": lambda task, _: catalog.Conllu(),
    "squad": lambda task, _: catalog.SquadReader(),
    "bio": lambda task, columns: catalog.Bio(
        columns=_bio_columns(task, columns), separator=task.separator or "\t", comment=task.comment
    ),
    "parallel": lambda task, _: catalog.ParallelText(),
    "parquet": lambda task, _: catalog.Parquet(),
}
