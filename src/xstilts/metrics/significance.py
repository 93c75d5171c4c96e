"""One contrast alone, paired by seed and document: estimate, 95 % interval, two-sided p.

A contrast is a linear combination of arms (weights that sum to zero), averaged over languages, then targets,
then seeds. Two things vary by chance. *Documents*, for short: test items (`arm_means`); another test set would hold
others. The groups of the test set are resampled; one group moves together in every language, arm and seed, so the
comparison is paired.
*Seeds*: another training would end elsewhere. Arms are paired by seed, and the variance of the per-seed
contrast is taken as it is seen.

With `d_s` the contrast of seed s (S seeds) and `d` their mean:

    V_doc  = variance of d over resampled groups           (fewest groups of any language) - 1 degrees of freedom
    V_seed = sum_s (d_s - d)^2 / (S - 1) / S               S - 1 degrees of freedom
    V_both = the part of V_seed that is documents: the same, of the variance of d_s - d over resampled groups

`d / sqrt(V_seed + V_doc)` against a normal, or with Satterthwaite's degrees of freedom, finds far too much with the
two to five seeds people can afford (up to 12 % where 5 % is meant): a small `V_seed` is then often luck. We use the
Behrens-Fisher distribution (Fisher 1935; conservative: Robinson 1976, Annals of Statistics 4), a mixture over every
seed variance that the few seeds leave possible. With x chi-square of S - 1 degrees of freedom,

    d  +-  quantile of  sqrt(V_doc + max(0, V_seed (S - 1) / x - V_both)) t

Taking `V_both` off counts one seed's luck on one document once (crossed random effects: Owen 2007, "The pigeonhole
bootstrap", Annals of Applied Statistics 1). The result is never narrower than the documents alone make it. With one
seed only documents vary: the result holds for that seed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from xstilts.metrics.bootstrap import RESAMPLES, GroupCounts
from xstilts.metrics.tallies import Metric, headline

_WEIGHTS_AT_ONCE = 8_000_000  # weights held in memory at once
ALPHA = 0.05


class Axes(NamedTuple):
    """All arms, seeds and languages of a comparison."""

    arms: Sequence[str]
    seeds: Sequence[int]
    languages: Sequence[str]


@dataclass(frozen=True, eq=False)
class Draws:
    """Headline scores of one target, as measured and on resampled test sets. A cell that was not scored is
    nan.

    R resamples, A arms (or any other terms of a contrast: an arm under a condition), S seeds, L languages.
    """

    arms: tuple[str, ...]
    seeds: tuple[int, ...]
    languages: tuple[str, ...]
    point: np.ndarray  # [A, S, L]
    drawn: np.ndarray  # [R, A, S, L]
    groups: np.ndarray  # [L] groups of each language

    def has(self, arm: str, seed: int, language: str) -> bool:
        """Return whether this cell has a score."""
        place = self.arms.index(arm), self.seeds.index(seed), self.languages.index(language)
        return bool(np.isfinite(self.point[place]))

    def contrast(self, weights: Mapping[str, float], languages: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        """Return the contrast per seed, as measured [S] and on each resampled test set [R, S]. nan where a
        cell is missing."""
        arms = [self.arms.index(arm) for arm in weights]
        places = [self.languages.index(language) for language in languages]
        weight_A = np.array(list(weights.values()))
        point = self.point[arms][..., places].mean(axis=-1)
        drawn = self.drawn[:, arms][..., places].mean(axis=-1)
        return weight_A @ point, np.einsum("a,ras->rs", weight_A, drawn)

    def fewest_groups(self, languages: Sequence[str]) -> int:
        return int(min(self.groups[self.languages.index(language)] for language in languages))


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """A contrast in points. `low`, `high` and `p` are nan where a language has a single document."""

    value: float
    low: float
    high: float
    p: float
    seeds: int
    by_seed: tuple[float, ...]
    seed_error: float  # standard errors: of seeds (nan with one) and of documents
    document_error: float


def draw(
    metric: Metric,
    cells: Mapping[tuple[str, int, str], GroupCounts],
    axes: Axes,
    rng: np.random.Generator,
    resamples: int = RESAMPLES,
) -> Draws:
    """Resample one target.

    cells: (arm, seed, language) -> counts by group. axes: all arms, seeds and languages.
    """
    arms, seeds, languages = tuple(axes.arms), tuple(axes.seeds), tuple(axes.languages)
    shape = (len(arms), len(seeds), len(languages))
    tables = {language: _stacked(cells, arms, seeds, language) for language in languages}
    all_groups, place_of_group = np.unique(
        np.concatenate([np.empty(0, dtype=str), *(groups for groups, _ in tables.values())]), return_inverse=True
    )
    ends = np.cumsum([len(groups) for groups, _ in tables.values()])
    places = np.split(place_of_group, ends[:-1])
    point, drawn = np.full(shape, np.nan), np.full((resamples, *shape), np.nan)
    for j, (_, counts) in enumerate(tables.values()):
        point[:, :, j] = _headlines(metric, counts.sum(axis=0, dtype=np.float64), shape[:2])
    block_size = max(1, _WEIGHTS_AT_ONCE // max(1, len(all_groups)))
    for start in range(0, resamples, block_size):
        rows = slice(start, min(start + block_size, resamples))
        weights = rng.standard_exponential((rows.stop - start, len(all_groups)), dtype=np.float32)
        for j, (_, counts) in enumerate(tables.values()):
            drawn[rows, :, :, j] = _headlines(metric, weights[:, places[j]] @ counts, shape[:2])
    sizes = np.array([len(groups) for groups, _ in tables.values()])
    return Draws(arms, seeds, languages, point, drawn, sizes)


def _stacked(
    cells: Mapping[tuple[str, int, str], GroupCounts], arms: Sequence[str], seeds: Sequence[int], language: str
) -> tuple[np.ndarray, np.ndarray]:
    """Return groups [G] and counts [G, A * S * K] of one language; nan columns for cells that are missing."""
    arm_seed_cells = [cells.get((arm, seed, language)) for arm in arms for seed in seeds]
    scored_cells = [cell for cell in arm_seed_cells if cell is not None]
    if not scored_cells:
        return np.empty(0, dtype=str), np.empty((0, 0), dtype=np.float32)
    groups = np.unique(np.concatenate([cell.groups for cell in scored_cells]))
    width = scored_cells[0].counts.shape[1]
    stacked = np.full((len(groups), len(arm_seed_cells), width), np.nan, dtype=np.float32)
    for i, cell in enumerate(arm_seed_cells):
        if cell is not None:
            stacked[:, i] = 0.0
            stacked[np.searchsorted(groups, cell.groups), i] = cell.counts
    return groups, stacked.reshape(len(groups), -1)


def _headlines(metric: Metric, sums: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Return headlines [..., A, S] of sums [..., A * S * K]; nan for a language that no cell has."""
    if sums.shape[-1] == 0:
        return np.full((*sums.shape[:-1], *shape), np.nan)
    return headline(metric, sums.reshape(*sums.shape[:-1], *shape, sums.shape[-1] // (shape[0] * shape[1])))


def contrast(parts: Sequence[tuple[Draws, Sequence[str]]], weights: Mapping[str, float]) -> Estimate:
    """Return the contrast averaged over `parts` (a target and the languages to average). All cells it needs must be
    there.

    Raises ValueError when weights do not sum to zero, seeds differ between parts, or a cell is missing.
    """
    if abs(sum(weights.values())) > 1e-9:
        raise ValueError(f"the weights of a contrast must sum to zero, got {dict(weights)}")
    seeds = {draws.seeds for draws, _ in parts}
    if len(seeds) != 1:
        raise ValueError(f"all targets of a contrast must share their seeds, got {sorted(seeds)}")
    target_contrasts = [draws.contrast(weights, languages) for draws, languages in parts]
    by_seed = np.mean([per_seed for per_seed, _ in target_contrasts], axis=0)
    if not np.isfinite(by_seed).all():
        raise ValueError("a contrast needs the scores of every arm, seed and language it names")
    fewest = np.array([draws.fewest_groups(languages) for draws, languages in parts])
    spreads = [_document_variances(drawn, n) for (_, drawn), n in zip(target_contrasts, fewest, strict=True)]
    return _estimate(by_seed, np.array(spreads) / len(parts) ** 2, fewest)


def _document_variances(drawn: np.ndarray, groups: int) -> tuple[float, float]:
    """Return V_doc and V_both of one target, from its contrast per resample and seed [R, S]. Exponential weights
    spread a mean over G groups by (G - 1) / (G + 1) of its unbiased variance."""
    if groups < 2:
        return float("nan"), float("nan")
    seeds, factor = drawn.shape[1], (groups + 1) / (groups - 1)
    mean = drawn.mean(axis=1, keepdims=True)
    shared_with_seeds = np.var(drawn - mean, axis=0).sum() / max(1, seeds - 1) / seeds
    return float(np.var(mean) * factor), float(shared_with_seeds * factor)


def _estimate(by_seed: np.ndarray, spreads: np.ndarray, fewest: np.ndarray) -> Estimate:
    """Put an estimate together. `spreads` [targets, 2]: what each target adds to V_doc and V_both."""
    n, value = len(by_seed), float(by_seed.mean())
    document_variance, shared_with_seeds = (float(x) for x in spreads.sum(axis=0))
    seed_variance = float(by_seed.var(ddof=1) / n) if n > 1 else float("nan")
    low = high = p = float("nan")
    if np.isfinite(document_variance):
        squares = (spreads[:, 0] ** 2 / (fewest - 1)).sum()
        freedom = document_variance**2 / squares if squares > 0 else float(fewest.min() - 1)
        distribution = BehrensFisher(
            document_variance, freedom, 0.0 if n == 1 else seed_variance, n - 1, shared_with_seeds
        )
        reach = distribution.reach(ALPHA)
        low, high = value - reach, value + reach
        # No test by flipping signs of G documents can give less than this.
        p = min(1.0, max(distribution.tail(abs(value)), 2.0 ** (1 - int(fewest.min()))))
    return Estimate(
        value=value,
        low=low,
        high=high,
        p=p,
        seeds=n,
        by_seed=tuple(float(x) for x in by_seed),
        seed_error=seed_variance**0.5,
        document_error=document_variance**0.5,
    )


@dataclass(frozen=True)
class BehrensFisher:
    """The distribution of the module's formula, around 0."""

    document: float  # V_doc
    document_freedom: float
    seed: float  # V_seed; 0 where seeds are not seen to differ
    seed_freedom: int
    shared: float = 0.0  # V_both

    @cached_property
    def _mixture(self) -> tuple[np.ndarray, np.ndarray]:
        """Standard deviations and their weights: the trapezoid rule in log x, exact to many digits."""
        if self.seed == 0:
            return np.array([self.document**0.5]), np.ones(1)
        from scipy.special import gammaln

        half, log_x = self.seed_freedom / 2, np.linspace(-50.0, 5.0, 551)
        density = np.exp(half * log_x - np.exp(log_x) / 2 - half * np.log(2) - gammaln(half))
        possible = self.seed * self.seed_freedom / np.exp(log_x)
        return np.sqrt(self.document + np.maximum(0.0, possible - self.shared)), density / density.sum()

    def tail(self, distance: float) -> float:
        """Return the probability of a value at least this far from 0, on either side."""
        from scipy.special import stdtr

        scales, weights = self._mixture
        if scales.max() == 0:
            return float(distance == 0)
        with np.errstate(divide="ignore"):
            return float(2 * weights @ stdtr(self.document_freedom, -distance / scales))

    def reach(self, alpha: float) -> float:
        """Return the distance whose tail is `alpha`."""
        from scipy.optimize import brentq

        high = float(self._mixture[0].min()) or float(self._mixture[0].max())
        if high == 0:
            return 0.0
        while self.tail(high) > alpha:
            high *= 2
        return float(brentq(lambda distance: self.tail(distance) - alpha, 0.0, high, rtol=1e-9))
