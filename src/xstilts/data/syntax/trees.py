"""Dependency trees as lists of heads: what makes one a tree, and what its words cover.

A list of heads has one entry a word: the number of its head (words count from 1), or 0 for the root. A well-formed
list is an arborescence with a single root: exactly one 0, every head a word of the sentence, no circle.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class TreeFault(NamedTuple):
    """Reason why heads are no tree: `reason` counts ("several roots"), `description` names the words, `word` is where
    (from 1)."""

    reason: str
    description: str
    word: int


def tree_fault(heads: Sequence[int]) -> TreeFault | None:
    """Return what is wrong with a list of heads, None for an arborescence with a single root.

    >>> fault([2, 0, 2]) is None
    True
    >>> fault([2, 1]).reason
    'no root'
    """
    count = len(heads)
    for word, head in enumerate(heads, start=1):
        if not 0 <= head <= count:
            description = f"the head {head} is no word of the sentence ({count} words)"
            return TreeFault("a head outside the sentence", description, word)
    roots = [word for word, head in enumerate(heads, start=1) if head == 0]
    circle = cycle(heads)
    if len(roots) > 1:
        return TreeFault("several roots", f"{len(roots)} words are roots: {_join_numbers(roots)}", roots[1])
    if not roots:
        return TreeFault("no root", "no word is the root", 1)
    if circle:
        return TreeFault("a circle", f"the heads of the words {_join_numbers(circle)} run in a circle", circle[0])
    return None


def cycle(heads: Sequence[int]) -> list[int]:
    """Return the words of the first circle, from its first word along the heads; [] where there is none. Heads must be
    words of the sentence or 0.

    >>> cycle([2, 3, 2, 0])
    [2, 3]
    """
    seen_from = [0] * (len(heads) + 1)  # the walk that first met each word
    for start in range(1, len(heads) + 1):
        word = start
        while word and not seen_from[word]:
            seen_from[word] = start
            word = heads[word - 1]
        if word and seen_from[word] == start:
            return _circle_from(heads, word)
    return []


def _circle_from(heads: Sequence[int], word: int) -> list[int]:
    circle = [word]
    while (following := heads[circle[-1] - 1]) != word:
        circle.append(following)
    first = circle.index(min(circle))
    return circle[first:] + circle[:first]


def ancestors(heads: Sequence[int], word: int) -> list[int]:
    """Return the words above `word`, from its head to the root. The heads must be a tree."""
    heads_above = []
    while head := heads[word - 1]:
        heads_above.append(head)
        word = head
    return heads_above


def is_projective(heads: Sequence[int]) -> bool:
    """Return True where no two arcs cross, the arc from the artificial root (before the first word) included: every
    word between a word and its head is below that head. The heads must be a tree.

    >>> is_projective([2, 0, 2]), is_projective([3, 4, 0, 3])
    (True, False)
    """
    return all(last - first + 1 == size for first, last, size in subtree_spans(heads))


def subtree_spans(heads: Sequence[int]) -> list[tuple[int, int, int]]:
    """Return for each word the first and the last word of its subtree (from 1) and how many words the subtree has. The
    heads must be a tree.

    >>> yields([2, 0, 2])
    [(1, 1, 1), (1, 3, 3), (3, 3, 1)]
    """
    spans = [[word, word, 1] for word in range(1, len(heads) + 1)]
    for word in range(1, len(heads) + 1):
        for ancestor in ancestors(heads, word):
            span = spans[ancestor - 1]
            span[0], span[1], span[2] = min(span[0], word), max(span[1], word), span[2] + 1
    return [(first, last, size) for first, last, size in spans]


def span_head(heads: Sequence[int], start: int, end: int) -> int:
    """Return the word (from 1) that stands for the words `start` to `end` - 1 (from 0): the only one whose head is
    outside; of several the one nearest to the root, then the first. The heads must be a tree."""
    tops = [word for word in range(start + 1, end + 1) if not start < heads[word - 1] <= end]
    return min(tops, key=lambda word: (len(ancestors(heads, word)), word))


def _join_numbers(words: Sequence[int]) -> str:
    text = ", ".join(map(str, words[:8]))
    return text + (", ..." if len(words) > 8 else "")
