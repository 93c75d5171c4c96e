"""Metrics of rankings: lists of candidates, best first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from xstilts.metrics.tallies import percent


@dataclass(frozen=True)
class MeanAveragePrecision:
    """mAP@k: the mean over queries of the average precision of their first k candidates, divided by min(k, relevant
    ones). Gold of a query is the list of relevant ids, a guess the ids from best to worst. Where one candidate is
    relevant, as in Mewsli-X, it is the mean reciprocal rank, as XTREME-R's program computes it.

    >>> MeanAveragePrecision().tally(["a"], ["b", "a"], "en")
    (0.5, 1.0)
    """

    k: ClassVar[int] = 20
    name: ClassVar[str] = "mean_average_precision"
    counts: ClassVar[tuple[str, ...]] = ("average_precision", "total")
    headline: ClassVar[tuple[str, ...]] = ("map@20",)

    def tally(self, gold: Sequence[str], guess: Sequence[str], language: str) -> tuple[float, ...]:
        relevant, hits, total = set(gold), 0, 0.0
        for rank, candidate in enumerate(guess[: self.k], start=1):
            if candidate in relevant:
                relevant.discard(candidate)
                hits += 1
                total += hits / rank
        return total / max(1, min(self.k, len(set(gold)))), 1.0

    def values(self, counts: np.ndarray) -> Mapping[str, np.ndarray]:
        return {f"map@{self.k}": percent(counts[..., 0], counts[..., 1])}
