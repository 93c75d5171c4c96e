"""The base of perturbations: what is done to a text, how much of it, and in which languages it can be done.

A perturbation is a value. It is a pure function of a text, its language and a random stream, and says what it changed
as edits, so that the spans of the old text are found in the new one. A new one is a subclass in a file of its own, or
of its kin, and a line of `perturb.catalog`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import ClassVar

from xstilts.core.errors import DataError
from xstilts.perturb.edits import Edit, Rewriting, Span
from xstilts.perturb.random_stream import RandomStream
from xstilts.perturb.units import cluster_spans, letter_spans, word_spans


class OriginalText:
    """A text to be rewritten. given_words: its words, where data say what they are; None: running text.

    An edit of a text with given words lies within one of them and leaves something of it.
    """

    def __init__(self, text: str, language: str, given_words: Sequence[Span] | None = None) -> None:
        self.text, self.language, self.given_words = text, language, given_words

    @cached_property
    def words(self) -> Sequence[Span]:
        return word_spans(self.text) if self.given_words is None else self.given_words

    @cached_property
    def clusters(self) -> Sequence[Span]:
        return cluster_spans(self.text)

    @cached_property
    def letters(self) -> Sequence[Span]:
        """The grapheme clusters inside words."""
        return letter_spans(self.text)


@dataclass(frozen=True, kw_only=True)
class Perturbation(ABC):
    """One kind of noise, or of code-switching.

    rate: which share of its units (characters inside words, or words, that it can change) it changes, 0 to 1.
    seed: another seed hits other places.

    name: unique; its name in study files. identity_name: its name in identities.
    unit: what is counted, "character" or "word".
    paths: the fields that are files or folders.
    switches: whether it puts in words of other languages.
    keeps_words: whether there are as many words as before, in their order; else no gold of words survives it.
    """

    name: ClassVar[str]
    identity_name: ClassVar[str]
    unit: ClassVar[str] = "character"
    paths: ClassVar[tuple[str, ...]] = ()
    switches: ClassVar[bool] = False
    keeps_words: ClassVar[bool] = True

    rate: float
    seed: int = 0

    def __post_init__(self) -> None:
        rate = self.rate
        if isinstance(rate, bool) or not isinstance(rate, int | float) or not 0 <= rate <= 1:
            raise DataError(f"a rate lies between 0 and 1, got {rate!r}", where=f"{self.name}.rate")
        if isinstance(self.seed, bool) or not isinstance(self.seed, int):
            raise DataError(f"a seed is a whole number, got {self.seed!r}", where=f"{self.name}.seed")
        object.__setattr__(self, "rate", float(rate))

    def unavailable(self, language: str) -> str | None:
        """Return why nothing of this kind can be done to texts of a language ("no keyboard layout for sw"), else None.
        Raises StudyError for an unknown language."""
        return None

    def files_read(self) -> tuple[Path, ...]:
        """Return the files that it reads, of a folder those that serve it."""
        named = (getattr(self, key) for key in self.paths)
        return tuple(Path(path) for path in named if path is not None)

    @abstractmethod
    def rewrite(self, original: OriginalText, stream: RandomStream) -> Rewriting:
        """Return the text with about `rate` of its units changed; the same for the same stream."""

    def rewrite_text(self, text: str, language: str, stream: RandomStream) -> Rewriting:
        """Return a running text rewritten."""
        return self.rewrite(OriginalText(text, language), stream) if self.rate else Rewriting(text)

    def rewrite_words(self, words: Sequence[str], language: str, stream: RandomStream) -> tuple[list[str], Rewriting]:
        """Return as many words, and what was done to them with a blank between each two. Raises DataError where the
        perturbation does not keep words."""
        if not self.keeps_words:
            raise DataError(f"'{self.name}' does not keep words", where=self.name)
        text, spans = " ".join(words), list[Span]()
        start = 0
        for word in words:
            spans.append((start, start + len(word)))
            start += len(word) + 1
        if not self.rate:
            return list(words), Rewriting(text)
        rewriting = self.rewrite(OriginalText(text, language, spans), stream)
        return _words_of(rewriting, spans), rewriting


def _words_of(rewriting: Rewriting, spans: Sequence[Span]) -> list[str]:
    """Return the words of a rewritten sentence, each with the edits that lie within it."""
    edits, at, words = rewriting.edits, 0, []
    for start, end in spans:
        done, parts = start, list[str]()
        while at < len(edits) and edits[at].end <= end:
            edit = edits[at]
            parts += (rewriting.old[done : edit.start], edit.text)
            done, at = edit.end, at + 1
        parts.append(rewriting.old[done:end])
        words.append("".join(parts))
    return words


def rewriting_of(original: OriginalText, edits: Sequence[Edit], units: int, changed: int | None = None) -> Rewriting:
    """Return the rewriting of a text; each edit changes one unit where nothing else is said."""
    return Rewriting(original.text, edits, units, len(edits) if changed is None else changed)
