"""Edits of a text: what a perturbation did to it, the new text, and where the spans of the old one are in it."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from typing import NamedTuple

Span = tuple[int, int]  # characters [start, end)


class Edit(NamedTuple):
    """`text` stands for the characters [start, end) of the old text; start == end: it is put in.

    source: the span of the old text that `text` is, where an edit moves it to another place.
    """

    start: int
    end: int
    text: str
    source: Span | None = None


@dataclass(frozen=True)
class Rewriting:
    """A text and its edits, from left to right, of which no two overlap.

    units: how many characters or words the perturbation could have changed. changed: how many of them it did.
    languages: of each edit that of its text, where words of other languages are put in; else ().
    """

    old: str
    edits: Sequence[Edit] = ()
    units: int = 0
    changed: int = 0
    languages: Sequence[str] = ()

    @cached_property
    def text(self) -> str:
        """The new text."""
        if not self.edits:
            return self.old
        parts, done, old = list[str](), 0, self.old
        for start, end, text, _ in self.edits:
            parts += (old[done:start], text)
            done = end
        parts.append(old[done:])
        return "".join(parts)

    @cached_property
    def _shifts(self) -> list[int]:
        """By how many characters what follows an edit has moved, of each edit."""
        return list(accumulate(len(edit.text) - (edit.end - edit.start) for edit in self.edits))

    @cached_property
    def _ends(self) -> list[int]:
        return [edit.end for edit in self.edits]

    @cached_property
    def new_edits(self) -> list[Span]:
        """Where the text of each edit is in the new text."""
        ends = [edit.end + shift for edit, shift in zip(self.edits, self._shifts, strict=True)]
        return [(end - len(edit.text), end) for edit, end in zip(self.edits, ends, strict=True)]

    def new_span(self, start: int, end: int) -> Span | None:
        """Return where the characters [start, end) of the old text are in the new one; what is put in at their borders
        is outside. None: an edit crosses a border, or the pieces no longer stand together."""
        moved = [edit for edit in self.edits if edit.source and edit.start < end and start < edit.end]
        if any(not _within(edit, start, end) for edit in moved):
            return self._in_moved_word(start, end)
        places = {(edit.start, edit.end) for edit in moved}
        if moved and places != {edit.source for edit in moved}:
            return self._in_moved_word(start, end)
        first, last = self._place(start, is_end=False), self._place(end, is_end=True)
        return None if first is None or last is None else (first, max(first, last))

    def _place(self, at: int, *, is_end: bool) -> int | None:
        """Return where the border `at` is in the new text; None inside an edit. As the start of a span it comes after
        what is put in there, as an end before it."""
        edits, index = self.edits, bisect_left(self._ends, at)  # the first edit that ends at `at` or later
        while index < len(edits) and edits[index].end == at and not (is_end and edits[index].start == at):
            index += 1
        if index < len(edits) and edits[index].start < at:
            return None
        return at + (self._shifts[index - 1] if index else 0)

    def _in_moved_word(self, start: int, end: int) -> Span | None:
        """Return where a part of one moved word is."""
        for index, edit in enumerate(self.edits):
            if edit.source and edit.source[0] <= start and end <= edit.source[1]:
                offset = edit.start + (self._shifts[index - 1] if index else 0) - edit.source[0]
                return start + offset, end + offset
        return None


def _within(edit: Edit, start: int, end: int) -> bool:
    return start <= edit.start and edit.end <= end
