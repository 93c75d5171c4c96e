"""Row maker of words with tags."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from xstilts.data.examples import TagExample, word_place
from xstilts.data.fields import labels_field, words_field
from xstilts.data.row_makers.base import Labels, RowMakerBase, label_name
from xstilts.data.source import LINES, WHERE, Drop, Row


@dataclass(frozen=True, kw_only=True)
class TagsRow(RowMakerBase):
    """Words and one tag for each.

    Arguments
        words, tags: fields with lists of equal length; `tags` None: unlabelled, and a row whose tags are null is, too.
        labels: (in the file, name) pairs, as in `TextRow`; every tag must be in it.
        cut: tags end before this string (":" makes "nsubj:pass" the tag "nsubj").
    """

    identity_name: ClassVar[str] = "Tags"
    gold_fields: ClassVar[tuple[str, ...]] = ("tags",)

    words: str = "words"
    tags: str | None = "tags"
    labels: Labels = ()
    cut: str = ""

    def __call__(self, row: Row, number: int) -> TagExample | Drop:
        if drop := self.dropped(row):
            return drop
        words = words_field(row, self.words)
        return TagExample(**self.names(row, number), words=words, lines=tuple(row.get(LINES, ())), tags=self._tags(row))

    def _tags(self, row: Row) -> tuple[str, ...] | None:
        if self.tags is None:
            return None
        raw = labels_field(row, self.tags)
        if raw is None:
            return None
        if self.cut:
            raw = tuple(tag.split(self.cut, 1)[0] for tag in raw)
        places = (word_place(row[WHERE], row.get(LINES, ()), word) for word in range(len(raw)))
        names = [label_name(tag, self.labels, place) for tag, place in zip(raw, places, strict=True)]
        return None if None in names else tuple(tag for tag in names if tag is not None)
