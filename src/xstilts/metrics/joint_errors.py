"""Joint errors of means of arms over several sets of targets and languages: what a claim about all of them needs.

Each *unit* (a target, a language, a mean over targets) has the means and variances that a contrast over it would have
(`arm_means`). Test items are resampled together in all units, so that languages of one target go up and down together.
The luck of a run is drawn in each unit by itself: what runs share between units makes it likelier that a claim holds in
all of them than is said here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from xstilts.metrics.arm_means import MeanOfArms, TargetScores, mean_of_arms, resampled_means
from xstilts.metrics.simultaneous import (
    ERRORS_EACH,
    SCENARIOS,
    ErrorDraws,
    combine_errors,
    draw_inflation,
    draw_seed_errors,
)

LEAST_GROUPS = 6  # test items with which a test by flipping their signs can give a p below 0.05


@dataclass(frozen=True, eq=False)
class UnitMeans:
    """One unit: its targets, and the arms' means over them."""

    parts: tuple[TargetScores, ...]
    means: MeanOfArms

    @classmethod
    def over(cls, parts: Sequence[TargetScores]) -> UnitMeans:
        return cls(tuple(parts), mean_of_arms(parts))

    def value(self, arm: str) -> float:
        return float(self.means.means.value[self.means.arms.index(arm)])

    def series(self, arm: str) -> dict[int, np.ndarray]:
        """Return what each target adds to an arm's mean on each resampled test set, by the identity of its draws."""
        return {
            id(part.draws): resampled_means(part)[:, part.draws.arms.index(arm)] / len(self.parts)
            for part in self.parts
        }


def can_test(terms: Sequence[tuple[UnitMeans, str]]) -> bool:
    """Return whether the luck of seeds and of test items is known for all these means."""
    return all(
        unit.means.means.seeds is not None and unit.means.groups >= LEAST_GROUPS and unit.means.can_test([arm])
        for unit, arm in terms
    )


def joint_errors(terms: Sequence[tuple[UnitMeans, str]], weights: np.ndarray, rng: np.random.Generator) -> ErrorDraws:
    """Draw the errors of combinations of means.

    Args:
        terms: P means: an arm over a unit.
        weights: [C, P].
        rng: the same generator state gives the same draws.
    """
    units = list(dict.fromkeys(unit for unit, _ in terms))
    freedom = min(unit.means.means.document_freedom for unit in units)
    inflation = draw_inflation(freedom, rng, SCENARIOS)
    drawn = {unit: draw_seed_errors(unit.means.means, rng, SCENARIOS) for unit in units}
    own = np.stack([drawn[unit][:, unit.means.arms.index(arm)] for unit, arm in terms], axis=1)
    return combine_errors(weights, document_covariance(terms), inflation, own, rng, ERRORS_EACH)


def document_covariance(terms: Sequence[tuple[UnitMeans, str]]) -> np.ndarray:
    """Return the covariance of means over test sets that might have been, [P, P]: different targets have different
    test items."""
    series = [unit.series(arm) for unit, arm in terms]
    covariance = np.zeros((len(terms), len(terms)))
    for target in dict.fromkeys(key for one in series for key in one):
        resamples = len(next(one[target] for one in series if target in one))
        rows = np.stack([one.get(target, np.zeros(resamples)) for one in series])
        covariance += rows @ rows.T / resamples
    return covariance
