"""Collapsed runs: trainings that did not learn, told apart from the luck of a seed.

A run that ends at chance is another kind of event than a run that ends two points lower. In a variance it hides every
difference; left out in silence it flatters an arm. So it is set apart and counted.

A run is collapsed where it is known not to have learnt (diverged, or at chance in every language), or where it lies far
below the other runs of its arm: by more than half of what they reach above the floor, by more than 10 points, and by
more than four times the usual deviation of seeds in the other arms. Where no run of any arm learns, none is collapsed:
that is what the arms do on this target.
"""

from __future__ import annotations

import numpy as np

LEAST_GAP = 10.0  # points
LEAST_SHARE = 0.5  # of what the other runs reach above the floor
LEAST_DEVIATIONS = 4.0


def collapsed_runs(scores: np.ndarray, failed: np.ndarray, floor: float) -> np.ndarray:
    """Return which runs [A, S] are collapsed.

    Args:
        scores: one number a run, in points [A, S]; nan where there is none.
        failed: runs known not to have learnt [A, S].
        floor: the best score that ignores the input.
    """
    scored = np.isfinite(scores)
    failed = failed & scored
    if not (scored & ~failed).any():
        return np.zeros_like(failed)
    far_below = np.zeros_like(failed)
    deviations = _deviations(np.where(failed, np.nan, scores))
    for arm in range(len(scores)):
        usual = _median(np.delete(deviations, arm))
        for seed in np.flatnonzero(scored[arm] & ~failed[arm]):
            others = np.delete(np.where(failed[arm], np.nan, scores[arm]), seed)
            level = _median(others)
            gap = level - scores[arm, seed]
            far_below[arm, seed] = gap > max(LEAST_GAP, LEAST_SHARE * (level - floor), LEAST_DEVIATIONS * usual)
    return failed | far_below


def _deviations(scores: np.ndarray) -> np.ndarray:
    """Return each arm's deviation over its runs [A]; nan with fewer than two."""
    counts = np.isfinite(scores).sum(axis=1)
    deviations = np.full(len(scores), np.nan)
    several = counts > 1
    deviations[several] = np.nanstd(scores[several], axis=1, ddof=1)
    return deviations


def _median(values: np.ndarray) -> float:
    """Return the median of the numbers that are there; nan, which no gap exceeds, where there are none."""
    there = values[np.isfinite(values)]
    return float(np.median(there)) if len(there) else float("nan")
