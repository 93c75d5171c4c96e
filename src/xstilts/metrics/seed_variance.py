"""Variance of an arm over its seeds, estimated with the help of the other arms.

Two to five seeds of one arm say little of how much its scores vary. All arms of a study say more, but they need not
vary alike. So variances are neither pooled nor taken arm by arm: they are moderated (Smyth 2004, "Linear models and
empirical Bayes methods for assessing differential expression", Statistical Applications in Genetics 3). With `s_a^2`
the variance that arm a shows over its seeds, on `v_a` degrees of freedom,

    s_a^2 / sigma_a^2  ~  chi-square(v_a) / v_a
    1 / sigma_a^2      ~  chi-square(d0) / (d0 s0^2)

`s0` is what the arms have in common and `d0` how much they agree: large where they vary alike, small where one is an
outlier (Phipson et al. 2016, Annals of Applied Statistics 10). A study has few arms, so neither is taken as known. Both
are drawn from their distribution given all arms (on a grid, flat in log s0^2), and each arm's variance given both:

    sigma_a^2 = (d0 s0^2 + v_a s_a^2) / chi-square(d0 + v_a)

Where a study has several targets, the luck of an arm's runs differs between them, and how much says which arms are the
unstable ones. This guide `g_a` takes no part in the level, and is wrong where it is: arms are compared as s_a^2 / g_a.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

# How much arms agree, in degrees of freedom; 4096: they vary alike.
AGREEMENTS = np.array([1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 4096.0])
AGREEMENT_PRIOR = np.array([1.0, 2.0, 3.0, 2.0, 1.0, 1.0, 1.0, 1.0])  # chosen by benchmarks/calibration.py
_GUIDE_DRAWS = 500
_STEP = 0.25  # of the grid in log s0^2
_BEYOND = 9.0  # how far the grid goes beyond what the arms show, in log s0^2


@dataclass(frozen=True, eq=False)
class SeedVariances:
    """How one number (of a target, or a mean over targets) varies over the seeds of each arm. A arms.

    squares: sum of squares around the arm's mean, over the runs that trained.
    freedom: its degrees of freedom, runs - 1.
    runs: the runs that trained.
    documents: the part of one run's variance that is its luck on these documents.
    guide: how much more or less than others an arm is expected to vary; ones where nothing says so.
    """

    squares: np.ndarray  # [A]
    freedom: np.ndarray  # [A]
    runs: np.ndarray  # [A]
    documents: np.ndarray  # [A]
    guide: np.ndarray  # [A]

    @property
    def is_constant(self) -> np.ndarray:
        """Return which arms [A] do not vary at all: nothing was trained, or every seed gave the same."""
        return (self.freedom > 0) & (self.squares <= 1e-12) & (self.documents <= 1e-12)


def draw_variances(seeds: SeedVariances, rng: np.random.Generator, draws: int) -> np.ndarray:
    """Return possible variances of one run [draws, A], as the module says; 0 for an arm that does not vary."""
    variances = np.zeros((draws, len(seeds.runs)))
    varies = ~seeds.is_constant
    if not varies.any() or not (seeds.freedom[varies] > 0).any():
        return variances
    guide, freedom = seeds.guide[varies], seeds.freedom[varies]
    squares = seeds.squares[varies] / guide
    agreement, common = _draw_common(squares, freedom, rng, draws)
    chi_square = 2.0 * rng.standard_gamma((agreement[:, None] + freedom) / 2)
    variances[:, varies] = guide * (agreement[:, None] * common[:, None] + squares) / chi_square
    return variances


def stability_guide(by_seed: np.ndarray, freedom: np.ndarray) -> np.ndarray:
    """Return how much more or less than others each arm is expected to vary, [A]: by how its runs differ between
    targets.

    Targets are put on one scale first. What all targets of a run share is left out, so the guide is of other luck than
    the mean over targets is.

    by_seed: [T, A, S]; freedom: of each arm's seeds [A].
    """
    targets, arms, _ = by_seed.shape
    if targets < 2 or not arms:
        return np.ones(arms)
    centred = by_seed - by_seed.mean(axis=-1, keepdims=True)
    scale = np.sqrt((centred**2).mean(axis=(1, 2), keepdims=True))
    scaled = centred / np.where(scale > 1e-9, scale, 1.0)
    squares = ((scaled - scaled.mean(axis=0)) ** 2).sum(axis=(0, 2))
    nothing, ones = np.zeros(arms), np.ones(arms)
    elsewhere = SeedVariances(squares, freedom * (targets - 1), ones, nothing, ones)
    drawn = draw_variances(elsewhere, np.random.default_rng(0), _GUIDE_DRAWS)
    varies = drawn[0] > 0
    guide = ones.copy()
    guide[varies] = np.exp(np.log(drawn[:, varies]).mean(axis=0))
    return guide


def _draw_common(
    squares: np.ndarray, freedom: np.ndarray, rng: np.random.Generator, draws: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return d0 and s0^2, [draws] each, given all arms."""
    from scipy.special import betaln

    known = freedom > 0
    squares, freedom = squares[known], freedom[known]
    shown = np.log(np.maximum(squares / freedom, 1e-9))
    log_common = np.arange(shown.min() - _BEYOND, shown.max() + _BEYOND, _STEP)
    d0, s0 = AGREEMENTS[:, None, None], np.exp(log_common)[None, :, None]
    likelihood = (
        -freedom / 2 * np.log(d0 * s0)
        - (freedom + d0) / 2 * np.log1p(squares / (d0 * s0))
        - betaln(freedom / 2, d0 / 2)
    ).sum(axis=-1)
    weights = np.exp(likelihood - likelihood.max()) * AGREEMENT_PRIOR[:, None]
    cumulative = np.cumsum(weights.ravel())
    # Evenly spaced ranks: the grid is drawn with as little noise as the number of draws allows.
    ranks = (rng.permutation(draws) + rng.random(draws)) / draws * cumulative[-1]
    row, column = np.divmod(np.searchsorted(cumulative, ranks), len(log_common))
    row = np.minimum(row, len(AGREEMENTS) - 1)
    return AGREEMENTS[row], np.exp(log_common[column])
