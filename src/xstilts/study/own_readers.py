"""Readers of a study's own files: what the keys of a layout say, turned into the reader of these files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from xstilts.core.errors import StudyError
from xstilts.data.readers import catalog
from xstilts.data.readers.conllu import COLUMNS
from xstilts.data.source import Reader
from xstilts.kinds.user_data import UserColumns
from xstilts.study.task_section import OF_LAYOUT, UserTask

Columns = Mapping[str, Any]  # role -> column of the file

LAYOUTS: Mapping[str, Reader] = {
    "tsv": catalog.Tsv(header=True),
    "csv": catalog.Csv(),
    "jsonl": catalog.Jsonl(),
    "json": catalog.JsonList(),
    "conllu": catalog.Conllu(),
    "conll2009": catalog.Conll2009(),
    "conll2012": catalog.Conll2012(),
    "squad": catalog.SquadReader(),
    "bio": catalog.Bio(columns=("token", "tag")),
    "parallel": catalog.ParallelText(),
    "parquet": catalog.Parquet(),
    "tmx": catalog.Tmx(languages=()),
}
KEYS_OF_LAYOUT: Mapping[str, tuple[str, ...]] = {
    "tsv": ("header", "fields", "separator", "encoding", "parse"),
    "csv": ("header", "fields", "separator", "quote", "escape", "encoding", "parse"),
    "jsonl": ("encoding",),
    "json": ("encoding",),
    "squad": ("encoding",),
    "bio": ("fields", "separator", "comment", "encoding"),
    "conllu": ("fields",),
    "parallel": ("encoding",),
}
# Layouts whose columns are languages: those of the test set and of the training data unless `columns` says others.
COLUMNS_ARE_LANGUAGES = ("tmx",)
_TAB = "\\t"  # as it stands in a YAML text that is not in double quotation marks


def reader_of(task: UserTask, columns: Columns, roles: UserColumns, where: str) -> Reader:
    """Return the reader of files that are laid out as `task` says. `columns`: role -> column, all of them.

    Raises StudyError for a key that the layout does not have, and for a separator of a csv file that is no character.
    """
    _check_keys(task, where)
    reader = roles.readers.get(task.reader) or LAYOUTS[task.reader]
    reader = replace(reader, **_parameters(task, columns, where))  # type: ignore[type-var]
    if task.parse:
        reader = catalog.ParsedCells(read=reader, fields=task.parse)
    if task.where:
        reader = catalog.RowsWhere(read=reader, values=tuple(task.where.items()))
    joined = (text for role, value in columns.items() if role not in roles.own_templates for text in _texts(value))
    templates = tuple(dict.fromkeys(text for text in joined if "{" in text))
    return catalog.JoinedFields(read=reader, templates=templates) if templates else reader


def _texts(value: Any) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


def _check_keys(task: UserTask, where: str) -> None:
    has = KEYS_OF_LAYOUT.get(task.reader, ())
    for key in OF_LAYOUT:
        if getattr(task, key) in (None, ()) or key in has:
            continue
        layouts = [layout for layout, keys in KEYS_OF_LAYOUT.items() if key in keys]
        problem = f"Files of the layout '{task.reader}' have no '{key}': those of {' and '.join(layouts)} have."
        hint = 'A tsv file with quotation marks is `reader: csv` with `separator: "\\t"`.' if key == "quote" else None
        raise StudyError(problem, where=f"{where}.{key}", allowed=has, hint=hint)


def _parameters(task: UserTask, columns: Columns, where: str) -> dict[str, Any]:
    """Return the parameters of a reader that a task says, by their names there."""
    said: dict[str, Any] = {}
    if task.reader in ("tsv", "csv"):
        header = not task.fields if task.header is None else task.header
        said |= {"columns": task.fields or None, "header": header}
    if task.reader == "bio":
        said |= {"columns": _bio_columns(task, columns)}
    if task.reader == "conllu" and task.fields:
        said |= {"columns": _conllu_columns(task, where)}
    if task.reader == "tmx":
        said |= {"languages": (columns["a"], columns["b"])}
    if task.separator is not None:
        said[_SEPARATOR.get(task.reader, "separator")] = _separator(task, task.separator, where)
    given = {key: getattr(task, key) for key in ("quote", "escape", "comment", "encoding")}
    return said | {key: value for key, value in given.items() if value not in (None, ())}


_SEPARATOR = {"csv": "delimiter"}  # what the reader calls it


def _separator(task: UserTask, separator: str, where: str) -> str:
    separator = "\t" if separator == _TAB else separator
    if task.reader == "csv" and len(separator) != 1:
        problem = f"Between the columns of a csv file stands one character, not '{separator}'."
        hint = "A tsv file may have any text between its columns, or `whitespace`."
        raise StudyError(problem, where=f"{where}.separator", hint=hint)
    return separator


def _conllu_columns(task: UserTask, where: str) -> tuple[str, ...]:
    """Return the columns of a line. Raises StudyError where the number of a word or its form is not among them."""
    for name in ("id", "form"):
        if name not in task.fields:
            problem = f"None of the `fields` is '{name}': those of CoNLL-U go by its names, others by any."
            raise StudyError(problem, where=f"{where}.fields", allowed=COLUMNS)
    return task.fields


def _bio_columns(task: UserTask, columns: Columns) -> tuple[str, ...]:
    """Return the columns of a line, the one with the words called "token", which is the name that the reader knows."""
    names = task.fields or (columns["words"], columns["tags"])
    return tuple("token" if name == columns["words"] else _other_column(str(name)) for name in names)


def _other_column(name: str) -> str:
    """Return a name that the reader does not turn into that of the words."""
    return f"{name} of the file" if name in ("word", "token") else name
