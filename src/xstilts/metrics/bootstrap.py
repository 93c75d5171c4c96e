"""A bootstrap over whole groups: what would the score have been on another draw of documents?

The weights are those of the Bayesian bootstrap (Rubin 1981): independent standard exponentials, one for each group. To
first order they give the same spread as drawing groups with replacement, and no resample can miss a small language
altogether, so ratios such as F1 are defined in every one. Weighted sums of counts are matrix products.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from xstilts.metrics.tallies import Metric, headline

RESAMPLES = 1000
_WEIGHTS_AT_ONCE = 2_000_000  # weights held in memory at once


@dataclass(frozen=True, eq=False)
class GroupCounts:
    """Counts of one metric summed by group: the sufficient statistic of everything about uncertainty."""

    groups: np.ndarray  # [G] group ids, unique and sorted
    counts: np.ndarray  # [G, K]

    @property
    def total(self) -> np.ndarray:
        """Counts of all groups together, [K]."""
        return self.counts.sum(axis=0)


def group_counts(groups: Sequence[str] | np.ndarray, counts: np.ndarray) -> GroupCounts:
    """Sum counts [N, K] of examples by their groups [N]."""
    names, group_of_example = np.unique(np.asarray(groups, dtype=str), return_inverse=True)
    sums = [np.bincount(group_of_example, weights=column, minlength=len(names)) for column in np.asarray(counts).T]
    return GroupCounts(names, np.stack(sums, axis=1))


def resampled_sums(counts: np.ndarray, rng: np.random.Generator, resamples: int = RESAMPLES) -> np.ndarray:
    """Return weighted sums [R, K] of group counts [G, K], weights as the module says."""
    block_size = max(1, _WEIGHTS_AT_ONCE // max(1, len(counts)))
    blocks = []
    for start in range(0, resamples, block_size):
        shape = (min(block_size, resamples - start), len(counts))
        blocks.append(rng.standard_exponential(shape, dtype=np.float32) @ counts)
    return np.concatenate(blocks)


def interval(
    metric: Metric, table: GroupCounts, rng: np.random.Generator, resamples: int = RESAMPLES
) -> tuple[float, float]:
    """Return the 95 % percentile interval of the headline over resampled groups; (nan, nan) with fewer than two
    groups."""
    if len(table.groups) < 2:
        return float("nan"), float("nan")
    draws = headline(metric, resampled_sums(table.counts, rng, resamples))
    low, high = np.percentile(draws, (2.5, 97.5))
    return float(low), float(high)
