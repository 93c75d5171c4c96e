"""Rounding of parts so that they still add up: the method of the largest remainder (Hamilton)."""

from __future__ import annotations

from collections.abc import Sequence
from math import floor, fsum


def apportioned(parts: Sequence[float], digits: int) -> list[float]:
    """Round parts to `digits` places so that their sum is that of the parts, rounded. Each is one of the two numbers
    beside it.

    >>> apportioned([1 / 3, 1 / 3, 1 / 3], 2)
    [0.34, 0.33, 0.33]
    """
    scale = 10**digits
    units = [part * scale for part in parts]
    least = [floor(unit) for unit in units]
    short = round(fsum(units)) - sum(least)
    order = sorted(range(len(parts)), key=lambda place: least[place] - units[place])
    raised = set(order[:short])
    return [(unit + (place in raised)) / scale for place, unit in enumerate(least)]
