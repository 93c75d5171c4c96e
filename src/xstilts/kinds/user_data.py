"""User data as kinds see it: columns of a task that a study declares, and rows to predict on.

Roles are what a kind calls the columns of a file ("text", "label"); a study says which column has which role.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from xstilts.core.errors import StudyError
from xstilts.data.examples import TextExample
from xstilts.data.fields import field_value as field_of
from xstilts.data.source import WHERE, Reader, Row
from xstilts.metrics.tag_schemes import Scheme


class TaskDeclaration(Protocol):
    """A task that a study declares (`study.schema.TaskDeclaration`), as far as a kind looks at it."""

    @property
    def kind(self) -> str: ...
    @property
    def reader(self) -> str: ...
    @property
    def labels(self) -> tuple[str, ...]: ...
    @property
    def answer(self) -> str: ...
    @property
    def scheme(self) -> Scheme: ...
    @property
    def form(self) -> str: ...
    @property
    def no_answer(self) -> bool: ...


@dataclass(frozen=True, kw_only=True)
class UserColumns:
    """Columns that a file of a declared task has, by role, and the layouts a file may have.

    required: roles that a study must name a column for. optional: roles that it may name one for.
    defaults: role -> column, where a study names none; layout_defaults: the same for the files of one layout.
    readers: layouts that this kind alone reads, by name; {}: the general ones (tables, "squad", "bio", ...).
    """

    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    defaults: Mapping[str, Any] = field(default_factory=dict)
    layout_defaults: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    readers: Mapping[str, Reader] = field(default_factory=dict)


def id_and_group(columns: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments `id` and `group` of a row maker."""
    group = columns.get("group", ())
    return {"id": columns.get("id"), "group": (group,) if isinstance(group, str) else tuple(group)}


def required_labels(task: TaskDeclaration, where: str) -> tuple[str, ...]:
    """Return the labels of a declared task. Raises StudyError for fewer than two."""
    if len(task.labels) < 2:
        raise StudyError(f"A {task.kind} task needs `labels`, at least two, in the order of their ids.", where=where)
    return task.labels


def unlabelled(row: Row, number: str) -> dict[str, Any]:
    """Return id, group and place of an example made of a row that somebody predicts on."""
    return {"id": str(row.get("id", number)), "group": number, "where": row[WHERE]}


def unlabelled_text(row: Row, number: str) -> TextExample:
    """Return a text, or a pair of texts, without a label."""
    return TextExample(**unlabelled(row, number), text=str(field_of(row, "text")), pair=row.get("pair"))


def words_of(row: Row) -> tuple[str, ...]:
    """Return the words of a row; a text is cut at its blanks."""
    words = field_of(row, "words")
    return tuple(words.split() if isinstance(words, str) else words)
