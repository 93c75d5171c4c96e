"""Row maker of semantic roles: predicates and their arguments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from xstilts.core.errors import DataError
from xstilts.data.examples import Predicate, RolesExample
from xstilts.data.fields import words_field
from xstilts.data.row_makers.base import RowMakerBase
from xstilts.data.source import LINES, WHERE, Drop, Row
from xstilts.data.syntax.trees import span_head


@dataclass(frozen=True, kw_only=True)
class RolesRow(RowMakerBase):
    """A sentence of `EwtPropBank` or `UniversalPropBank` with its predicates. A sentence that could not be joined with
    its words is left out and counted.

    Arguments
        without: labels that are no arguments: the predicate itself ("V") and, in two words, its second part ("C-V").
        derive_heads: where the file has spans alone, take for each the word that its tree puts above the others
            (`trees.span_head`). In EWT dev and test, 99 % of the arguments then have the head of Universal PropBank 1.
    """

    identity_name: ClassVar[str] = "Roles"

    without: tuple[str, ...] = ("V", "C-V")
    derive_heads: bool = False

    def __call__(self, row: Row, number: int) -> RolesExample | Drop:
        if drop := self.dropped(row):
            return drop
        if row.get("join", "ok") != "ok":
            return Drop(f"not joined: {row['join']}")
        predicates = row["predicates"]
        return RolesExample(
            **self.names(row, number),
            words=words_field(row, "words"),
            lines=tuple(row.get(LINES, ())),
            predicates=None
            if predicates is None
            else tuple(self._predicate(predicate, row) for predicate in predicates),
        )

    def _predicate(self, predicate: Mapping[str, Any], row: Row) -> Predicate:
        spans, heads = predicate.get("spans"), predicate.get("heads")
        if heads is None and self.derive_heads:
            if row["heads"] is None or row["fault"]:
                raise DataError("heads of arguments need a tree, and the sentence has none", where=row[WHERE])
            heads = [(span_head(row["heads"], start, end) - 1, label) for start, end, label in spans or ()]
        places = zip(heads or () if spans is None else spans, predicate.get("places", ()), strict=False)
        return Predicate(
            index=predicate["index"],
            sense=predicate["sense"],
            spans=None if spans is None else tuple(tuple(span) for span in spans if span[-1] not in self.without),
            heads=None if heads is None else tuple(tuple(head) for head in heads if head[-1] not in self.without),
            places=tuple(place for argument, place in places if argument[-1] not in self.without),
        )
