"""Invisible characters put into words: of no width, and marks that steer the direction of writing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from xstilts.perturb.base import OriginalText, Perturbation, rewriting_of
from xstilts.perturb.edits import Edit, Rewriting
from xstilts.perturb.random_stream import RandomStream


@dataclass(frozen=True, kw_only=True)
class _Invisible(Perturbation):
    """The base: a character of `marks` comes after a letter. A mark is put in, and no letter is changed."""

    marks: ClassVar[str]

    def rewrite(self, original: OriginalText, stream: RandomStream) -> Rewriting:
        text, letters = original.text, original.letters
        edits = []
        for start, end in map(letters.__getitem__, stream.places(len(letters), self.rate)):
            edits.append(Edit(start, end, text[start:end] + stream.one_of(self.marks)))
        return rewriting_of(original, edits, len(letters))


@dataclass(frozen=True, kw_only=True)
class ZeroWidth(_Invisible):
    """Zero-width space and non-joiner, word joiner, soft hyphen."""

    name: ClassVar[str] = "zero-width"
    identity_name: ClassVar[str] = "ZeroWidthNoise"
    marks: ClassVar[str] = "\u200b\u200c\u2060\u00ad"


@dataclass(frozen=True, kw_only=True)
class BidiMarks(_Invisible):
    """Left-to-right, right-to-left and Arabic letter mark: what copying from right-to-left pages leaves behind. No
    embeddings or overrides, which would have to be closed."""

    name: ClassVar[str] = "bidi-marks"
    identity_name: ClassVar[str] = "BidiMarkNoise"
    marks: ClassVar[str] = "\u200e\u200f\u061c"
