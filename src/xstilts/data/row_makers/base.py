"""The base of all row makers: the settings and checks that they share.

A row maker says which fields of a row become which part of an example.
Fields are named by path (`data.fields`): "question.stem", "choices.*.text". All row makers share

    id          field that holds the id; None: the row's number (from 0)
    group       fields that together name the group; () : the row's number divided by `group_rows`. A row in which all
                of them are blank is a group of its own
    group_rows  rows that share a group when they follow one another (XNLI: 3 hypotheses to a premise)
    drop        (field, value) pairs; a row where one holds is left out and counted
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

from xstilts.core.errors import DataError
from xstilts.data.fields import field_value, group_name, label_field, name_field, value_name
from xstilts.data.source import WHERE, Drop, Row

Labels = tuple[tuple[str, str | None], ...]


@dataclass(frozen=True, kw_only=True)
class RowMakerBase:
    """The base of all row makers: id, group and the rows that are left out."""

    id: str | None = None
    group: tuple[str, ...] = ()
    group_rows: int = 1
    gold_fields: ClassVar[tuple[str, ...]] = ()  # settings that name fields of the gold; None: an example has none
    unit: ClassVar[str] = "id"  # what `Source.subsample` counts: rows, or groups where rows need each other
    drop: tuple[tuple[str, str], ...] = ()

    def without_gold(self) -> Self:
        """Return this row maker for rows to predict on: it reads no gold where it can do without, and drops nothing."""
        nothing: dict[str, Any] = dict.fromkeys(self.gold_fields)
        return replace(self, drop=(), **nothing)

    def names(self, row: Row, number: int) -> dict[str, str]:
        """Return id, group and where of the example made from this row."""
        return {
            "id": str(number) if self.id is None else name_field(row, self.id),
            "group": self._group(row, number),
            "where": row[WHERE],
        }

    def _group(self, row: Row, number: int) -> str:
        if not self.group:
            return str(number // self.group_rows)
        return group_name(row, self.group) or f"row {number}"

    def dropped(self, row: Row) -> Drop | None:
        for path, value in self.drop:
            found = field_value(row, path)
            if value in (str(found), value_name(found)):
                return Drop(f"{path} is '{value}'")
        return None


def label_name(label: str | None, labels: Labels, where: str) -> str | None:
    """Return the name of a label of a file; None for a row that has none. () names every label as the file does; a
    label mapped to None is "unlabelled"."""
    table = dict(labels)
    if label is None or not table:
        return label
    if label not in table:
        raise DataError(f"'{label}' is not a label of this file", where=where, value=label, allowed=table)
    return table[label]


def label_of(row: Row, path: str | None, labels: Labels) -> str | None:
    """Return the label that a row has at `path`, by its name; None where it has none."""
    return None if path is None else label_name(label_field(row, path), labels, row[WHERE])
