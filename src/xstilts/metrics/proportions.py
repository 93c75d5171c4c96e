"""Intervals of one score: Wilson's, with as many examples as the documents are worth.

A percentile interval over resampled documents has no width where every answer is right, and is far too narrow near it.
Wilson's interval (1927, JASA 22) inverts the test of a proportion instead. With clusters the number of examples is
replaced by the effective one (Kish 1965), n = p (1 - p) / V with V the variance of the score over documents; at all
right or all wrong V says nothing, and each document counts once. A Student quantile stands for the few documents behind
V."""

from __future__ import annotations

import math

import numpy as np

from xstilts.metrics.bootstrap import RESAMPLES, GroupCounts, resampled_sums
from xstilts.metrics.tallies import Metric, headline

LEVEL = 0.95


def wilson(successes: float, n: float, quantile: float | None = None) -> tuple[float, float]:
    """Return Wilson's 95 % interval of a proportion, in [0, 1].

    Args:
        successes: may be fractional, as of an effective number.
        n: trials; 0 gives the whole range.
        quantile: of the two-sided error; the normal one by default.

    >>> [round(end, 3) for end in wilson(10, 10)]
    [0.722, 1.0]
    """
    if n <= 0:
        return 0.0, 1.0
    z = 1.959963984540054 if quantile is None else quantile
    p = successes / n
    centre = (p + z * z / (2 * n)) / (1 + z * z / n)
    reach = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    low = 0.0 if p <= 0 else max(0.0, centre - reach)
    return low, 1.0 if p >= 1 else min(1.0, centre + reach)


def score_interval(
    metric: Metric, table: GroupCounts, rng: np.random.Generator, resamples: int = RESAMPLES
) -> tuple[float, float]:
    """Return the 95 % interval over documents of a headline in percent; (nan, nan) with fewer than two groups.

    Of a mean of right answers it is Wilson's with an effective number of examples; for other scores within 0 to 100,
    such as F1, the same formula with their own variance.
    """
    from scipy.special import stdtrit

    groups, value = len(table.groups), float(headline(metric, table.total)) / 100
    if groups < 2 or not math.isfinite(value):
        return float("nan"), float("nan")
    drawn = headline(metric, resampled_sums(table.counts, rng, resamples)) / 100
    variance = float(np.nanvar(drawn)) * (groups + 1) / (groups - 1)
    p = min(1.0, max(0.0, value))
    n = float(groups) if p * (1 - p) <= 1e-9 else p * (1 - p) / max(variance, 1e-12)
    low, high = wilson(p * n, n, float(stdtrit(groups - 1, 1 - (1 - LEVEL) / 2)))
    return 100 * low, 100 * high
