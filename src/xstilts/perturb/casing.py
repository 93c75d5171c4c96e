"""Casing: words in capitals, in small letters, or with a first capital."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar

from xstilts.core.errors import DataError
from xstilts.perturb.base import OriginalText, Perturbation, rewriting_of
from xstilts.perturb.edits import Edit, Rewriting
from xstilts.perturb.random_stream import RandomStream
from xstilts.perturb.units import script_of

_FORMS: Mapping[str, Callable[[str], str]] = {
    "upper": str.upper,
    "lower": str.lower,
    "title": lambda word: word[:1].upper() + word[1:].lower(),
    "swapped": str.swapcase,
}
_SCRIPTS = ("Latin", "Greek", "Cyrillic", "Armenian", "Cherokee", "Coptic")


@dataclass(frozen=True, kw_only=True)
class Casing(Perturbation):
    """A word is written in another case. Units are the words that would change.

    to: "upper", "lower", "title" (a first capital) or "swapped" (capitals for small letters, and the reverse).
    """

    name: ClassVar[str] = "casing"
    identity_name: ClassVar[str] = "CasingNoise"
    unit: ClassVar[str] = "word"

    to: str = "upper"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.to not in _FORMS:
            raise DataError(f"there is no casing '{self.to}'", where="casing.to", value=str(self.to), allowed=_FORMS)

    def unavailable(self, language: str) -> str | None:
        script = script_of(language)
        return None if script in _SCRIPTS else f"{script} script has no capitals"

    def rewrite(self, original: OriginalText, stream: RandomStream) -> Rewriting:
        text, form = original.text, _FORMS[self.to]
        found = [(start, end, text[start:end]) for start, end in original.words]
        places = [Edit(start, end, form(word)) for start, end, word in found if form(word) != word]
        chosen = original.places([edit[:2] for edit in places], self.rate, stream)
        return rewriting_of(original, [places[place] for place in chosen], len(places))
