"""Collapsed runs: trainings that did not learn, told apart from the luck of a seed.

A run that ends at chance is another kind of event than a run that ends two points lower. In a variance it hides every
difference; left out in silence it flatters an arm. So it is set apart and counted.

A run is collapsed where it is known not to have learnt (diverged, or at chance in every language), where it reaches no
more than 15 % of what runs of this target usually reach above the floor, or where it lies far below the other runs of
its arm: by more than half of what they reach above the floor and by more than four times the usual deviation of seeds
in the other arms. The last two ask for 10 points at least. Where no run of any arm learns, none is collapsed: that is
what the arms do on this target.
"""

from __future__ import annotations

import numpy as np

LEAST_GAP = 10.0  # points
NEAR_FLOOR = 0.15  # of what runs usually reach above the floor
LEAST_SHARE = 0.5  # of what the other runs of the arm reach above the floor
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
    with np.errstate(invalid="ignore"):
        usual = float(np.median(scores[scored & ~failed]))
        near = (scores - floor <= NEAR_FLOOR * (usual - floor)) & (usual - scores > LEAST_GAP)
    failed = failed | near
    if not (scored & ~failed).any() or scores.shape[1] < 2:
        return failed
    return failed | _far_below(np.where(failed, np.nan, scores), floor)


def _far_below(scores: np.ndarray, floor: float) -> np.ndarray:
    """Return which runs [A, S] lie far below the others of their arm."""
    far_below = np.zeros(scores.shape, dtype=bool)
    there = np.isfinite(scores)
    spans = np.where(there, scores, -np.inf).max(axis=1) - np.where(there, scores, np.inf).min(axis=1)
    for arm in np.flatnonzero(spans > LEAST_GAP):
        runs = np.flatnonzero(there[arm])
        levels = np.array([np.median(np.delete(scores[arm, runs], i)) for i in range(len(runs))])
        gaps = levels - scores[arm, runs]
        usual = _usual_deviation(np.delete(scores, arm, axis=0))
        far_below[arm, runs] = (
            (gaps > LEAST_GAP) & (gaps > LEAST_SHARE * (levels - floor)) & (gaps > LEAST_DEVIATIONS * usual)
        )
    return far_below


def _usual_deviation(scores: np.ndarray) -> float:
    """Return the median over arms of the deviation over runs; nan, which no gap exceeds, where there is none."""
    rows = [row[np.isfinite(row)] for row in scores]
    deviations = [float(row.std(ddof=1)) for row in rows if len(row) > 1]
    return float(np.median(deviations)) if deviations else float("nan")
