"""Metrics of one tag for each word."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from xstilts.metrics.tallies import percent

Chunk = tuple[str, int, int]  # type, first word, last word

# What the evaluator reads from two neighbouring tags' first letters. Bare tags take part: SYM, SCONJ, INTJ
# look like prefixes.
_ENDS = frozenset({"BB", "BS", "BO", "IB", "IS", "IO"})
_STARTS = frozenset({"EE", "EI", "SE", "SI", "OE", "OI"})
_OUTSIDE = frozenset({"O", "."})


def chunks(tags: Sequence[str]) -> list[Chunk]:
    """Chunks of one sentence by the rules of seqeval 0.0.12 (after conlleval), the version XTREME's numbers
    rest on.

    The type of a tag is what follows its last "-"; a tag without one is its own type. Equal neighbours
    without a prefix are therefore one chunk, and a type that changes always starts a new one.

    >>> chunks(["B-PER", "I-PER", "O", "I-LOC"])
    [('PER', 0, 1), ('LOC', 3, 3)]
    >>> chunks(["NOUN", "NOUN", "VERB"])
    [('NOUN', 0, 1), ('VERB', 2, 2)]
    """
    found: list[Chunk] = []
    before, kind_before, first = "O", "", 0
    for i, tag in enumerate([*(tag or "O" for tag in tags), "O"]):  # a word without a guess is outside
        letter, kind = tag[0], tag.rsplit("-", 1)[-1]
        changed = kind != kind_before
        if before in "ES" or before + letter in _ENDS or (before not in _OUTSIDE and changed):
            found.append((kind_before, first, i - 1))
        if letter in "BS" or before + letter in _STARTS or (letter not in _OUTSIDE and changed):
            first = i
        before, kind_before = letter, kind
    return found


@dataclass(frozen=True)
class ChunkF1:
    """Micro F1 over chunks (type and both ends right), exactly as XTREME scores PAN-X and UD-POS. For UD-POS,
    whose tags are bare, this is not accuracy: runs of equal tags count as one chunk. `TokenAccuracy` is the
    plain number beside it."""

    name: ClassVar[str] = "chunk_f1"
    counts: ClassVar[tuple[str, ...]] = ("both", "predicted", "gold")
    headline: ClassVar[tuple[str, ...]] = ("f1",)

    def tally(self, gold: Sequence[str], guess: Sequence[str], language: str) -> tuple[float, ...]:
        right, found = set(chunks(gold)), set(chunks(guess))
        return float(len(right & found)), float(len(found)), float(len(right))

    def values(self, counts: np.ndarray) -> Mapping[str, np.ndarray]:
        return precision_recall(counts)


@dataclass(frozen=True)
class TokenAccuracy:
    """Share of words whose tag is right; every word counts the same."""

    name: ClassVar[str] = "token_accuracy"
    counts: ClassVar[tuple[str, ...]] = ("correct", "total")
    headline: ClassVar[tuple[str, ...]] = ("token_accuracy",)

    def tally(self, gold: Sequence[str], guess: Sequence[str], language: str) -> tuple[float, ...]:
        return float(sum(a == b for a, b in zip(gold, guess, strict=True))), float(len(gold))

    def values(self, counts: np.ndarray) -> Mapping[str, np.ndarray]:
        return {"token_accuracy": percent(counts[..., 0], counts[..., 1])}


def precision_recall(counts: np.ndarray) -> Mapping[str, np.ndarray]:
    """(both, predicted, gold) [..., 3] -> f1, precision, recall; 0 (as the official scorers say) where
    nothing is there."""
    both, predicted, gold = counts[..., 0], counts[..., 1], counts[..., 2]
    return {
        "f1": percent(2 * both, predicted + gold, empty=0.0),
        "precision": percent(both, predicted, empty=0.0),
        "recall": percent(both, gold, empty=0.0),
    }
