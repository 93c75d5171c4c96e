"""Forms of words: looking a word up without regard to its case, and giving another word the case of the first."""

from __future__ import annotations


def in_case_of(word: str, other: str, listed: str) -> str:
    """Return `other` in the case of `word`, for which a list has `listed`: as it is where the two are written alike.

    >>> in_case_of("House", "Haus", "house"), in_case_of("Haus", "house", "Haus"), in_case_of("NEW", "neu", "new")
    ('Haus', 'house', 'NEU')
    """
    if word == listed:
        return other
    if len(word) > 1 and word.isupper() and not listed.isupper():
        return other.upper()
    if word[:1].isupper() and not listed[:1].isupper():
        return other[:1].upper() + other[1:]
    return other
