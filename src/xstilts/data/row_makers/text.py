"""Row maker of single texts, with a label or without."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from xstilts.data.examples import TextExample
from xstilts.data.fields import text_field
from xstilts.data.row_makers.base import Labels, RowMakerBase, label_of
from xstilts.data.source import Drop, Row


@dataclass(frozen=True, kw_only=True)
class TextRow(RowMakerBase):
    """One text, with a label or without.

    Arguments
        text: field of the text.
        label: field of the label; None: unlabelled.
        labels: (in the file, name) pairs; () : labels are named as in the file; a name of None: unlabelled.
    """

    identity_name: ClassVar[str] = "Text"
    gold_fields: ClassVar[tuple[str, ...]] = ("label",)

    text: str = "text"
    label: str | None = None
    labels: Labels = ()

    def __call__(self, row: Row, number: int) -> TextExample | Drop:
        if drop := self.dropped(row):
            return drop
        label = label_of(row, self.label, self.labels)
        return TextExample(**self.names(row, number), text=text_field(row, self.text), label=label)
