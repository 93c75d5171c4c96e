"""Noise in words: dropped, said twice, out of order. No gold of single words survives it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from xstilts.core.errors import DataError
from xstilts.perturb.base import OriginalText, Perturbation, rewriting_of
from xstilts.perturb.edits import Edit, Rewriting
from xstilts.perturb.random_stream import RandomStream
from xstilts.perturb.units import is_joined, no_words_of


@dataclass(frozen=True, kw_only=True)
class _WordNoise(Perturbation):
    """The base of noise that takes words as they stand between blanks and marks."""

    unit: ClassVar[str] = "word"
    keeps_words: ClassVar[bool] = False

    def unavailable(self, language: str) -> str | None:
        return no_words_of(language)


@dataclass(frozen=True, kw_only=True)
class DropWords(_WordNoise):
    """A word is left out, with the blank after it; of each text one word stays."""

    name: ClassVar[str] = "drop-words"
    identity_name: ClassVar[str] = "DropWordsNoise"

    def rewrite(self, original: OriginalText, stream: RandomStream) -> Rewriting:
        text, words = original.text, original.words
        chosen = original.places(words, self.rate, stream)
        if len(chosen) == len(words):
            del chosen[:1]
        edits = []
        for start, end in map(words.__getitem__, chosen):
            edits.append(Edit(start, end, ""))
            if text[end : end + 1] == " " and not is_joined(
                text, end + 1
            ):  # by itself: the blank after an answer is none of the answer
                edits.append(Edit(end, end + 1, ""))
        return rewriting_of(original, edits, len(words), len(chosen))


@dataclass(frozen=True, kw_only=True)
class DuplicateWords(_WordNoise):
    """A word stands twice, with a blank between."""

    name: ClassVar[str] = "duplicate-words"
    identity_name: ClassVar[str] = "DuplicateWordsNoise"

    def rewrite(self, original: OriginalText, stream: RandomStream) -> Rewriting:
        text, words = original.text, original.words
        edits = []
        for start, end in map(words.__getitem__, original.places(words, self.rate, stream)):
            edits.append(Edit(end, end, f" {text[start:end]}"))
        return rewriting_of(original, edits, len(words))


@dataclass(frozen=True, kw_only=True)
class ShuffleWords(_WordNoise):
    """Two words change places that are at most `window` words apart. Both are changed; marks and blanks stay."""

    name: ClassVar[str] = "shuffle-words"
    identity_name: ClassVar[str] = "ShuffleWordsNoise"

    window: int = 3

    def __post_init__(self) -> None:
        super().__post_init__()
        if isinstance(self.window, bool) or not isinstance(self.window, int) or self.window < 1:
            raise DataError(
                f"a window is a whole number of words from 1 on, got {self.window!r}", where="shuffle-words.window"
            )

    def rewrite(self, original: OriginalText, stream: RandomStream) -> Rewriting:
        text, words = original.text, original.words
        partners: dict[int, int] = {}

        def finds_partner(index: int) -> bool:
            if index in partners:
                return False
            start, end = words[index]
            near = [
                other
                for other in range(max(index - self.window, 0), min(index + self.window + 1, len(words)))
                if other not in partners and other != index and text[slice(*words[other])] != text[start:end]
            ]
            if near:
                other = stream.one_of(near)
                partners[index], partners[other] = other, index
            return bool(near)

        original.places(words, self.rate / 2, stream, finds_partner)
        moves = [(*words[index], words[other]) for index, other in sorted(partners.items())]
        edits = [Edit(start, end, text[slice(*source)], source) for start, end, source in moves]
        return rewriting_of(original, edits, len(words))
