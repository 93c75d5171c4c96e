"""User data as kinds see it: columns of a task that a study declares, and rows to predict on.

Roles are what a kind calls the columns of a file ("text", "label"); a study says which column has which role.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from xstilts.core.errors import StudyError
from xstilts.data.examples import (
    DependencyExample,
    DependencyRolesExample,
    Example,
    FrameExample,
    ParseExample,
    RolesExample,
    TagExample,
    TextExample,
)
from xstilts.data.fields import field_value, split_words
from xstilts.data.row_makers.catalog import PairRow, TagsRow, TextRow
from xstilts.data.source import Reader, Row, RowMaker
from xstilts.metrics.tag_schemes import Scheme

Sentence = TypeVar(
    "Sentence", TagExample, DependencyRolesExample, DependencyExample, RolesExample, FrameExample, ParseExample
)


class TaskDeclaration(Protocol):
    """A task that a study declares (`study.schema.TaskDeclaration`), as far as a kind looks at it."""

    @property
    def kind(self) -> str: ...
    @property
    def reader(self) -> str: ...
    @property
    def labels(self) -> tuple[str, ...]: ...
    @property
    def intents(self) -> tuple[str, ...]: ...
    @property
    def label_names(self) -> Mapping[str, str]: ...
    @property
    def answer(self) -> str | None: ...
    @property
    def range(self) -> tuple[float, float] | None: ...
    @property
    def label_separator(self) -> str | None: ...
    @property
    def scheme(self) -> Scheme: ...
    @property
    def form(self) -> str: ...
    @property
    def forms(self) -> str: ...
    @property
    def no_answer(self) -> bool: ...


@dataclass(frozen=True, kw_only=True)
class UserColumns:
    """Columns that a file of a declared task has, by role, and the layouts a file may have.

    required: roles that a study must name a column for. optional: roles that it may name one for.
    defaults: role -> column, where a study names none; layout_defaults: the same for the files of one layout.
    readers: layouts that this kind alone reads, by name; {}: the general ones (tables, "squad", "bio", ...).
    named_labels: a file may spell labels otherwise than the task (`label_names`).
    own_templates: roles whose templates the kind fills itself.
    """

    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    defaults: Mapping[str, Any] = field(default_factory=dict)
    layout_defaults: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    readers: Mapping[str, Reader] = field(default_factory=dict)
    named_labels: bool = False
    own_templates: tuple[str, ...] = ()


def id_and_group(columns: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments `id` and `group` of a row maker."""
    group = columns.get("group", ())
    return {"id": columns.get("id"), "group": (group,) if isinstance(group, str) else tuple(group)}


def named_labels(task: TaskDeclaration) -> dict[str, Any]:
    """Return the argument `labels` of a row maker: (in the file, name) pairs, where a declared task gives names."""
    return {"labels": tuple(task.label_names.items())} if task.label_names else {}


def text_row_maker(columns: Mapping[str, Any], label: Any, **more: Any) -> RowMaker:
    """Return the row maker of a text, or of a pair of texts, with a label. `label`: its column; `more`: further
    arguments."""
    if "pair" in columns:
        return PairRow(a=columns["text"], b=columns["pair"], label=label, **more)
    return TextRow(text=columns["text"], label=label, **more)


def required_labels(task: TaskDeclaration, where: str) -> tuple[str, ...]:
    """Return the labels of a declared task. Raises StudyError for fewer than two."""
    if len(task.labels) < 2:
        raise StudyError(f"A {task.kind} task needs `labels`, at least two, in the order of their ids.", where=where)
    return task.labels


def user_id(row: Row) -> dict[str, Any]:
    """Return the argument `id` of a row maker for a row that somebody predicts on: its field `id`, where it has one."""
    return {"id": "id" if "id" in row else None}


def unlabelled_text(row: Row, number: str) -> TextExample:
    """Return a text, or a pair of texts, without a label. Raises DataError (file:line)."""
    has_pair = row.get("pair") is not None
    make = PairRow(a="text", b="pair", **user_id(row)) if has_pair else TextRow(**user_id(row))
    example = made(make, row, number)
    assert isinstance(example, TextExample)
    return example


def unlabelled_words(row: Row, number: str, example_class: type[Sentence]) -> Sentence:
    """Return words without gold, as an example of a class of sentences; a text is cut at its blanks. Raises DataError
    (file:line)."""
    words = field_value(row, "words")
    row = {**row, "words": split_words(words)} if isinstance(words, str) else row
    example = made(TagsRow(tags=None, **user_id(row)), row, number)
    assert isinstance(example, TagExample)
    return example_class(id=example.id, group=example.group, where=example.where, words=example.words)


def made(make: RowMaker, row: Row, number: str) -> Example:
    """Return the one example of a row that somebody predicts on, made as those of a study are."""
    example = make(row, int(number))
    assert isinstance(example, Example)
    return example
