"""Romanisation: words in Latin letters, as people type Hindi, Arabic, Greek or Russian on a Latin keyboard.

The one file that imports `anyascii` (extra `romanise`), whose tables go by characters: an approximation that
readers of chats know, no standard of transliteration.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from typing import ClassVar

from xstilts.core.errors import DataError
from xstilts.perturb.base import OriginalText, Perturbation, rewriting_of
from xstilts.perturb.edits import Edit, Rewriting
from xstilts.perturb.random_stream import RandomStream
from xstilts.perturb.units import base_code, no_words_of, script_of


@dataclass(frozen=True, kw_only=True)
class Romanise(Perturbation):
    """A word is written in Latin letters; in scripts without blanks between words, a character. Units are those with
    letters of another script."""

    name: ClassVar[str] = "romanise"
    identity_name: ClassVar[str] = "RomaniseNoise"
    unit: ClassVar[str] = "word"

    def __post_init__(self) -> None:
        super().__post_init__()
        if find_spec("anyascii") is None:
            raise DataError(
                "'romanise' needs the package anyascii, which is not installed",
                where=self.name, hint="Install it: pip install 'xstilts[romanise]'.",
            )  # fmt: skip

    def unavailable(self, language: str) -> str | None:
        latin = script_of(language) == "Latin"
        return f"{base_code(language)} is written in Latin letters already" if latin else None

    def rewrite(self, original: OriginalText, stream: RandomStream) -> Rewriting:
        text = original.text
        running = original.given_words is None
        spans = original.letters if running and no_words_of(original.language) else original.words
        places = [
            (start, end, latin)
            for start, end in spans
            if (latin := romanised(text[start:end])) not in ("", text[start:end])
        ]
        chosen = original.places([place[:2] for place in places], self.rate, stream)
        return rewriting_of(original, [Edit(*places[place]) for place in chosen], len(places))


@lru_cache(maxsize=65536)
def romanised(word: str) -> str:
    """Return a word in Latin letters; itself where all its letters are ASCII."""
    if word.isascii():
        return word
    from anyascii import anyascii

    return anyascii(word).strip()
