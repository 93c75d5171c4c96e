"""Row makers of utterances with an intent and slots, and of such whose meaning is a tree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from xstilts.core.errors import DataError
from xstilts.data.examples import FrameExample
from xstilts.data.fields import labels_field, split_words, text_field, words_field
from xstilts.data.meaning_trees import flat_frame, meaning_tree
from xstilts.data.row_makers.base import Labels, RowMakerBase, label_of
from xstilts.data.source import LINES, WHERE, Drop, Row


@dataclass(frozen=True, kw_only=True)
class FramesRow(RowMakerBase):
    """Words, a slot tag for each and an intent; unlabelled where one of these is null.

    Arguments
        words, slots, intent: fields with two lists of equal length, and a label.
        intents: (in the file, name) pairs, as in `TextRow`; every intent must be in it; () : as in the file.
        renamed: (in the file, name) pairs of slots; others are called as in the file.
        outside: "" : slots are tags in BIO. Else they are names without beginnings, of which this one says that there
            is none; a run of equal names is a slot.
    """

    identity_name: ClassVar[str] = "Frames"

    words: str = "words"
    slots: str = "slots"
    intent: str = "intent"
    intents: Labels = ()
    renamed: tuple[tuple[str, str], ...] = ()
    outside: str = ""

    def __call__(self, row: Row, number: int) -> FrameExample | Drop:
        if drop := self.dropped(row):
            return drop
        intent, slots = label_of(row, self.intent, self.intents), labels_field(row, self.slots)
        is_labelled = intent is not None and slots is not None
        return FrameExample(
            **self.names(row, number),
            words=words_field(row, self.words),
            lines=tuple(row.get(LINES, ())),
            slots=self._tags(slots) if slots is not None and is_labelled else None,
            intent=intent if is_labelled else None,
        )

    def _tags(self, slots: Sequence[str]) -> tuple[str, ...]:
        names = dict(self.renamed)
        if self.outside:
            return tuple(in_bio([names.get(slot, slot) for slot in slots], self.outside))
        return tuple(tag[:2] + names.get(tag[2:], tag[2:]) for tag in slots)


def in_bio(names: Sequence[str], outside: str) -> list[str]:
    """Return the tags of words of which each has the name of its slot.

    >>> in_bio(["date", "date", "Other", "date"], "Other")
    ['B-date', 'I-date', 'O', 'B-date']
    """
    before = [outside, *names]
    return [
        "O" if name == outside else f"{'I' if name == last else 'B'}-{name}"
        for name, last in zip(names, before, strict=False)
    ]


@dataclass(frozen=True, kw_only=True)
class FormsRow(RowMakerBase):
    """An utterance, its words between blanks, and its meaning as a tree (`data.meaning_trees`): its flat frame, and the
    form as it stands.

    Arguments
        text, form: their fields.
    """

    identity_name: ClassVar[str] = "Forms"

    text: str = "text"
    form: str = "form"

    def __call__(self, row: Row, number: int) -> FrameExample | Drop:
        if drop := self.dropped(row):
            return drop
        form = text_field(row, self.form)
        words = tuple(split_words(text_field(row, self.text)))
        if not words:
            raise DataError("an utterance without words", where=row[WHERE])
        intent, slots = flat_frame(meaning_tree(form, row[WHERE]), words)
        names = self.names(row, number)
        return FrameExample(**names, words=words, lines=(), slots=slots, intent=intent, form=form)
