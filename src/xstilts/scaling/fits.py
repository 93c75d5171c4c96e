"""Fits of one curve: every model that its sizes allow, compared by AICc, each with resampled fits for its bands.

AICc and Akaike weights: Burnham and Anderson 2002, "Model selection and multimodel inference", chapter 2, with the
Gaussian likelihood of least squares: `N ln(squares / N) + 2k + 2k (k + 1) / (N - k - 1)` over N runs, k the parameters
of the model and the variance.

Resampling (Davison and Hinkley 1997, "Bootstrap methods and their application", chapter 7): a fitted curve gets new
scores, its own plus what two things may do, and each set of new scores is fitted again.

*Seeds*: residuals of the runs drawn anew, each inflated by sqrt(N / (N - p)) for the p parameters that were fitted to
them, and all of a resample by sqrt((N - p) / chi-square), since a few runs do not know their own variance. Runs of one
size share its rows and the test examples: where the means of K sizes lie further from the curve than their seeds
explain (the F test of lack of fit, Draper and Smith 1998, "Applied regression analysis", section 2.1, at LACK), their
variance takes the place, with K - p degrees of freedom.

*Examples*: all sizes are scored on the same test examples, so another test set moves them together. By the deviations
of the sizes' means on resampled test sets, where these are known, else by one normal number of binomial variance.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from xstilts.scaling.bands import Band, band
from xstilts.scaling.least_squares import FINE, ShapeSolution, solve
from xstilts.scaling.models import CONSTANT, MODELS, ScalingModel, SizeRange
from xstilts.scaling.sized_scores import SizeCurve

RESAMPLES = 1000
LACK = 0.1  # p below which the sizes lie further from a curve than their seeds explain
LEAST_WEIGHT = 0.01  # of a model that is resampled; one that the curve rules out has no bands
ROUNDING = 0.01 / math.sqrt(12)  # points: scores are not known better, so that equal ones have a likelihood


@dataclass(frozen=True, eq=False)
class ModelFit:
    """One model on one curve. R resamples.

    criterion: AICc. weight: its Akaike weight among the models that were fitted.
    drawn: the fits to resampled scores; None below LEAST_WEIGHT, but for the best that is not constant.
    """

    model: ScalingModel
    extent: SizeRange
    solution: ShapeSolution  # of one row
    criterion: float
    runs: int
    weight: float = math.nan
    drawn: ShapeSolution | None = None

    @property
    def resamples(self) -> int:
        return len(self.drawn.first) if self.drawn else 0

    @property
    def parameters(self) -> dict[str, float]:
        """The parameters by their names."""
        return {name: float(value[0]) for name, value in self._named(self.solution).items()}

    @property
    def bands(self) -> dict[str, Band]:
        """The parameters with their bands; {} where the model was not resampled."""
        if self.drawn is None:
            return {}
        values = self.parameters
        return {name: band(values[name], drawn, self.runs) for name, drawn in self._named(self.drawn).items()}

    def scores(self, sizes: Sequence[float] | np.ndarray) -> np.ndarray:
        """The fitted scores at sizes [K]."""
        return self._scores(self.solution, sizes)[0]

    def drawn_scores(self, sizes: Sequence[float] | np.ndarray, first: int, last: int) -> np.ndarray:
        """The scores of some of the resampled fits [R, K]."""
        assert self.drawn is not None
        some = slice(first, last)
        one = self.drawn
        return self._scores(ShapeSolution(one.first[some], one.last[some], one.shape[some], one.squares[some]), sizes)

    def _scores(self, solution: ShapeSolution, sizes: Sequence[float] | np.ndarray) -> np.ndarray:
        at = np.asarray(sizes, dtype=np.float64)
        return self.model.scores(solution.first, solution.last, solution.shape, at, self.extent)

    def _named(self, solution: ShapeSolution) -> Mapping[str, np.ndarray]:
        return self.model.parameters(solution.first, solution.last, solution.shape, self.extent)


def fit_models(
    curve: SizeCurve, resamples: int = RESAMPLES, seed: int = 0, models: Sequence[ScalingModel] = MODELS
) -> tuple[ModelFit, ...]:
    """Fit every model for which the curve has sizes enough, the best one (by AICc) first.

    A model needs one size more than it has parameters, so that a size is left to speak against it, and more runs than
    AICc takes off. () where there are fewer than three sizes: nothing but a level could be fitted.
    """
    if len(curve.sizes) < 3:
        return ()
    fits = [fit for model in models if (fit := _fit(model, curve)) is not None]
    if not fits:
        return ()
    least = min(fit.criterion for fit in fits)
    likelihoods = [math.exp((least - fit.criterion) / 2) for fit in fits]
    rng = np.random.default_rng([seed, zlib.crc32(curve.name.encode())])  # two curves have seeds of their own
    weighted = [replace(fit, weight=share / sum(likelihoods)) for fit, share in zip(fits, likelihoods, strict=True)]
    weighted.sort(key=lambda fit: fit.criterion)
    changing = next((fit for fit in weighted if fit.model is not CONSTANT), None)  # a flat curve is tested against it
    return tuple(
        _resampled(fit, curve, resamples, rng) if fit.weight >= LEAST_WEIGHT or fit is changing else fit
        for fit in weighted
    )


def _fit(model: ScalingModel, curve: SizeCurve) -> ModelFit | None:
    runs, parameters = int(curve.counts.sum()), model.free + 1
    if len(curve.sizes) < model.sizes_needed or runs - parameters - 1 < 1:
        return None
    extent = SizeRange(*np.log(curve.sizes[[0, -1]]))
    solution = solve(model, np.log(curve.sizes), curve.means[None], curve.counts, extent)
    squares = float(solution.squares[0]) + curve.squares_of_seeds
    criterion = runs * math.log(squares / runs + ROUNDING**2) + 2 * parameters
    criterion += 2 * parameters * (parameters + 1) / (runs - parameters - 1)
    return ModelFit(model, extent, solution, criterion, runs)


def _resampled(fit: ModelFit, curve: SizeCurve, resamples: int, rng: np.random.Generator) -> ModelFit:
    fitted = fit.scores(curve.sizes)
    drawn = fitted + _by_seeds(fit, curve, resamples, rng) + _by_examples(curve, resamples)
    solution = solve(fit.model, np.log(curve.sizes), np.clip(drawn, 0, 100), curve.counts, fit.extent, FINE)
    return replace(fit, drawn=solution)


def _by_seeds(fit: ModelFit, curve: SizeCurve, resamples: int, rng: np.random.Generator) -> np.ndarray:
    """Return what other seeds do to the means of the sizes [R, K]."""
    fitted = fit.scores(curve.sizes)
    residuals = np.concatenate([scores - at for scores, at in zip(curve.of_size, fitted, strict=True)])
    freedom = len(residuals) - fit.model.free
    variance = float(residuals @ residuals) / freedom
    lack = float(fit.solution.squares[0]), len(fitted) - fit.model.free
    if _lacks_fit(lack, (curve.squares_of_seeds, len(residuals) - len(fitted))):
        wider, freedom = lack[0] / lack[1], lack[1]
    else:
        wider = variance
    standard = residuals / max(math.sqrt(float(np.mean(residuals**2))), 1e-300)
    drawn = np.stack([rng.choice(standard, (resamples, n)).mean(axis=1) for n in curve.counts], axis=1)
    return np.asarray(drawn * math.sqrt(wider) * np.sqrt(freedom / rng.chisquare(freedom, (resamples, 1))))


def _lacks_fit(lack: tuple[float, int], seeds: tuple[float, int]) -> bool:
    """Say whether the squares of the sizes around the curve are more than those of the seeds explain. Each with its
    degrees of freedom."""
    from scipy.special import fdtrc

    if not lack[1] or not seeds[1] or lack[0] <= 0:
        return False
    ratio = (lack[0] / lack[1]) / max(seeds[0] / seeds[1], ROUNDING**2)
    return bool(fdtrc(lack[1], seeds[1], ratio) < LACK)


def _by_examples(curve: SizeCurve, resamples: int) -> np.ndarray:
    """Return what other test examples do to the means of the sizes [R, K]: in each resample the same to every curve, so
    that curves on one test set are compared on the same examples."""
    if curve.deviations is not None:
        return np.asarray(curve.deviations[np.arange(resamples) % len(curve.deviations)])
    return np.random.default_rng(0).standard_normal((resamples, 1)) * curve.example_errors
