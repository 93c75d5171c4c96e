"""Passages: a text on its way through a translation model: cut into sentences, translated, put together again with its
spans."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from xstilts.translate.sentence_boundaries import sentence_ends
from xstilts.translate.span_markers import MarkedText, Span, UntranslatableError, mark_spans, strip_span, unmark_spans


@dataclass(frozen=True, slots=True)
class TranslatableText:
    """A text and spans of it, before or after translation."""

    text: str
    spans: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class SentenceTranslation:
    """Translation of one sentence, or why there is none (`failure`)."""

    text: str = ""
    failure: str = ""


@dataclass(frozen=True, slots=True)
class _Piece:
    """A sentence as it is translated, what stands before it, and the numbers of the spans that lie in it."""

    gap: str
    marked: MarkedText
    spans: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Passage:
    """A text in pieces: the sentences, or several where a span reaches over their ends."""

    pieces: tuple[_Piece, ...]
    trailing_space: str  # the white space behind the last

    @property
    def sentences(self) -> list[str]:
        """Return the sentences that have to be translated."""
        return [piece.marked.text for piece in self.pieces]

    def reassemble(self, rendered: Mapping[str, SentenceTranslation]) -> TranslatableText:
        """Return the translation. Raises UntranslatableError where a sentence has none, or a span is not found in
        it."""
        parts: list[str] = []
        spans: dict[int, Span] = {}
        length = 0
        for piece in self.pieces:
            translation = rendered[piece.marked.text]
            if translation.failure:
                raise UntranslatableError(translation.failure)
            text, piece_spans = unmark_spans(translation.text.strip(), piece.marked.pairs)
            if not text.strip():
                raise UntranslatableError("a translation is empty")
            length += len(piece.gap)
            spans |= {
                number: (start + length, end + length)
                for number, (start, end) in zip(piece.spans, piece_spans, strict=True)
            }
            length += len(text)
            parts += [piece.gap, text]
        return TranslatableText(
            "".join([*parts, self.trailing_space]), tuple(spans[number] for number in sorted(spans))
        )


def split_passage(text: TranslatableText) -> Passage:
    """Cut `text` into sentences, with its spans (without white space at their ends) marked.

    Raises UntranslatableError for a span that cannot be marked.
    """
    spans = [strip_span(text.text, span) for span in text.spans]
    ends = [end for end in sentence_ends(text.text) if not any(start < end < stop for start, stop in spans)]
    pieces, gap, done = [], "", 0
    for end in [*ends, len(text.text)]:
        part = text.text[done:end]
        core = part.strip()
        start = done + len(part) - len(part.lstrip())
        gap += text.text[done:start]
        if core:
            inside = tuple(i for i, (first, last) in enumerate(spans) if start <= first and last <= start + len(core))
            marked = mark_spans(core, [(spans[i][0] - start, spans[i][1] - start) for i in inside])
            pieces.append(_Piece(gap, marked, inside))
            gap = text.text[start + len(core) : end]
        done = end
    return Passage(tuple(pieces), gap)
