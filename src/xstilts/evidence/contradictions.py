"""Contradictions: findings of different works that speak of the same and say the opposite."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from xstilts.evidence.findings import Finding, direction, is_result_word, says_direction
from xstilts.evidence.words import STOP_WORDS, stem, words_of

OVERLAP = 0.6  # of the shorter one's words that say what it is about
FEWEST = 3  # words in common


@dataclass(frozen=True, kw_only=True)
class Contradiction:
    """Two findings that say the opposite; shared: the words by which they speak of the same."""

    first: Finding
    second: Finding
    shared: tuple[str, ...]


def contradictions_of(findings: Sequence[Finding]) -> tuple[Contradiction, ...]:
    """Return every pair of findings of different works where one says better, and the other worse or no change, of the
    same. It is told by words alone: a reader decides whether they are about one thing."""
    pairs: dict[tuple[str, str], Contradiction] = {}
    for number, first in enumerate(findings):
        for second in findings[number + 1 :]:
            if first.work != second.work and (shared := opposite_on(first.text, second.text)):
                pairs.setdefault((first.text, second.text), Contradiction(first=first, second=second, shared=shared))
    return tuple(pairs.values())


def opposite_on(first: str, second: str) -> tuple[str, ...]:
    """Return the words by which two sentences speak of the same, where one says better, and the other worse or no
    change; () elsewhere.

    >>> opposite_on("Parsing first helps zero-shot transfer", "Parsing first does not help zero-shot transfer")
    ('pars', 'first', 'zero', 'shot', 'transfer')
    """
    (sign, words), (other_sign, others) = _said(first), _said(second)
    if sign == other_sign or 1 not in (sign, other_sign) or None in (sign, other_sign):
        return ()
    shared = tuple(word for word in words if word in others)
    return shared if len(shared) >= max(FEWEST, OVERLAP * min(len(words), len(others))) else ()


@lru_cache(maxsize=65536)
def _said(text: str) -> tuple[int | None, tuple[str, ...]]:
    """Return a sentence's direction, None where it says none, and its topic."""
    return direction(text) if says_direction(text) else None, topic(text)


@lru_cache(maxsize=65536)
def topic(text: str) -> tuple[str, ...]:
    """Return the stems that say what a finding is about: neither how it turned out nor a number."""
    told = (word for word in words_of(text) if word not in STOP_WORDS and not word[0].isdigit())
    return tuple(dict.fromkeys(stem(word) for word in told if not is_result_word(word)))
