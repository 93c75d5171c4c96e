"""Words by which texts are compared for leaks: case, punctuation and ways of writing a character taken away.

Used by the leak guard of pretraining and by the audit of a study's training data.
"""

from __future__ import annotations

import unicodedata

WORDS = 8  # consecutive ones that two texts share by more than chance
CHARACTERS = 25  # the same of languages whose words are not written apart
UNSPACED = ("zh", "ja", "th", "my")


class _Blanks(dict[int, str]):
    """Punctuation, symbols and separators as blanks, control and format characters as nothing; filled as they are
    met."""

    def __missing__(self, code: int) -> str:
        category = unicodedata.category(chr(code))
        self[code] = " " if category[0] in "PSZ" or chr(code) in "\t\n\r" else "" if category[0] == "C" else chr(code)
        return self[code]


_BLANKS = _Blanks()


def normal(text: str) -> str:
    """Return a text as it is compared.

    >>> normal("Ｗhy, “said” he -- NOT?").split()
    ['why', 'said', 'he', 'not']
    """
    return unicodedata.normalize("NFKC", text).casefold().translate(_BLANKS)


def is_unspaced(language: str) -> bool:
    """Return whether words are not written apart in a language ("zh", "zh-Hant", "ja#2")."""
    return language.partition("#")[0].partition("-")[0] in UNSPACED


def leak_tokens(text: str, unspaced: bool = False) -> list[str]:
    """Return what a text is compared by: its words, or its characters where words are not written apart."""
    words = normal(text).split()
    return list("".join(words)) if unspaced else words


def run_length(language: str) -> int:
    """Return how many consecutive tokens are a leak."""
    return CHARACTERS if is_unspaced(language) else WORDS
