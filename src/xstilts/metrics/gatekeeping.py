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

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from xstilts.metrics.simultaneous import ALPHA, ErrorDraws, simultaneous

LARGEST = 100.0  # points


class Verdict(NamedTuple):
    """The outcome of one test: p adjusted, the interval that goes with it, and whether p is below alpha."""

    p: float
    low: float
    high: float
    significant: bool


@dataclass(frozen=True, eq=False)
class Family:
    """The contrasts of a study on one target, in one language, or on a mean over targets. C contrasts.

    values: in points [C]. errors: theirs, one column a contrast. testable: which can be tested [C].
    least_p: no p is below it; with few documents no test by flipping their signs can give a small one.
    """

    values: np.ndarray
    errors: ErrorDraws
    testable: np.ndarray
    least_p: float = 0.0

    def gated(self, contrast: int, above: float, shares: int, members: int) -> Verdict:
        """Test one contrast that is a member of a family of questions behind a gate.

        Args:
            contrast: its place.
            above: p adjusted of the question above; 0 where there is none.
            shares: among how many families alpha was divided.
            members: how many tests the family has.
        """
        value, errors = self.values[contrast], self.errors.of([contrast])
        alone = min(float(errors.tail(value)[0]), 1 - 1e-12)
        within = float(-np.expm1(members * np.log1p(-alone)))
        reach = errors.reach(float(-np.expm1(np.log1p(-ALPHA / shares) / members)))[0]
        return verdict(value, reach, max(above, self.least_p, min(1.0, shares * within)))


class Outcomes(NamedTuple):
    """Verdicts by contrast; None where it was not tested."""

    mean: tuple[Verdict | None, ...]
    targets: tuple[tuple[Verdict | None, ...], ...]


def hierarchical_tests(mean: Family, targets: Sequence[Family]) -> Outcomes:
    """Test contrasts on the mean over targets, then on the targets of those found. Where the mean cannot be tested, its
    targets are asked directly, with the contrast's share of alpha."""
    asked = np.any([family.testable for family in (mean, *targets)], axis=0)
    shares = int(asked.sum())
    first = np.flatnonzero(mean.testable)
    on_mean: list[Verdict | None] = [None] * len(mean.values)
    if len(first):
        share = len(first) / shares
        joint = simultaneous(mean.values[first], mean.errors.of(first.tolist()), ALPHA * share)
        for contrast, reach, p in zip(first, joint.reach, joint.p, strict=True):
            adjusted = min(1.0, max(p / share, mean.least_p))
            on_mean[contrast] = verdict(mean.values[contrast], reach, adjusted)
    members = np.sum([family.testable for family in targets], axis=0) if targets else np.zeros(len(mean.values))
    on_targets = []
    for family in targets:
        verdicts: list[Verdict | None] = [None] * len(mean.values)
        for contrast in np.flatnonzero(family.testable):
            above = on_mean[contrast]
            p = above.p if above is not None else 0.0
            verdicts[contrast] = family.gated(int(contrast), p, shares, int(members[contrast]))
        on_targets.append(tuple(verdicts))
    return Outcomes(tuple(on_mean), tuple(on_targets))


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
