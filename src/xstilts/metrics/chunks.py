"""Metrics of tags: F1 over chunks of words, and the share of words whose tag is right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from xstilts.core.canonical import OMIT_DEFAULT
from xstilts.metrics.tag_schemes import Chunk, scheme_chunks
from xstilts.metrics.tallies import percent

# What the evaluator reads from two neighbouring tags' first letters. Bare tags take part: SYM, SCONJ, INTJ
# look like prefixes.
_ENDS = frozenset({"BB", "BS", "BO", "IB", "IS", "IO"})
_STARTS = frozenset({"EE", "EI", "SE", "SI", "OE", "OI"})
_OUTSIDE = frozenset({"O", "."})


def chunks(tags: Sequence[str]) -> list[Chunk]:
    """Return the chunks of one sentence by the rules of seqeval 0.0.12 (after conlleval), the version XTREME's numbers
    rest on.

    The type of a tag is what follows its last "-"; a tag without one is its own type. Equal neighbours
    without a prefix are therefore one chunk, and a type that changes always starts a new one.

    >>> chunks(["B-PER", "I-PER", "O", "I-LOC"])
    [('PER', 0, 1), ('LOC', 3, 3)]
    >>> chunks(["NOUN", "NOUN", "VERB"])
    [('NOUN', 0, 1), ('VERB', 2, 2)]
    """
    spans: list[Chunk] = []
    letter_before, type_before, first = "O", "", 0
    for i, tag in enumerate([*(tag or "O" for tag in tags), "O"]):  # a word without a guess is outside
        letter, tag_type = tag[0], tag.rsplit("-", 1)[-1]
        type_changes = tag_type != type_before
        if letter_before in "ES" or letter_before + letter in _ENDS or (letter_before not in _OUTSIDE and type_changes):
            spans.append((type_before, first, i - 1))
        if letter in "BS" or letter_before + letter in _STARTS or (letter not in _OUTSIDE and type_changes):
            first = i
        letter_before, type_before = letter, tag_type
    return spans


@dataclass(frozen=True)
class ChunkF1:
    """Micro F1 over chunks (type and both ends right).

    Without a `scheme` exactly as XTREME scores PAN-X and UD-POS (`chunks`). For UD-POS, whose tags are bare, this is
    not accuracy: runs of equal tags count as one chunk. `TokenAccuracy` is the plain number next to it. With a scheme
    of `metrics.tag_schemes` as conlleval and seqeval 1.2.2 count the chunks of tags in that scheme.
    """

    scheme: str = field(default="", metadata=OMIT_DEFAULT)

    name: ClassVar[str] = "chunk_f1"
    counts: ClassVar[tuple[str, ...]] = ("both", "predicted", "gold")
    headline: ClassVar[tuple[str, ...]] = ("f1",)

    def tally(self, gold: Sequence[str], guess: Sequence[str], language: str) -> tuple[float, ...]:
        gold_chunks, guessed_chunks = set(self._chunks(gold)), set(self._chunks(guess))
        return float(len(gold_chunks & guessed_chunks)), float(len(guessed_chunks)), float(len(gold_chunks))

    def _chunks(self, tags: Sequence[str]) -> list[Chunk]:
        return scheme_chunks(tags, self.scheme) if self.scheme else chunks(tags)

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
    """Return f1, precision and recall, [...], from counts (correct, predicted, gold), [..., 3]; 0, as the official
    scorers say, where there is nothing."""
    correct, predicted, gold = counts[..., 0], counts[..., 1], counts[..., 2]
    return {
        "f1": percent(2 * correct, predicted + gold, empty=0.0),
        "precision": percent(correct, predicted, empty=0.0),
        "recall": percent(correct, gold, empty=0.0),
    }
