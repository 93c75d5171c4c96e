"""The base of all row makers: the settings and checks that they share.

A row maker says which fields of a row become which part of an example.
Fields are named by path (`data.fields`): "question.stem", "choices.*.text". All row makers share

    id          field that holds the id; None: the row's number (from 0)
    group       fields that together name the group; () : the row's number divided by `group_rows`
    group_rows  rows that share a group when they follow one another (XNLI: 3 hypotheses to a premise)
    drop        (field, value) pairs; a row where one holds is left out and counted
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from xstilts.core.errors import DataError
from xstilts.data.fields import field_value, group_name, text_field
from xstilts.data.source import Drop, Row

Labels = tuple[tuple[str, str | None], ...]


@dataclass(frozen=True, kw_only=True)
class RowMakerBase:
    """The base of all row makers: id, group and the rows that are left out."""

    id: str | None = None
    group: tuple[str, ...] = ()
    group_rows: int = 1
    unit: ClassVar[str] = "id"  # what `Source.subsample` counts: rows, or groups where rows need each other
    drop: tuple[tuple[str, str], ...] = ()

    def names(self, row: Row, number: int) -> dict[str, str]:
        """Return id, group and where of the example made from this row."""
        return {
            "id": str(number) if self.id is None else text_field(row, self.id),
            "group": group_name(row, self.group) if self.group else str(number // self.group_rows),
            "where": row["where"],
        }

    def dropped(self, row: Row) -> Drop | None:
        for path, value in self.drop:
            if str(field_value(row, path)) == value:
                return Drop(f"{path} is '{value}'")
        return None


def label_name(raw: Any, labels: Labels, where: str) -> str | None:
    """Return the label that `raw` stands for. () maps every label to itself; a label mapped to None is "unlabelled"."""
    table = dict(labels)
    if table and str(raw) not in table:
        raise DataError(f"'{raw}' is not a label of this file", where=where, value=str(raw), allowed=table)
    return table[str(raw)] if table else str(raw)
