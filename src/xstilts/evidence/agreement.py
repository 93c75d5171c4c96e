"""Agreement between reviewers: Krippendorff's alpha."""

from __future__ import annotations

from collections.abc import Callable, Sequence

Difference = Callable[[float, float], float]  # of two values, squared


def nominal(first: float, second: float) -> float:
    return float(first != second)


def interval(first: float, second: float) -> float:
    return (first - second) ** 2


def krippendorff_alpha(units: Sequence[Sequence[float | None]], difference: Difference = interval) -> float | None:
    """Return alpha of values by unit and reviewer, None where a reviewer says nothing (Krippendorff 2011, "Computing
    Krippendorff's Alpha-Reliability"): 1 minus observed over expected disagreement; units with one value do not count.

    1 is full agreement, 0 what chance would give, below it systematic disagreement; None where it is not defined: no
    unit has two values, or all values are the same."""
    known = [[value for value in unit if value is not None] for unit in units]
    paired = [values for values in known if len(values) > 1]
    everything = [value for values in paired for value in values]
    count = len(everything)
    expected = _disagreement(everything, difference) / (count * (count - 1)) if count else 0.0
    if expected == 0:
        return None
    observed = sum(_disagreement(values, difference) / (len(values) - 1) for values in paired) / count
    return 1 - observed / expected


def _disagreement(values: Sequence[float], difference: Difference) -> float:
    """Return the sum of differences over all ordered pairs."""
    return sum(difference(first, second) for first in values for second in values)
