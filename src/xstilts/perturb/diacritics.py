"""Diacritics lost: letters as they are typed without them ("Müller" as "Muller")."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

from xstilts.perturb.base import OriginalText, Perturbation, rewriting_of
from xstilts.perturb.edits import Edit, Rewriting
from xstilts.perturb.random_stream import RandomStream
from xstilts.perturb.units import base_code, script_of

_SCRIPTS = ("Latin", "Greek", "Cyrillic", "Arabic", "Hebrew", "Syriac")
_WITHOUT = ("en", "id", "ms", "sw", "jv")  # written without diacritics, but for names
_STROKES = {"ł": "l", "Ł": "L", "ø": "o", "Ø": "O", "đ": "d", "Đ": "D", "ħ": "h", "Ħ": "H", "ı": "i", "ŧ": "t"}


@dataclass(frozen=True, kw_only=True)
class Diacritics(Perturbation):
    """A letter loses its diacritics: accents, dots and strokes of Latin, Greek and Cyrillic letters, points and harakat
    of Hebrew and Arabic ones. Units are the letters that have some; vowel signs of Indic scripts are no diacritics."""

    name: ClassVar[str] = "diacritics"
    identity_name: ClassVar[str] = "DiacriticsNoise"

    def unavailable(self, language: str) -> str | None:
        if base_code(language) in _WITHOUT:
            return f"{base_code(language)} is written without diacritics"
        script = script_of(language)
        return None if script in _SCRIPTS else f"no diacritics that are left out in {script} script"

    def rewrite(self, original: OriginalText, stream: RandomStream) -> Rewriting:
        text = original.text
        places = [] if text.isascii() else [
            (start, end, plain)
            for start, end in original.letters
            if not (text[start].isascii() and end == start + 1) and (plain := without_diacritics(text[start:end]))
        ]  # fmt: skip
        chosen = stream.places(len(places), self.rate)
        return rewriting_of(original, [Edit(*places[place]) for place in chosen], len(places))


@lru_cache(maxsize=4096)
def without_diacritics(cluster: str) -> str:
    """Return a letter without its diacritics; "" where it has none.

    >>> without_diacritics(chr(0xFC)), without_diacritics("u")
    ('u', '')
    """
    plain = "".join(char for char in unicodedata.normalize("NFD", cluster) if not _is_diacritic(char))
    plain = unicodedata.normalize("NFC", "".join(_STROKES.get(char, char) for char in plain))
    return "" if plain == cluster or not plain else plain


def _is_diacritic(char: str) -> bool:
    """Marks by their class: 10 to 36 are points of Hebrew, Arabic and Syriac, from 200 on those above and below."""
    place = unicodedata.combining(char)
    return 10 <= place <= 36 or place >= 200
