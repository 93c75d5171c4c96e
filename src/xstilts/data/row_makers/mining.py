"""A row maker for mining tests that say themselves which sentences may set the threshold."""

from __future__ import annotations

from dataclasses import dataclass, replace

from xstilts.data.examples import SentenceExample
from xstilts.data.fields import text
from xstilts.data.row_makers.plain import Mined
from xstilts.data.source import Drop, Row


@dataclass(frozen=True, kw_only=True)
class MinedParts(Mined):
    """A `Mined` sentence whose part ("tune" or "test") is the field `part` of its row, as `MiningParts` gives it."""

    def __call__(self, row: Row, number: int) -> SentenceExample | Drop:
        made = super().__call__(row, number)
        return made if isinstance(made, Drop) else replace(made, part=text(row, "part"))
