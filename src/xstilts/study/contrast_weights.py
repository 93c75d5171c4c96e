"""Weights of a contrast, scaled so that its value is a difference in points."""

from __future__ import annotations

import math
from collections.abc import Mapping

from xstilts.core.errors import StudyError


def in_points(name: str, weights: Mapping[str, float]) -> dict[str, float]:
    """Scale weights so that the positive ones sum to 1 and the negative ones to -1: a difference of two means.

    Raises StudyError for weights that are not numbers, do not sum to zero, or compare nothing.

    >>> in_points("several over the mean of single ones", {"shared": 2, "nli": -1, "qa": -1})
    {'shared': 1.0, 'nli': -0.5, 'qa': -0.5}
    """
    where = f"contrasts.{name}"
    if odd := [weight for weight in weights.values() if not math.isfinite(weight)]:
        raise StudyError(f"The weights of a contrast must be numbers, not {odd[0]}.", where=where)
    size = sum(weight for weight in weights.values() if weight > 0)
    if abs(sum(weights.values())) > 1e-9 * max(1.0, size):
        raise StudyError("The weights of a contrast must sum to zero.", where=where)
    if size == 0:
        raise StudyError("A contrast needs an arm with a weight above zero and one below.", where=where)
    return {arm: float(weight) / size for arm, weight in weights.items() if weight != 0}
