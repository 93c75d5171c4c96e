"""The tests that `calibration.py` compares: ours as a report makes it, an oracle that knows the variances, a t test
that knows that they are equal, and plain alternatives. Alternatives are corrected by Holm over the contrasts; each uses
every run, as where nobody looks.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache

import numpy as np
from calibration_studies import Design, Study

from xstilts.metrics.arm_means import MeanOfArms
from xstilts.metrics.gatekeeping import Family, Verdict, hierarchical_tests
from xstilts.metrics.simultaneous import ALPHA, draw_errors

SCENARIOS, ERRORS_EACH = 400, 5  # fewer than a report draws; more noise in a single p, none on average
BOOTSTRAPS = 300

Method = Callable[[Design, Study, np.random.Generator], np.ndarray]


def family(design: Design, means: MeanOfArms, rng: np.random.Generator) -> Family:
    """Return the contrasts with their errors, as a report draws them."""
    weights = design.weights
    testable = [means.can_test(["0", str(c + 1)]) for c in range(len(weights))]
    errors = draw_errors(means.means, weights, rng, SCENARIOS, ERRORS_EACH)
    return Family(weights @ means.means.value, errors, np.array(testable))


def verdicts(of: Family, shift: np.ndarray | float = 0.0) -> list[Verdict | None]:
    """Test contrasts on the mean over targets whose values are `shift` points larger."""
    return list(hierarchical_tests(replace(of, values=of.values + shift), []).mean)


def found(outcomes: Sequence[Verdict | None]) -> np.ndarray:
    return np.array([v is not None and v.significant for v in outcomes])


def oracle_deviation(design: Design, study: Study) -> np.ndarray:
    """Return the true standard errors of the contrasts on the mean over targets, [C]."""
    return np.sqrt(np.diag(design.weights @ study.covariance @ design.weights.T))


def oracle_quantile(covariance: np.ndarray) -> float:
    """Return the size that the largest of all standardised errors exceeds in 5 of 100 studies."""
    deviation = np.sqrt(np.diag(covariance))
    correlation = np.round(covariance / np.outer(deviation, deviation), 1)
    return _quantile(tuple(map(tuple, correlation.tolist())))


@lru_cache(maxsize=1000)
def _quantile(correlation: tuple[tuple[float, ...], ...]) -> float:
    normal = np.random.default_rng(0).standard_normal((20_000, len(correlation)))
    values, vectors = np.linalg.eigh(np.array(correlation))
    largest = np.abs(normal @ (np.sqrt(np.maximum(values, 0))[:, None] * vectors.T)).max(axis=1)
    return float(np.quantile(largest, 1 - ALPHA))


def pooled_reach(design: Design, study: Study) -> float:
    """Return how large a contrast on the mean over targets must be for a t test that is told that all arms vary alike:
    Dunnett's (1955), with the variance of runs pooled over all arms and a simulated critical value.

    What documents do it is told too, and how much of a variance that is, so that all it lacks is degrees of freedom.
    Exact where arms do vary alike."""
    by_seed = study.scores.mean(axis=0)
    pooled = by_seed.var(axis=1, ddof=1).mean() / design.seeds
    share = round(study.documents / study.covariance[0, 0], 2)
    quantile = _pooled_quantile(share, design.arms, design.arms * (design.seeds - 1))
    return quantile * float(np.sqrt(2 * (study.documents + pooled)))


@lru_cache(maxsize=1000)
def _pooled_quantile(documents: float, arms: int, freedom: int) -> float:
    """Return the size that the largest of all contrasts with the first arm, in estimated standard errors, exceeds in 5
    of 100 studies. documents: their share of the variance, which is not estimated."""
    rng = np.random.default_rng(0)
    means = rng.standard_normal((40_000, arms))
    estimated = documents + (1 - documents) * rng.chisquare(freedom, len(means)) / freedom
    largest = np.abs(means[:, 1:] - means[:, :1]).max(axis=1) / np.sqrt(2 * estimated)
    return float(np.quantile(largest, 1 - ALPHA))


def welch(design: Design, study: Study, rng: np.random.Generator) -> np.ndarray:
    """Two samples of seeds."""
    from scipy.stats import ttest_ind

    by_seed = study.scores.mean(axis=0)
    return holm(ttest_ind(by_seed[1:].T, by_seed[:1].T, equal_var=False).pvalue)


def paired_t(design: Design, study: Study, rng: np.random.Generator) -> np.ndarray:
    """Differences of seeds."""
    from scipy.stats import ttest_1samp

    return holm(ttest_1samp((design.weights @ study.scores.mean(axis=0)).T, 0.0).pvalue)


def paired_bootstrap(design: Design, study: Study, rng: np.random.Generator) -> np.ndarray:
    """Documents alone are resampled, as Koehn (2004) does."""
    value = design.weights @ study.scores.mean(axis=(0, 2))
    documents = np.diag(design.weights @ study.mean.means.document_covariance @ design.weights.T)
    return holm(_tails(value + rng.standard_normal((BOOTSTRAPS, len(value))) * np.sqrt(documents)))


def hierarchical_bootstrap(design: Design, study: Study, rng: np.random.Generator) -> np.ndarray:
    """Seeds are resampled, then documents."""
    by_seed = design.weights @ study.scores.mean(axis=0)
    drawn = rng.integers(0, design.seeds, (BOOTSTRAPS, design.seeds))
    documents = np.diag(design.weights @ study.mean.means.document_covariance @ design.weights.T)
    means = by_seed[:, drawn].mean(axis=-1).T
    return holm(_tails(means + rng.standard_normal(means.shape) * np.sqrt(documents)))


def _tails(draws: np.ndarray) -> np.ndarray:
    below = (draws <= 0).mean(axis=0)
    return np.minimum(1.0, 2 * np.minimum(below, 1 - below))


def holm(p: np.ndarray) -> np.ndarray:
    """Return which are below 5 % after Holm's correction (1979)."""
    order = np.argsort(np.nan_to_num(p, nan=1.0))
    steps = p[order] * (len(p) - np.arange(len(p)))
    found = np.zeros(len(p), dtype=bool)
    found[order] = np.maximum.accumulate(np.nan_to_num(steps, nan=1.0)) < ALPHA
    return found


ALTERNATIVES: dict[str, Method] = {
    "Welch": welch,
    "paired t": paired_t,
    "paired bootstrap": paired_bootstrap,
    "hierarchical bootstrap": hierarchical_bootstrap,
}
