"""Metrics of sentence retrieval: nearest neighbour, and mining with a margin threshold.

Gold of a query is the list of ids of its translations, [] where it has none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from xstilts.core.canonical import OMIT_DEFAULT
from xstilts.metrics.chunks import precision_recall
from xstilts.metrics.tallies import percent


@dataclass(frozen=True)
class RetrievalAccuracy:
    """Share of queries whose nearest candidate (the guess, an id) is a translation. Tatoeba's number in
    XTREME.

    reverse: a second value, the share of candidates whose nearest query is the one they translate. Its counts stand
    with the query of each candidate, `tally_reverse`; it is undefined where candidates have not searched.
    """

    reverse: bool = field(default=False, metadata=OMIT_DEFAULT)

    name: ClassVar[str] = "retrieval_accuracy"
    headline: ClassVar[tuple[str, ...]] = ("accuracy",)

    @property
    def counts(self) -> tuple[str, ...]:
        return ("correct", "total", "reverse_correct", "reverse_total") if self.reverse else ("correct", "total")

    def tally(self, gold: Sequence[str], guess: str | None, language: str) -> tuple[float, ...]:
        counts = float(guess in gold), 1.0
        return (*counts, 0.0, 0.0) if self.reverse else counts

    def tally_reverse(self, query: str, guesses: Sequence[str]) -> tuple[float, ...]:
        """Return the counts of the translations of `query`; `guesses` are the ids of the queries they found."""
        return 0.0, 0.0, float(sum(guess == query for guess in guesses)), float(len(guesses))

    def values(self, counts: np.ndarray) -> Mapping[str, np.ndarray]:
        values = {"accuracy": percent(counts[..., 0], counts[..., 1])}
        if self.reverse:
            values["reverse_accuracy"] = percent(counts[..., 2], counts[..., 3])
        return values


@dataclass(frozen=True)
class MiningF1:
    """F1 of mined pairs, BUCC's number (Zweigenbaum et al. 2017). A guess is {"id": candidate, "margin":
    float} or None.

    `tally` takes a guess that is past the threshold (or None); `tally_all` and `past_threshold` look for the
    threshold first.
    """

    name: ClassVar[str] = "mining_f1"
    counts: ClassVar[tuple[str, ...]] = ("both", "predicted", "gold")
    headline: ClassVar[tuple[str, ...]] = ("f1",)

    def tally(self, gold: Sequence[str], guess: Mapping[str, Any] | None, language: str) -> tuple[float, ...]:
        is_correct = guess is not None and guess["id"] in gold
        return float(is_correct), float(guess is not None), float(len(gold))

    def tally_all(
        self,
        golds: Sequence[Sequence[str]],
        guesses: Sequence[Mapping[str, Any] | None],
        tune: Sequence[bool],
        language: str,
    ) -> np.ndarray:
        """Return counts [N, 3]. The threshold comes from the queries where `tune` is true; those count zero in the
        result. Without any such query every guess is kept."""
        mined = self.past_threshold(golds, guesses, tune)
        rows = [self.tally(gold, guess, language) for gold, guess in zip(golds, mined, strict=True)]
        counts = np.asarray(rows, dtype=np.float64).reshape(len(rows), 3)
        counts[np.asarray(tune, dtype=bool)] = 0.0
        return counts

    def past_threshold(
        self, golds: Sequence[Sequence[str]], guesses: Sequence[Mapping[str, Any] | None], tune: Sequence[bool]
    ) -> list[Mapping[str, Any] | None]:
        """Return the guesses past the threshold that is best for the queries where `tune` is true; None for the
        others."""
        margins = np.array([-np.inf if guess is None else guess["margin"] for guess in guesses], dtype=float)
        is_tune, threshold = np.asarray(tune, dtype=bool), -np.inf
        if is_tune.any():
            is_correct = np.array(
                [guess is not None and guess["id"] in gold for gold, guess in zip(golds, guesses, strict=True)]
            )
            gold_pairs = sum(len(gold) for gold, tunes in zip(golds, tune, strict=True) if tunes)
            threshold = best_threshold(margins[is_tune], is_correct[is_tune].astype(float), gold_pairs)
        return [guess if margin >= threshold else None for guess, margin in zip(guesses, margins, strict=True)]

    def values(self, counts: np.ndarray) -> Mapping[str, np.ndarray]:
        return precision_recall(counts)


def best_threshold(margins: np.ndarray, right: np.ndarray, gold: float) -> float:
    """Return the margin from which on pairs are kept for the best F1: after Artetxe and Schwenk (2019) as in LASER
    and XTREME.

    margins [N]: score of each candidate pair; -inf where a query has none. right [N]: 1 where the pair is in
    the gold. gold: number of gold pairs. The threshold is midway between the last pair kept and the next
    one; where the best cut keeps every pair it is the last pair's own margin. Pairs of equal margin are kept
    or dropped together. 0, where all pairs are kept, when none is right.
    """
    order = np.argsort(-margins, kind="stable")
    order = order[np.isfinite(margins[order])]
    scores = margins[order]
    correct = np.cumsum(right[order])
    f1 = 2 * correct / (np.arange(1, len(order) + 1) + gold)
    f1[:-1][scores[:-1] == scores[1:]] = -1.0
    if not len(order) or f1.max() <= 0:
        return 0.0
    last_kept = int(np.argmax(f1))
    if last_kept == len(order) - 1:
        return float(scores[last_kept])
    middle = (scores[last_kept] + scores[last_kept + 1]) / 2
    return float(middle if middle > scores[last_kept + 1] else scores[last_kept])  # neighbours one rounding apart
