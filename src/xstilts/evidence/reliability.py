"""Reliability: how probabilities compare with how often what they are given to is so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

BINS = 10


@dataclass(frozen=True, kw_only=True)
class ReliabilityBin:
    """The probabilities from `low` up to `high`: how many, their mean, and the share of them that is right."""

    low: float
    high: float
    n: int
    confidence: float
    accuracy: float


def reliability(probabilities: Sequence[float], right: Sequence[bool], bins: int = BINS) -> tuple[ReliabilityBin, ...]:
    """Return the bins of equal width that have any."""
    given, correct = np.asarray(probabilities, dtype=np.float64), np.asarray(right, dtype=np.float64)
    numbers = np.minimum((given * bins).astype(int), bins - 1)
    return tuple(
        ReliabilityBin(
            low=number / bins,
            high=(number + 1) / bins,
            n=int((numbers == number).sum()),
            confidence=float(given[numbers == number].mean()),
            accuracy=float(correct[numbers == number].mean()),
        )
        for number in range(bins)
        if (numbers == number).any()
    )


def calibration_error(bins: Sequence[ReliabilityBin]) -> float:
    """Return the expected calibration error (Naeini, Cooper and Hauskrecht 2015): the mean distance of confidence and
    accuracy over bins, weighted by how many are in each; 0 of none.

    >>> calibration_error(reliability([0.9, 0.9], [True, False]))
    0.4
    """
    total = sum(one.n for one in bins)
    return round(sum(one.n * abs(one.confidence - one.accuracy) for one in bins) / total, 12) if total else 0.0
