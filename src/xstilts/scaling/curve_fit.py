"""Curve fits: what may be said of one curve: its law or that it is flat, scores with bands, where the gain saturates.

Bands are averaged over models (Buckland, Burnham and Augustin 1997, Biometrics 53): of each model as many resampled
fits as its Akaike weight says, so that where the models part, beyond the data above all, the band is wide.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from xstilts.core.errors import DataError
from xstilts.scaling.bands import LEVEL, Band, band
from xstilts.scaling.fits import RESAMPLES, ModelFit, fit_models
from xstilts.scaling.models import CONSTANT
from xstilts.scaling.sized_scores import SizeCurve

FACTOR = 4.0  # how far beyond the sizes a curve is read
EQUIVALENCE = 0.9  # of the band by which a curve is flat
MARGIN = 2.0  # points: a curve whose gain lies within them is flat
SATURATED = 0.5  # points: the gain of twice the data below which it has saturated
STEPS_A_DOUBLING = 16  # of the search for a size
LAW, FLAT, UNCLEAR, TOO_FEW = "law", "flat", "unclear", "too few sizes"


@dataclass(frozen=True, eq=False)
class CurveFit:
    """The fits of a curve, the best first; () where it has too few sizes. factor: how far beyond its sizes it is read.

    R resampled fits, all models together.
    """

    curve: SizeCurve
    fits: tuple[ModelFit, ...]
    factor: float = FACTOR

    @property
    def chosen(self) -> ModelFit | None:
        """The model with the least AICc; None where nothing was fitted."""
        return self.fits[0] if self.fits else None

    @property
    def gain(self) -> Band:
        """What the largest size scores above the smallest, in points, with its band. nan where nothing was fitted.

        Where the constant is the best model it is that of the others: a level by itself has no gain, whatever the noise
        hides."""
        return self._gain(LEVEL)

    def _gain(self, level: float) -> Band:
        if not self.fits:
            return Band(math.nan, math.nan, math.nan)
        fits = self.fits if self.fits[0].model is not CONSTANT else self.fits[1:]
        if not any(fit.drawn for fit in fits):
            return Band(0.0, -math.inf, math.inf)
        ends = self.curve.sizes[[0, -1]]
        fitted, drawn = fits[0].scores(ends), _mixed(fits, ends)
        return band(float(fitted[1] - fitted[0]), drawn[:, 1] - drawn[:, 0], len(self.curve.runs), level)

    @property
    def verdict(self) -> str:
        """One of LAW (the score changes with the size), FLAT (it changes by less than MARGIN), UNCLEAR (neither is
        shown) and TOO_FEW.

        FLAT is two one-sided tests at 5 %, so it asks the 90 % band (Schuirmann 1987, Journal of Pharmacokinetics and
        Biopharmaceutics 15)."""
        if not self.fits:
            return TOO_FEW
        if self.fits[0].model is not CONSTANT and (self.gain.low > 0 or self.gain.high < 0):
            return LAW
        _, low, high = self._gain(EQUIVALENCE)
        return FLAT if max(-low, high) <= MARGIN else UNCLEAR

    @property
    def extent(self) -> tuple[float, float]:
        """The sizes between which the curve is read."""
        return float(self.curve.sizes[0]) / self.factor, float(self.curve.sizes[-1]) * self.factor

    def score_at(self, size: float) -> Band:
        """Return the score at a size, in percent, with its band.

        Raises DataError where nothing was fitted, and for a size beyond the curve's by more than its factor."""
        self._require_fit()
        low, high = self.extent
        if not low <= size <= high:
            raise DataError(
                f"Size {size:,.0f} is too far from the sizes of '{self.curve.name}' ({self.curve.sizes[0]:,.0f} to "
                f"{self.curve.sizes[-1]:,.0f}): a curve is read at most {self.factor:g} times beyond its sizes, "
                f"{math.ceil(low):,} to {math.floor(high):,}.",
                value=f"{size:,.0f}",
            )
        return self.bands([size])[0]

    def bands(self, sizes: list[float]) -> list[Band]:
        """Return the scores at several sizes, none of them refused."""
        values, drawn = self.fits[0].scores(sizes), self.drawn_scores(sizes)
        return [self._band(value, drawn[:, i]) for i, value in enumerate(values)]

    @cached_property
    def saturation(self) -> Band:
        """The size from which on twice the data gains less than SATURATED points, with its band.

        It is looked for as long as twice the size is within the factor; infinite: not there. The smallest size of the
        curve where it has saturated before. nan where nothing was fitted."""
        if not self.fits:
            return Band(math.nan, math.nan, math.nan)
        sizes = self.grid(self.curve.sizes[0], self.extent[1])
        (fitted,) = _saturates(sizes, self.fits[0].scores(sizes)[None])
        return self._band(fitted, _saturates(sizes, self.drawn_scores(sizes)))

    def grid(self, low: float, high: float) -> np.ndarray:
        """Return sizes from `low` to at most `high`, STEPS_A_DOUBLING a doubling."""
        return np.asarray(low * 2 ** (np.arange(0, math.floor(math.log2(high / low) * STEPS_A_DOUBLING + 1e-9) + 1)
                                      / STEPS_A_DOUBLING))  # fmt: skip

    def drawn_scores(self, sizes: np.ndarray | list[float]) -> np.ndarray:
        """Return scores of the resampled fits [R, K]: of each model as many as its weight says."""
        return _mixed(self.fits, sizes)

    def _band(self, value: float, drawn: np.ndarray) -> Band:
        return band(float(value), drawn, len(self.curve.runs))

    def _require_fit(self) -> None:
        if not self.fits:
            raise DataError(f"The curve '{self.curve.name}' has {len(self.curve.sizes)} sizes; a fit needs three.")


def fit_curve(curve: SizeCurve, factor: float = FACTOR, resamples: int = RESAMPLES, seed: int = 0) -> CurveFit:
    """Fit a curve. Raises DataError for a factor below 1."""
    if not (math.isfinite(factor) and 1 <= factor <= 1000):
        raise DataError(f"A factor of {factor} beyond the sizes is none between 1 and 1,000.")
    return CurveFit(curve, fit_models(curve, resamples, seed), factor)


def _mixed(fits: Sequence[ModelFit], sizes: np.ndarray | list[float]) -> np.ndarray:
    """Return scores [R, K] of resampled fits, of each model as many as its share of the weights says."""
    fits = [fit for fit in fits if fit.drawn is not None]
    parts, start, resamples = [], 0, fits[0].resamples
    whole = sum(fit.weight for fit in fits)
    for i in range(len(fits)):
        stop = round(resamples * sum(fit.weight for fit in fits[: i + 1]) / whole)
        parts.append(fits[i].drawn_scores(sizes, start, stop))
        start = stop
    return np.concatenate(parts)


def _saturates(sizes: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """Return for each curve [R, K] the first size from which on no doubling gains SATURATED points; else infinity."""
    doubled = scores[:, STEPS_A_DOUBLING:] - scores[:, :-STEPS_A_DOUBLING]
    if not doubled.shape[1]:
        return np.full(len(scores), np.inf)
    gains = doubled >= SATURATED
    after = np.where(gains.any(axis=1), doubled.shape[1] - gains[:, ::-1].argmax(axis=1), 0)
    return np.asarray(np.append(sizes[: doubled.shape[1]], np.inf)[after])
