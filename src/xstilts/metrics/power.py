"""Power: what a study with so many seeds can find, before it is run.

A t test of an effect d with standard error e on v degrees of freedom finds it with the probability that a noncentral t
variable, with noncentrality d / e, lies beyond the critical value on either side (Cohen 1988, "Statistical power
analysis").
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

ALPHA = 0.05
POWER = 0.8


def t_power(noncentrality: float, freedom: float, alpha: float = ALPHA) -> float:
    """Return the power of a two-sided t test: a normal tail, averaged over the chi-square of the estimated error."""
    from scipy.special import gammaln, ndtr, stdtrit

    critical = float(stdtrit(freedom, 1 - alpha / 2))
    centre, width = math.log(freedom), 12.0 / math.sqrt(freedom) + 30.0 / freedom
    log_x = np.linspace(centre - width, centre + min(width, 8.0), 2001)
    half = freedom / 2
    density = np.exp(half * log_x - np.exp(log_x) / 2 - half * math.log(2) - gammaln(half))
    size = critical * np.exp((log_x - centre) / 2)
    tails = ndtr(noncentrality - size) + ndtr(-noncentrality - size)
    return float(density @ tails / density.sum())


def power_of_pairs(effect: float, pairs: float, alpha: float = ALPHA) -> float:
    """Return the power of a paired t test. `effect`: in standard deviations of the differences."""
    return t_power(effect * math.sqrt(pairs), pairs - 1, alpha)


def power_of_two_groups(effect: float, each: float, alpha: float = ALPHA) -> float:
    """Return the power of a t test of two groups of `each`. `effect`: in standard deviations."""
    return t_power(effect * math.sqrt(each / 2), 2 * each - 2, alpha)


@dataclass(frozen=True, kw_only=True)
class StudyPower:
    """What decides the power of a contrast of one arm with another on the mean over targets.

    seed_variance: of one run of one arm. document_variance: of the difference, however many runs there are. Both in
    squared points.
    arms: those whose seeds tell how much runs vary. contrasts: those that alpha is shared among.
    """

    seed_variance: float
    document_variance: float
    arms: int
    contrasts: int

    def power(self, effect: float, seeds: int) -> float:
        """Return the probability of finding a difference of `effect` points; 0 with one seed, which tests nothing."""
        if seeds < 2:
            return 0.0
        of_seeds = 2 * self.seed_variance / seeds
        variance = of_seeds + self.document_variance
        if variance <= 0:
            return 1.0 if effect else 0.0
        freedom = self.arms * (seeds - 1) * (variance / of_seeds) ** 2 if of_seeds > 0 else 1e6
        return t_power(abs(effect) / math.sqrt(variance), min(freedom, 1e6), ALPHA / max(1, self.contrasts))

    def detectable(self, seeds: int, power: float = POWER) -> float | None:
        """Return the least difference in points that is found with this power; None with one seed, or beyond 100."""
        if self.power(100.0, seeds) < power:
            return None
        low, high = 0.0, 100.0
        while high - low > 0.005:
            middle = (low + high) / 2
            low, high = (low, middle) if self.power(middle, seeds) >= power else (middle, high)
        return high

    def seeds_for(self, effect: float, power: float = POWER, most: int = 100) -> int | None:
        """Return the least seeds with which a difference of `effect` points is found; None for more than `most`."""
        return next((seeds for seeds in range(2, most + 1) if self.power(effect, seeds) >= power), None)
