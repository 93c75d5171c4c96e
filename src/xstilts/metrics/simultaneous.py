"""Simultaneous inference on contrasts of arms: intervals and p values from one joint distribution.

Contrasts of a study share documents and arms, so their errors go together. We draw errors of all contrasts at once,

    error = W (e_documents + e_seeds)
    e_documents ~ Normal(0, covariance over documents of the arms' means, times f / chi-square(f))
    e_seeds     ~ Normal(0, diagonal of sigma_a^2 / runs_a, less the part that documents already hold)

with the variances of seeds drawn anew each time (`seed_variance`): a mixture over every variance that the few seeds
leave possible, as in the Behrens-Fisher distribution (Fisher 1935). With `r_c` the size of error that contrast c
exceeds in alpha / C of the draws and `M = max_c |error_c| / r_c`, a contrast has

    p adjusted  = share of draws with M >= |value_c| / r_c
    interval    = value_c +- r_c q,   q the size that M exceeds in alpha of the draws

(single-step max-t: Westfall & Young 1993, "Resampling-based multiple testing"). Both are of the same draws: p is below
alpha if and only if the interval leaves 0 out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from xstilts.metrics.seed_variance import SeedVariances, draw_variances

ALPHA = 0.05
SCENARIOS = 4000  # draws of the variances
ERRORS_EACH = 10  # draws of errors for each of them


@dataclass(frozen=True, eq=False)
class ArmMeans:
    """What a study knows of its arms on one target, or on the mean over targets. A arms.

    value: means over languages, targets and the runs that trained, in points.
    document_covariance: of `value`, over test sets that might have been.
    document_freedom: degrees of freedom of that covariance.
    seeds: how runs vary; None with one seed, where only documents vary.
    """

    value: np.ndarray  # [A]
    document_covariance: np.ndarray  # [A, A]
    document_freedom: float
    seeds: SeedVariances | None


@dataclass(frozen=True, eq=False)
class ErrorDraws:
    """Errors of C contrasts, in points. `spreads` [K, C]: standard deviations, one row for each draw of the variances.
    `errors` [N, C]: errors themselves."""

    spreads: np.ndarray
    errors: np.ndarray

    def of(self, contrasts: Sequence[int]) -> ErrorDraws:
        """Return the errors of some contrasts, still drawn together."""
        return ErrorDraws(self.spreads[:, contrasts], self.errors[:, contrasts])

    def tail(self, distance: np.ndarray) -> np.ndarray:
        """Return, for each contrast alone, the probability of an error at least as large as `distance` [C]."""
        from scipy.special import ndtr

        size = np.abs(np.asarray(distance, dtype=float))
        safe = np.where(self.spreads > 0, self.spreads, 1.0)
        tails = np.where(self.spreads > 0, 2.0 * ndtr(-size / safe), (size == 0).astype(float))
        return np.asarray(tails.mean(axis=0))

    def reach(self, alpha: float) -> np.ndarray:
        """Return, for each contrast alone, the size of error [C] whose tail is `alpha`; found by halving."""
        low, high = np.zeros(self.spreads.shape[1]), np.full(self.spreads.shape[1], 8.0)
        high = high * np.maximum(self.spreads.max(axis=0), 1e-12)
        for _ in range(60):
            middle = (low + high) / 2
            is_beyond = self.tail(middle) <= alpha
            low, high = np.where(is_beyond, low, middle), np.where(is_beyond, middle, high)
        return np.where(self.spreads.max(axis=0) > 0, high, 0.0)


def draw_errors(
    arms: ArmMeans, weights: np.ndarray, rng: np.random.Generator, scenarios: int = SCENARIOS, each: int = ERRORS_EACH
) -> ErrorDraws:
    """Draw errors of contrasts of arms.

    Args:
        arms: the arms, on one target or on the mean over targets.
        weights: [C, A], each row sums to zero.
        rng: the same generator state gives the same draws.
        scenarios: K, draws of the variances. each: errors for each of them; N = K * each.
    """
    inflation = draw_inflation(arms.document_freedom, rng, scenarios)
    own = draw_seed_errors(arms, rng, scenarios)
    return combine_errors(weights, arms.document_covariance, inflation, own, rng, each)


def draw_inflation(freedom: float, rng: np.random.Generator, scenarios: int) -> np.ndarray:
    """Return what a covariance over documents may have to be multiplied by, [K]: it is estimated on so many degrees of
    freedom."""
    return freedom / (2.0 * rng.standard_gamma(freedom / 2, scenarios))


def draw_seed_errors(arms: ArmMeans, rng: np.random.Generator, scenarios: int) -> np.ndarray:
    """Return possible variances of arms' means that are due to seeds alone, [K, A]."""
    if arms.seeds is None:
        return np.zeros((scenarios, len(arms.value)))
    possible = draw_variances(arms.seeds, rng, scenarios)
    return np.maximum(0.0, possible - arms.seeds.documents) / np.maximum(arms.seeds.runs, 1e-9)


def combine_errors(
    weights: np.ndarray,
    document_covariance: np.ndarray,
    inflation: np.ndarray,
    own: np.ndarray,
    rng: np.random.Generator,
    each: int,
) -> ErrorDraws:
    """Draw errors of combinations of means.

    weights: [C, P]. document_covariance: of the means, [P, P]. inflation: [K]. own: variances due to seeds, which
    different means do not share, [K, P]. each: errors for each of the K draws of the variances.
    """
    documents = weights @ document_covariance @ weights.T
    variances = inflation[:, None] * np.maximum(np.diag(documents), 0.0) + own @ (weights**2).T
    rows = np.repeat(np.arange(len(inflation)), each)
    normal = rng.standard_normal((len(rows), weights.shape[1]))
    errors = (normal * np.sqrt(own)[rows]) @ weights.T
    errors += (rng.standard_normal((len(rows), len(weights))) @ _root(documents)) * np.sqrt(inflation)[rows, None]
    return ErrorDraws(np.sqrt(variances), errors)


def _root(covariance: np.ndarray) -> np.ndarray:
    """Return the symmetric square root of a covariance: unlike others it is the same on every machine."""
    values, vectors = np.linalg.eigh((covariance + covariance.T) / 2)
    return np.asarray((vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T)


@dataclass(frozen=True, eq=False)
class Simultaneous:
    """Adjusted p values [C] and half widths of simultaneous intervals [C]: p < alpha where |value| > reach."""

    p: np.ndarray
    reach: np.ndarray


def simultaneous(values: np.ndarray, draws: ErrorDraws, alpha: float = ALPHA) -> Simultaneous:
    """Compare contrasts [C] with the largest of all errors, as the module says."""
    sizes, count = np.abs(draws.errors), len(draws.errors)
    unit = np.quantile(sizes, 1.0 - alpha / sizes.shape[1], axis=0)
    scale = np.where(unit > 1e-9, unit, 1.0)
    largest = np.sort((sizes / scale).max(axis=1))[::-1]
    allowed = int(np.floor(alpha * (count + 1))) - 1  # draws as large that still give p <= alpha
    quantile = largest[allowed]
    statistic = np.abs(values) / scale
    as_large = count - np.searchsorted(largest[::-1], statistic, side="left")
    p = (as_large + 1) / (count + 1)
    reach = np.where(unit > 1e-9, quantile * scale, 0.0)
    return Simultaneous(np.where((unit <= 1e-9) & (values == 0), 1.0, p), reach)
