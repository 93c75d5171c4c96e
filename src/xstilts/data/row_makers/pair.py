"""Row maker of pairs of texts, with a label or without."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from xstilts.data.examples import TextExample
from xstilts.data.fields import field, text
from xstilts.data.row_makers.base import Labels, Maker, mapped
from xstilts.data.source import Drop, Row


@dataclass(frozen=True, kw_only=True)
class PairRow(Maker):
    """Two texts, with a label or without. `a` and `b` are their fields; `label` and `labels` as in `TextRow`."""

    identity_name: ClassVar[str] = "Pair"

    a: str
    b: str
    label: str | None = None
    labels: Labels = ()

    def __call__(self, row: Row, number: int) -> TextExample | Drop:
        if drop := self.dropped(row):
            return drop
        label = None if self.label is None else mapped(field(row, self.label), self.labels, row["where"])
        return TextExample(**self.names(row, number), text=text(row, self.a), pair=text(row, self.b), label=label)
