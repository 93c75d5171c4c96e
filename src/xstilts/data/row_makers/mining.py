"""A row maker for mining tests that say themselves which sentences may set the threshold."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from xstilts.data.examples import SentenceExample
from xstilts.data.fields import text
from xstilts.data.row_makers.plain import MinedRow
from xstilts.data.source import Drop, Row


@dataclass(frozen=True, kw_only=True)
class MinedPartsRow(MinedRow):
    """A `MinedRow` sentence whose part ("tune" or "test") is the field `part` of its row, as `MiningParts` gives it."""

    identity_name: ClassVar[str] = "MinedParts"

    def __call__(self, row: Row, number: int) -> SentenceExample | Drop:
        made = super().__call__(row, number)
        return made if isinstance(made, Drop) else replace(made, part=text(row, "part"))
