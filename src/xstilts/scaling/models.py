"""Scaling models: four ways in which a score (percent) may depend on the size of the training data.

Every model is `score = first (1 - s) + last s` with a basis s that depends on the size and on none to two numbers of
its own ("shape"). `first` and `last` are scores themselves, bounded by 0 and 100; so least squares is linear in them
and bounded by a box, whatever the model.

* constant: s = 0.
* log-linear: s rises with the logarithm of the size, 0 at the smallest size and 1 at the largest.
* power law with a floor on the error: error = floor + a size^-b (Hestness et al. 2017, "Deep learning scaling is
  predictable, empirically"; Rosenfeld et al. 2020, ICLR). s = 1 - (size / smallest)^-b; `last` is the asymptote.
* logistic in the logarithm of the size, four parameters: s = 1 / (1 + (size / midpoint)^-k), the dose-response curve
  (Finney 1971, "Probit analysis"); `first` and `last` are the asymptotes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

EXPONENTS = (0.02, 4.0)  # of the power law
SLOPES = (0.2, 12.0)  # of the logistic
BEYOND = 1.5  # how far outside the sizes, in their logarithms' range, a midpoint may lie
_GRID = (0, 24, 13)  # values of a shape number that a search begins with, where there are so many of them


class SizeRange(NamedTuple):
    """The logarithms of the smallest and the largest size of a curve."""

    low: float
    high: float

    @property
    def span(self) -> float:
        return (self.high - self.low) or 1.0


Basis = Callable[[np.ndarray, np.ndarray, SizeRange], np.ndarray]


@dataclass(frozen=True, kw_only=True)
class ScalingModel:
    """One model.

    basis: logarithms of sizes [..., K], shape numbers [..., D] -> s [..., K].
    bounds: the range of sizes -> least and greatest value of each shape number [D, 2].
    shape: how many shape numbers there are (D).
    parameters: `first`, `last`, shape numbers, range -> what a reader calls the parameters, and their values.
    formula: in words.
    """

    name: str
    formula: str
    shape: int
    free: int  # parameters, all together
    basis: Basis
    bounds: Callable[[SizeRange], np.ndarray]
    parameters: Callable[[np.ndarray, np.ndarray, np.ndarray, SizeRange], Mapping[str, np.ndarray]]

    @property
    def sizes_needed(self) -> int:
        """Distinct sizes without which no size would be left to speak against the model."""
        return 1 if self.free == 1 else self.free + 1

    def scores(
        self, first: np.ndarray, last: np.ndarray, shape: np.ndarray, sizes: np.ndarray, extent: SizeRange
    ) -> np.ndarray:
        """Return the scores at `sizes` [K] of curves [..., K], cut off at 0 and 100."""
        s = self.basis(np.log(sizes), shape, extent)
        return np.asarray(np.clip(first[..., None] * (1 - s) + last[..., None] * s, 0.0, 100.0))

    def grid(self, extent: SizeRange) -> np.ndarray:
        """Return shape numbers [G, D] that a search begins with."""
        axes = [np.linspace(low, high, _GRID[self.shape]) for low, high in self.bounds(extent)]
        return np.stack([axis.ravel() for axis in np.meshgrid(*axes)], axis=-1) if axes else np.zeros((1, 0))


def _nothing(extent: SizeRange) -> np.ndarray:
    return np.zeros((0, 2))


def _zero(x: np.ndarray, shape: np.ndarray, extent: SizeRange) -> np.ndarray:
    return np.zeros(np.broadcast_shapes((*shape.shape[:-1], 1), x.shape))


def _line(x: np.ndarray, shape: np.ndarray, extent: SizeRange) -> np.ndarray:
    return np.broadcast_to((x - extent.low) / extent.span, np.broadcast_shapes((*shape.shape[:-1], 1), x.shape))


def _power(x: np.ndarray, shape: np.ndarray, extent: SizeRange) -> np.ndarray:
    exponent = np.exp(shape[..., 0:1])
    return np.asarray(-np.expm1(np.clip(-exponent * (x - extent.low), -700, 50)))


def _sigmoid(x: np.ndarray, shape: np.ndarray, extent: SizeRange) -> np.ndarray:
    slope, middle = np.exp(shape[..., 0:1]), shape[..., 1:2]
    return np.asarray(1 / (1 + np.exp(np.clip(-slope * (x - middle), -500, 500))))


def _power_bounds(extent: SizeRange) -> np.ndarray:
    return np.log([EXPONENTS])


def _sigmoid_bounds(extent: SizeRange) -> np.ndarray:
    reach = (BEYOND - 1) * extent.span
    return np.array([np.log(SLOPES), (extent.low - reach, extent.high + reach)])


CONSTANT = ScalingModel(
    name="constant",
    formula="score = level",
    shape=0,
    free=1,
    basis=_zero,
    bounds=_nothing,
    parameters=lambda first, last, shape, extent: {"level": first},
)
LOG_LINEAR = ScalingModel(
    name="log-linear",
    formula="score = at_smallest + per_doubling × log2(size / smallest)",
    shape=0,
    free=2,
    basis=_line,
    bounds=_nothing,
    parameters=lambda first, last, shape, extent: {
        "at_smallest": first,
        "per_doubling": (last - first) * np.log(2) / extent.span,
    },
)
POWER_LAW = ScalingModel(
    name="power law",
    formula="100 − score = error_floor + (100 − error_floor − at_smallest) × (size / smallest)^−exponent",
    shape=1,
    free=3,
    basis=_power,
    bounds=_power_bounds,
    parameters=lambda first, last, shape, extent: {
        "error_floor": 100 - last,
        "at_smallest": first,
        "exponent": np.exp(shape[..., 0]),
    },
)
LOGISTIC = ScalingModel(
    name="logistic",
    formula="score = lower + (upper − lower) / (1 + (size / midpoint)^−slope)",
    shape=2,
    free=4,
    basis=_sigmoid,
    bounds=_sigmoid_bounds,
    parameters=lambda first, last, shape, extent: {
        "lower": first,
        "upper": last,
        "slope": np.exp(shape[..., 0]),
        "midpoint": np.exp(shape[..., 1]),
    },
)
MODELS = (CONSTANT, LOG_LINEAR, POWER_LAW, LOGISTIC)
