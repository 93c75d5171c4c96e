"""Row makers of sentence retrieval: parallel sentences, and the sentences of a comparable corpus that is mined."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar

from xstilts.data.examples import SentenceExample
from xstilts.data.fields import field_value, text_field
from xstilts.data.row_makers.base import RowMakerBase
from xstilts.data.source import Drop, Row
from xstilts.data.views import hash_fraction


@dataclass(frozen=True, kw_only=True)
class SentencesRow(RowMakerBase):
    """A parallel row as two sentences that match each other: a query (field `a`) and a candidate (field `b`).

    Their ids are "q" and "c" before the row's id. `group=("b",)` gives one English sentence one group in all languages.
    `part` is what the sentences may be used for, "test" or "tune".
    """

    identity_name: ClassVar[str] = "Sentences"

    unit: ClassVar[str] = "group"
    a: str = "a"
    b: str = "b"
    part: str = "test"

    def __call__(self, row: Row, number: int) -> list[SentenceExample] | Drop:
        if drop := self.dropped(row):
            return drop
        names = self.names(row, number)
        number_or_id = names.pop("id")
        query, candidate = f"q{number_or_id}", f"c{number_or_id}"
        shared: dict[str, Any] = {**names, "part": self.part}
        return [
            SentenceExample(id=query, text=text_field(row, self.a), side="query", matches=(candidate,), **shared),
            SentenceExample(id=candidate, text=text_field(row, self.b), side="candidate", **shared),
        ]


@dataclass(frozen=True, kw_only=True)
class MinedRow(RowMakerBase):
    """A sentence of a comparable corpus, as `readers.Mining` gives it.

    A gold pair shares a group; other sentences stand alone. `tune` is the share of the groups (both sides, by a hash of
    the group and `seed`) whose sentences may set the threshold; the rest is scored. Both parts are one corpus, which is
    searched as a whole.
    """

    identity_name: ClassVar[str] = "Mined"

    unit: ClassVar[str] = "group"
    id: str | None = "id"
    text: str = "text"
    tune: float = 0.5
    seed: int = 0

    def __call__(self, row: Row, number: int) -> SentenceExample | Drop:
        if drop := self.dropped(row):
            return drop
        names = self.names(row, number)
        group = field_value(row, "pair") or names["id"]
        matches = field_value(row, "matches")
        return SentenceExample(
            id=names["id"],
            group=group,
            where=names["where"],
            text=text_field(row, self.text),
            side=text_field(row, "side"),
            matches=None if matches is None else tuple(matches),
            part="tune" if hash_fraction(f"tune {group}", self.seed) < self.tune else "test",
        )


@dataclass(frozen=True, kw_only=True)
class MinedPartsRow(MinedRow):
    """A `MinedRow` sentence whose part ("tune" or "test") is the field `part` of its row, as `MiningParts` gives it:
    each part is a corpus of its own."""

    identity_name: ClassVar[str] = "MinedParts"

    def __call__(self, row: Row, number: int) -> SentenceExample | Drop:
        sentence = super().__call__(row, number)
        if isinstance(sentence, Drop):
            return sentence
        part = text_field(row, "part")
        return replace(sentence, part=part, corpus=part)
