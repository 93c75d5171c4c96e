"""Marker projection: spans of a text are wrapped in marks, the marked text is translated, and the spans are what stands
between the marks of the translation.

Lewis et al. 2020 (MLQA) translated SQuAD so, with quotation marks around the answer, and left out the rows where it
failed; Chen et al. 2023 (EasyProject) compare marks and find square brackets to survive best. A pair of marks is used
only where the text has nothing like it, so that what stands between them in an unchanged text is exactly the span.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate

Span = tuple[int, int]  # first character, and the one after the last


class UntranslatableError(Exception):
    """Raised for a text or span that cannot be carried into a translation. Its message is the reason, which is
    counted."""


@dataclass(frozen=True)
class MarkerPair:
    """A mark on either side of a span. `like`: patterns of each mark as a model may write it."""

    opening: str
    closing: str
    like: tuple[str, str]

    @cached_property
    def patterns(self) -> tuple[re.Pattern[str], re.Pattern[str]]:
        opening, closing = self.like
        return re.compile(opening, re.IGNORECASE), re.compile(closing, re.IGNORECASE)

    def is_like(self, text: str) -> bool:
        """Return True where something in `text` could be taken for one of the marks."""
        return any(pattern.search(text) for pattern in self.patterns)


def _tag(name: str) -> MarkerPair:
    return MarkerPair(f"<{name}>", f"</{name}>", (rf"<\s*{name}\s*>", rf"<\s*/\s*{name}\s*>"))


MARKER_PAIRS = (
    MarkerPair("[", "]", (r"[\[［【]", r"[\]］】]")),
    MarkerPair("{", "}", ("[{｛]", "[}｝]")),
    *map(_tag, "abcdefgh"),
)


@dataclass(frozen=True, slots=True)
class MarkedText:
    """A text with marks, and the pair that stands around each of its spans."""

    text: str
    pairs: tuple[MarkerPair, ...]


def mark_spans(text: str, spans: Sequence[Span]) -> MarkedText:
    """Return the text with a pair of marks of its own around each span; spans may touch, nest and overlap.

    >>> mark_spans("Paris is big", [(0, 5)]).text
    '[Paris] is big'

    Raises UntranslatableError where the text leaves no pair free.
    """
    if not spans:
        return MarkedText(text, ())
    free = [pair for pair in MARKER_PAIRS if not pair.is_like(text)]
    if len(free) < len(spans):
        raise UntranslatableError("the text holds the marks itself")
    pairs = tuple(free[: len(spans)])
    # At one place first what ends, the shortest span first, then what begins, the longest first: pairs nest.
    ends = [(end, 0, end - start, pair.closing) for (start, end), pair in zip(spans, pairs, strict=True)]
    starts = [(start, 1, start - end, pair.opening) for (start, end), pair in zip(spans, pairs, strict=True)]
    parts, done = [], 0
    for place, _, _, marker in sorted([*ends, *starts]):
        parts += [text[done:place], marker]
        done = place
    return MarkedText("".join([*parts, text[done:]]), pairs)


def unmark_spans(text: str, pairs: Sequence[MarkerPair]) -> tuple[str, tuple[Span, ...]]:
    """Return a translation without its marks, and the span of each pair. White space that stands inside a mark is left
    outside the span, and dropped where there is white space outside as well.

    >>> unmark_spans("[ Paris ] ist groß", mark_spans("Paris is big", [(0, 5)]).pairs)
    ('Paris ist groß', ((0, 5),))

    Raises UntranslatableError when a mark is missing, stands twice or in the wrong place, or has nothing inside.
    """
    if not pairs:
        return text, ()
    mark_places = [(_only(pair.patterns[0], text), _only(pair.patterns[1], text)) for pair in pairs]
    is_kept = [True] * len(text)
    for marks in mark_places:
        for start, end in marks:
            is_kept[start:end] = [False] * (end - start)
    for opening, closing in mark_places:
        if opening[1] > closing[0]:
            raise UntranslatableError("the marks of a span changed places")
        _close_gap(text, is_kept, range(opening[1], len(text)), range(opening[0] - 1, -1, -1))
        _close_gap(text, is_kept, range(closing[0] - 1, -1, -1), range(closing[1], len(text)))
    places = [0, *accumulate(is_kept)]
    plain = "".join(char for char, keep in zip(text, is_kept, strict=True) if keep)
    return plain, tuple(_strip(plain, (places[opening[1]], places[closing[0]])) for opening, closing in mark_places)


def strip_span(text: str, span: Span) -> Span:
    """Return the span without white space at its ends. Raises UntranslatableError when nothing is left."""
    return _strip(text, span)


def _only(pattern: re.Pattern[str], text: str) -> Span:
    matches = [match.span() for match in pattern.finditer(text)]
    if not matches:
        raise UntranslatableError("a mark of a span was lost")
    if len(matches) > 1:
        raise UntranslatableError("a mark of a span stands twice")
    return matches[0]


def _close_gap(text: str, is_kept: list[bool], inside: Iterable[int], outside: Iterable[int]) -> None:
    """Leave out the white space next to a mark on its inside, where there is some (or nothing) on its outside."""
    outer = next((place for place in outside if is_kept[place]), None)
    if outer is not None and not text[outer].isspace():
        return
    for place in inside:
        if is_kept[place] and not text[place].isspace():
            return
        is_kept[place] = False


def _strip(text: str, span: Span) -> Span:
    start, end = span
    inner = text[start:end]
    if not inner.strip():
        raise UntranslatableError("nothing stands between the marks of a span")
    return start + len(inner) - len(inner.lstrip()), start + len(inner.rstrip())
