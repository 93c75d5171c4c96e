"""A hierarchy of questions, with one rate of error for all of them.

First every contrast of a study on the mean over targets, together (`simultaneous`). The alpha / C that a contrast found
there was given goes on to its targets, and what a target found there was given goes on to its languages: nobody asks
where a difference comes from that was not found (a graph of hypotheses: Bretz et al. 2009, Statistics in Medicine 28).
Within one contrast T targets are corrected by Sidak (1967, JASA 62), which holds whatever they share:

    p of a target    = max(p of the contrast, C (1 - (1 - p)^T))
    p of a language  = max(p of the target, C T (1 - (1 - p)^L))

An interval goes with each p and never contradicts it: it is as wide as the correction makes it, reaches to 0 where the
hypothesis is not rejected (also because the gate is shut), and stays within 100 points either way.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from xstilts.metrics.simultaneous import ALPHA, ErrorDraws

LARGEST = 100.0  # points


class Verdict(NamedTuple):
    """The outcome of one test: p adjusted, the interval that goes with it, and whether p is below alpha."""

    p: float
    low: float
    high: float
    significant: bool


class Gate(NamedTuple):
    """What a family of questions was given. p: adjusted, of the question above it. shares: among how many families
    alpha was divided."""

    p: float
    shares: int


def within_gate(values: np.ndarray, draws: ErrorDraws, gate: Gate, members: int) -> tuple[Verdict, ...]:
    """Test members of a family whose gate is open or shut.

    values: [m] in points, draws: their errors. members: how many tests the family has; those given here are some.
    """
    alone = draws.tail(values)
    adjusted = np.maximum(
        gate.p, np.minimum(1.0, gate.shares * -np.expm1(members * np.log1p(-np.minimum(alone, 1 - 1e-12))))
    )
    reach = draws.reach(-np.expm1(np.log1p(-ALPHA / gate.shares) / members))
    return tuple(verdict(*member) for member in zip(values, reach, adjusted, strict=True))


def verdict(value: float, reach: float, p: float) -> Verdict:
    """Return a test whose p and interval agree: the interval leaves 0 out if and only if p is below alpha."""
    value, reach, p = float(value), float(reach), float(p)
    significant = p < ALPHA and value != 0
    if significant:
        reach = min(reach, abs(value) * (1 - 1e-9))
    low, high = clipped(value, reach)
    return Verdict(p, low, high, True) if significant else Verdict(p, min(low, 0.0), max(high, 0.0), False)


def clipped(value: float, reach: float) -> tuple[float, float]:
    """Return value -+ reach, within 100 points: no difference of two percentages is larger."""
    return max(-LARGEST, value - reach), min(LARGEST, value + reach)
