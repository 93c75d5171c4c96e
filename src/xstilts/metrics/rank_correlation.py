"""Rank correlation with an interval and a test: gains over languages against their distances."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

RESAMPLES = 2000
FEWEST = 5  # languages below which there is no interval


@dataclass(frozen=True)
class RankCorrelation:
    """Spearman's rho over n languages. interval: 95 %, percentiles of a bootstrap over languages; None where there are
    fewer than `FEWEST`, or all values are equal in too many resamples. p: two-sided, how often a random pairing of the
    same values is as far from 0 (a permutation test, with the pairing found counted as one); None where there is no
    rho, or there are fewer than `FEWEST`."""

    rho: float | None
    n: int
    interval: tuple[float, float] | None
    p: float | None = None


def spearman(first: Sequence[float], second: Sequence[float], seed: int = 0) -> RankCorrelation:
    """Return Spearman's rank correlation; equal values share the mean of their ranks. rho is None where one side does
    not vary.

    >>> spearman([1, 2, 3], [10, 20, 15]).rho
    0.5
    """
    a, b = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    if a.shape != b.shape or a.ndim != 1:
        raise ValueError(f"{a.shape} and {b.shape} are not two lists of the same length")
    rho = _rho(a, b)
    if rho is None or len(a) < FEWEST:
        return RankCorrelation(rho, len(a), None)
    rng = np.random.default_rng(seed)
    rows_RN = rng.integers(len(a), size=(RESAMPLES, len(a)))
    drawn_R = _rhos(a[rows_RN], b[rows_RN])
    defined, p = drawn_R[np.isfinite(drawn_R)], _permutation_p(a, b, rng)
    if len(defined) < RESAMPLES / 2:
        return RankCorrelation(rho, len(a), None, p)
    low, high = np.percentile(defined, [2.5, 97.5])
    return RankCorrelation(rho, len(a), (float(low), float(high)), p)


def mean_ranks(values: np.ndarray) -> np.ndarray:
    """Return the ranks from 1 of values [..., N] within their row; equal values have the mean of theirs.

    >>> mean_ranks(np.array([3.0, 1.0, 3.0])).tolist()
    [2.5, 1.0, 2.5]
    """
    below = (values[..., None, :] < values[..., :, None]).sum(axis=-1)
    equal = (values[..., None, :] == values[..., :, None]).sum(axis=-1)
    ranks: np.ndarray = below + (equal + 1) / 2
    return ranks


def _permutation_p(a: np.ndarray, b: np.ndarray, rng: np.random.Generator) -> float:
    """Return the share of random pairings, and the one that was found, whose rho is as far from 0."""
    x, y = (ranks - ranks.mean() for ranks in (mean_ranks(a), mean_ranks(b)))
    pairings_RN = rng.permuted(np.broadcast_to(y, (RESAMPLES, len(y))), axis=1)
    as_far = np.abs(pairings_RN @ x) >= abs(float(x @ y)) - 1e-9
    return (1 + int(as_far.sum())) / (1 + RESAMPLES)


def _rho(a: np.ndarray, b: np.ndarray) -> float | None:
    rho = float(_rhos(a[None], b[None])[0]) if len(a) > 1 else np.nan
    return rho if np.isfinite(rho) else None


def _rhos(a_RN: np.ndarray, b_RN: np.ndarray) -> np.ndarray:
    """Return rho of each row, [R]; nan where one side does not vary."""
    x, y = (ranks - ranks.mean(axis=1, keepdims=True) for ranks in (mean_ranks(a_RN), mean_ranks(b_RN)))
    length = np.sqrt((x**2).sum(axis=1) * (y**2).sum(axis=1))
    return np.clip(np.divide((x * y).sum(axis=1), length, out=np.full(len(x), np.nan), where=length > 0), -1.0, 1.0)
