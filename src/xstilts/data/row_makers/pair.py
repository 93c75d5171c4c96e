"""Row maker of pairs of texts, with a label or without."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from xstilts.data.examples import TextExample
from xstilts.data.fields import text_field
from xstilts.data.row_makers.base import Labels, RowMakerBase, label_of
from xstilts.data.source import Drop, Row


@dataclass(frozen=True, kw_only=True)
class PairRow(RowMakerBase):
    """Two texts, with a label or without. `a` and `b` are their fields; `label` and `labels` as in `TextRow`."""

    identity_name: ClassVar[str] = "Pair"
    gold_fields: ClassVar[tuple[str, ...]] = ("label",)

    a: str
    b: str
    label: str | None = None
    labels: Labels = ()

    def __call__(self, row: Row, number: int) -> TextExample | Drop:
        if drop := self.dropped(row):
            return drop
        label = label_of(row, self.label, self.labels)
        return TextExample(
            **self.names(row, number), text=text_field(row, self.a), pair=text_field(row, self.b), label=label
        )
