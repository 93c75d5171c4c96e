"""Bands: the ends between which a number lies, from its values in resampled fits."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np

LEVEL = 0.95  # of all bands


class Band(NamedTuple):
    """A value and the ends of its band; an end that is infinite is not known."""

    value: float
    low: float
    high: float


def band(value: float, drawn: np.ndarray, runs: int, level: float = LEVEL) -> Band:
    """Return a value with the band of its resampled values [R], of a curve of so many runs. They may be infinite."""
    low, high = np.quantile(drawn, tails(runs, level), method="linear" if np.isfinite(drawn).all() else "nearest")
    return Band(value, float(low), float(high))


@cache
def tails(runs: int, level: float = LEVEL) -> tuple[float, float]:
    """Return the quantiles at which a band ends.

    Those of the resamples are too close to each other where runs are few; they are taken further out, by the t
    distribution of the runs (the expanded percentile interval: Hesterberg 2015, The American Statistician 69)."""
    from scipy.special import ndtr, stdtrit

    if runs < 2:
        return 0.0, 1.0
    tail = float(ndtr(np.sqrt(runs / (runs - 1)) * stdtrit(runs - 1, (1 - level) / 2)))
    return tail, 1 - tail
