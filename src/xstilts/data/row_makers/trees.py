"""Row maker of dependency trees."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from xstilts.core.errors import DataError
from xstilts.data.examples import DependencyExample
from xstilts.data.fields import words_field
from xstilts.data.row_makers.base import RowMakerBase
from xstilts.data.source import LINES, Drop, Row


@dataclass(frozen=True, kw_only=True)
class TreesRow(RowMakerBase):
    """A sentence of `ConlluTrees` with its tree.

    Arguments
        cut: relations end before this string (":" makes "nsubj:pass" the relation "nsubj"); "" keeps them whole.
        broken: what heads that are no tree are (a circle, several roots or none, a head outside the sentence, a word
            without a head): "error", or "drop", which leaves the sentence out and counts it.
    """

    identity_name: ClassVar[str] = "Trees"

    cut: str = ""
    broken: str = "error"

    def __post_init__(self) -> None:
        if self.broken not in ("error", "drop"):
            allowed = ("error", "drop")
            raise DataError(f"broken trees cannot be '{self.broken}'", value=self.broken, allowed=allowed)

    def __call__(self, row: Row, number: int) -> DependencyExample | Drop:
        if drop := self.dropped(row):
            return drop
        if row["fault"]:
            reason, description, where = row["fault"]
            if self.broken == "drop":
                return Drop(f"no tree: {reason}")
            raise DataError(f"no tree: {description}", where=where)
        relations = row["deprels"]
        if relations is not None and self.cut:
            relations = [relation.split(self.cut, 1)[0] for relation in relations]
        return DependencyExample(
            **self.names(row, number),
            words=words_field(row, "words"),
            lines=tuple(row.get(LINES, ())),
            heads=None if row["heads"] is None else tuple(row["heads"]),
            relations=None if relations is None else tuple(relations),
            tokens=tuple((first, last, form) for first, last, form in row["tokens"]),
        )
