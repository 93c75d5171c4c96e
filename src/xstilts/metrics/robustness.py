"""Measures of robustness: what a score loses when its input is perturbed. Pure functions of scores in percent.

A *curve* is a score at each strength of a perturbation; its strength is a rate, 0 is the clean input. Differences are
in points, and a drop is positive where the perturbed score is lower.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from statistics import fmean
from typing import Any

WORST_SHARE = 0.25  # of the languages


def drop(clean: float, perturbed: float) -> float:
    """Return what is lost, in points.

    >>> drop(80.0, 60.0)
    20.0
    """
    return clean - perturbed


def relative_drop(clean: float, perturbed: float, floor: float = 0.0) -> float | None:
    """Return which share of the score is lost, in percent; with a `floor` (the best score that ignores the input) the
    share of what lies above it. None where there is nothing above the floor to lose.

    >>> relative_drop(80.0, 60.0), relative_drop(80.0, 60.0, floor=30.0), relative_drop(30.0, 20.0, floor=30.0)
    (25.0, 40.0, None)
    """
    above = clean - floor
    return 100.0 * (clean - perturbed) / above if above > 1e-9 else None


def area_under_curve(curve: Mapping[float, float]) -> float:
    """Return the mean height of a curve between its smallest and its largest rate, by the trapezoid rule: what the
    input would score if its strength were drawn evenly from there. A single point is its own height.

    >>> area_under_curve({0.0: 80.0, 0.25: 60.0, 0.5: 40.0, 1.0: 0.0})
    40.0

    Raises ValueError for a curve without a point.
    """
    if not curve:
        raise ValueError("a curve needs a point at least")
    points = sorted(curve.items())
    width = points[-1][0] - points[0][0]
    if width == 0:
        return points[0][1]
    pieces = ((right - left) * (a + b) / 2 for (left, a), (right, b) in pairwise(points))
    return sum(pieces) / width


def worst_language(scores: Mapping[str, float]) -> tuple[str, float]:
    """Return the language with the lowest score, and that score; the first of several in the order given.

    >>> worst_language({"de": 70.0, "sw": 41.0, "th": 52.0})
    ('sw', 41.0)
    """
    language = min(scores, key=lambda code: scores[code])
    return language, scores[language]


def worst_quartile(scores: Sequence[float]) -> float:
    """Return the mean of the lowest quarter of the scores, one of them at least.

    >>> worst_quartile([70.0, 41.0, 52.0, 60.0, 43.0])
    42.0
    """
    number = max(1, math.ceil(WORST_SHARE * len(scores)))
    return fmean(sorted(scores)[:number])


def corruption_error(scores: Sequence[float], baseline: Sequence[float]) -> float | None:
    """Return the error under perturbations relative to that of a baseline, in percent; below 100: fewer errors than
    it (CE of Hendrycks & Dietterich 2019, ICLR). Both are scores under the same perturbations.

    >>> corruption_error([80.0, 60.0], [70.0, 50.0])
    75.0
    """
    _same_length(scores, baseline)
    theirs = sum(100.0 - score for score in baseline)
    return 100.0 * sum(100.0 - score for score in scores) / theirs if theirs > 1e-9 else None


def relative_corruption_error(
    clean: float, scores: Sequence[float], baseline_clean: float, baseline: Sequence[float]
) -> float | None:
    """Return the drop relative to that of a baseline, in percent (relative CE, ibid.); None where the baseline loses
    nothing. It may be high where a better clean score merely has more to lose.

    >>> relative_corruption_error(90.0, [80.0], 80.0, [60.0])
    50.0
    """
    _same_length(scores, baseline)
    theirs = sum(baseline_clean - score for score in baseline)
    return 100.0 * sum(clean - score for score in scores) / theirs if theirs > 1e-9 else None


def _same_length(scores: Sequence[float], baseline: Sequence[float]) -> None:
    if len(scores) != len(baseline) or not scores:
        raise ValueError(f"both need a score under each perturbation, got {len(scores)} and {len(baseline)}")


def agreement(clean: Any, perturbed: Any) -> float:
    """Return how far two guesses for one example agree, 0 to 1: of lists (a tag for each word) the share of equal
    entries, of others whether they are equal. Lists of different length cannot be compared entry by entry: 0.

    >>> agreement(["DET", "NOUN"], ["DET", "VERB"]), agreement("entailment", "entailment"), agreement([1], [1, 2])
    (0.5, 1.0, 0.0)
    """
    if isinstance(clean, list) and isinstance(perturbed, list):
        if len(clean) != len(perturbed):
            return 0.0
        return fmean(float(a == b) for a, b in zip(clean, perturbed, strict=True)) if clean else 1.0
    return float(clean == perturbed)


def consistency(clean: Mapping[str, Any], perturbed: Mapping[str, Any]) -> float | None:
    """Return the mean agreement over the examples (id -> guess) that both have, in percent; None where they share none.

    >>> consistency({"1": "a", "2": "b"}, {"1": "a", "2": "c"})
    50.0
    """
    shared = [id for id in clean if id in perturbed]
    return 100.0 * fmean(agreement(clean[id], perturbed[id]) for id in shared) if shared else None
