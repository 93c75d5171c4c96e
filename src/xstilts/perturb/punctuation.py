"""Punctuation and spacing: marks that are lost, doubled or others; blanks that are lost or doubled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import regex

from xstilts.perturb.base import OriginalText, Perturbation, rewriting_of
from xstilts.perturb.edits import Edit, Rewriting
from xstilts.perturb.random_stream import RandomStream
from xstilts.perturb.units import is_joined, no_words_of

_MARK = regex.compile(r"(?<!\p{GCB=Prepend})\p{P}")
_GAP = regex.compile(r"(?<=\S)[ \u00a0]+(?=\S)")
# Marks that stand for each other, by script: a stop becomes another stop.
_KINDS = (".,;:!?", "。，、；：！？", "،؛؟.", "।,;!?", "'’`´\"“”„«»", "-–—_", "()[]{}", "።፣፤፥")


@dataclass(frozen=True, kw_only=True)
class Punctuation(Perturbation):
    """A mark is lost, doubled, or becomes another of its kind; one that is a word by itself is never lost."""

    name: ClassVar[str] = "punctuation"
    identity_name: ClassVar[str] = "PunctuationNoise"

    def rewrite(self, original: OriginalText, stream: RandomStream) -> Rewriting:
        text = original.text
        kept = _word_marks(original.given_words or (), text)
        marks = [match.start() for match in _MARK.finditer(text) if not is_joined(text, match.end())]
        edits = []
        for at in map(marks.__getitem__, stream.places(len(marks), self.rate)):
            mark = text[at]
            others = next((kind.replace(mark, "") for kind in _KINDS if mark in kind), "")
            forms = [mark * 2, *([""] if at not in kept else []), *([stream.one_of(others)] if others else [])]
            edits.append(Edit(at, at + 1, stream.one_of(forms)))
        return rewriting_of(original, edits, len(marks))


def _word_marks(words: Sequence[tuple[int, int]], text: str) -> set[int]:
    """Return the places of marks in words that have nothing else."""
    return {at for start, end in words if all(map(_MARK.match, text[start:end])) for at in range(start, end)}


@dataclass(frozen=True, kw_only=True)
class Spacing(Perturbation):
    """A blank between two words is lost, or stands twice."""

    name: ClassVar[str] = "spacing"
    identity_name: ClassVar[str] = "SpacingNoise"
    keeps_words: ClassVar[bool] = False

    def unavailable(self, language: str) -> str | None:
        return no_words_of(language)

    def rewrite(self, original: OriginalText, stream: RandomStream) -> Rewriting:
        text = original.text
        gaps = [match.span() for match in _GAP.finditer(text) if not is_joined(text, match.end())]
        edits = []
        for start, end in map(gaps.__getitem__, stream.places(len(gaps), self.rate)):
            blanks = text[start:end]
            edits.append(Edit(start, end, stream.one_of(("", blanks * 2))))
        return rewriting_of(original, edits, len(gaps))
