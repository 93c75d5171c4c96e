"""Units of a text: grapheme clusters and words, as spans of characters; how languages are written.

A cluster is what a reader takes for one character (UAX 29): a letter with its marks, Indic letters that a virama joins,
an emoji of several code points. No cluster is ever cut. A word of a running text is a run of letters, digits and their
marks, with apostrophes inside it; a language that puts no blanks between words has none.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import regex

from xstilts.core.languages import language
from xstilts.perturb.edits import Span

# A run of letters and digits with all that joins their clusters: marks, joiners, signs before a digit (GCB=Prepend).
_RUN = regex.compile(
    r"\p{GCB=Prepend}*[\p{L}\p{N}](?:[\p{L}\p{N}\p{M}\p{GCB=Extend}\u200d]|\p{GCB=Prepend}(?=[\p{L}\p{N}]))*"
)
_WORD = regex.compile(rf"{_RUN.pattern}(?:['’ʼ]{_RUN.pattern})*")
_CLUSTER = regex.compile(r"\X")
# Characters that may belong to a cluster with others: marks, joiners, flags, tones of skin, parts of Korean syllables.
_JOINED = regex.compile(r"[\p{M}\p{Cf}\p{Emoji_Modifier}\p{Regional_Indicator}\u1100-\u11ff\ua960-\ua97f\ud7b0-\ud7ff]")
_JOINS = regex.compile(r"[\p{M}\p{GCB=Extend}\u200d]")
_LETTER = regex.compile(r"[\p{L}\p{N}]")
_WITHOUT_BLANKS = ("Han", "Japanese", "Thai", "Lao", "Khmer", "Myanmar", "Tibetan")


def base_code(code: str) -> str:
    """Return the language of a code without its variety: "pt" of "pt-br"."""
    return language(code).code.partition("-")[0]


@lru_cache(maxsize=256)
def script_of(code: str) -> str:
    """Return the script that a language is written in, as `core.languages` calls it. Raises StudyError."""
    return language(code).script


def no_words_of(code: str) -> str | None:
    """Return why running text of a language has no words to take; None where blanks stand between them."""
    found = language(code)
    return f"no blanks between words in {found.code}" if found.script in _WITHOUT_BLANKS else None


def word_spans(text: str) -> list[Span]:
    """Return the words of a running text.

    >>> word_spans("Don't go, 7 m!")
    [(0, 5), (6, 8), (10, 11), (12, 13)]
    """
    return [match.span() for match in _WORD.finditer(text)]


def run_spans(text: str) -> list[Span]:
    """Return the runs of letters and digits: words, which an apostrophe ends."""
    return [match.span() for match in _RUN.finditer(text)]


def is_simple(text: str) -> bool:
    """Return whether every character is a cluster of its own."""
    return text.isascii() or _JOINED.search(text) is None


def cluster_spans(text: str) -> list[Span]:
    """Return all grapheme clusters of a text.

    >>> cluster_spans("e" + chr(0x301) + "a")
    [(0, 2), (2, 3)]
    """
    if is_simple(text):
        return [(at, at + 1) for at in range(len(text))]
    return [match.span() for match in _CLUSTER.finditer(text)]


def letter_spans(text: str) -> list[Span]:
    """Return the clusters that begin with a letter or a digit: the characters inside words."""
    if is_simple(text):
        return [(at, at + 1) for at, char in enumerate(text) if char.isalnum()]
    return [match.span() for match in _CLUSTER.finditer(text) if _LETTER.match(text, match.start())]


def is_joined(text: str, at: int) -> bool:
    """Return whether the character at `at`, if there is one, belongs to the cluster before it."""
    return text[at : at + 1] > "\u02ff" and _JOINS.match(text, at) is not None


def adjoin(one: Sequence[int], other: Sequence[int]) -> bool:
    """Return whether the second span begins where the first one ends."""
    return one[1] == other[0]
