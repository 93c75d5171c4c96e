"""Exchange rates: how many target examples an example of the intermediate task is worth.

Two curves over the size of the target's training data, one without the intermediate phase and one with it. What the
phase gives at a size is the target examples that reach the same score without it, minus those that were used: the
effective data transferred (Hernandez et al. 2021, "Scaling laws for transfer"). Divided by the examples of the phase it
is the exchange rate. Both are scored on the same test examples, which are resampled together.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from xstilts.core.errors import DataError
from xstilts.scaling.bands import Band, band
from xstilts.scaling.curve_fit import LAW, CurveFit


@dataclass(frozen=True, kw_only=True)
class ExchangeRate:
    """The exchange at one size of the target's data.

    equivalent: target examples that reach the same score without the phase. Infinite where the other curve does not
        reach it as far as it may be read, `reach` examples; 0 where it is above everywhere.
    rate: target examples that one intermediate example is worth.
    """

    size: int
    equivalent: Band
    rate: Band
    reach: float


def exchange_rates(without: CurveFit, with_phase: CurveFit, examples: int) -> tuple[ExchangeRate, ...]:
    """Return the exchange at each size that both curves have. `examples`: those of the intermediate phase.

    Raises DataError where the curve without the phase does not rise with the size, so that nothing can be counted in
    target examples, where the curves share no size, and for less than one example."""
    names = f"'{without.curve.name}' and '{with_phase.curve.name}'"
    if examples < 1:
        raise DataError(f"{examples} intermediate examples have no exchange rate.")
    if without.verdict != LAW or without.gain.value <= 0 or with_phase.chosen is None:
        lame = without if with_phase.chosen is not None else with_phase
        said = lame.verdict if lame.verdict != LAW else "it falls"
        raise DataError(
            f"No exchange rate between {names}: the score of '{lame.curve.name}' is not shown to rise with the target "
            f"examples ({said}), so nothing can be counted in them."
        )
    shared = [int(size) for size in without.curve.sizes if size in with_phase.curve.sizes]
    if not shared:
        raise DataError(f"No exchange rate between {names}: they have no size in common.")
    grid = without.grid(*without.extent)
    fitted = without.chosen.scores(grid)[None] if without.chosen else np.zeros((0, len(grid)))
    drawn, runs = without.drawn_scores(grid), min(len(without.curve.runs), len(with_phase.curve.runs))
    rates = []
    for size in shared:
        value = _reaches(grid, fitted, with_phase.chosen.scores([size]))[0]
        other = with_phase.drawn_scores([size])[:, 0]
        equivalent = band(float(value), _reaches(grid, drawn, other), runs)
        rate = Band(*((one - size) / examples for one in equivalent))
        rates.append(ExchangeRate(size=size, equivalent=equivalent, rate=rate, reach=float(grid[-1])))
    return tuple(rates)


def _reaches(grid: np.ndarray, scores: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Return for each curve [R, K] the size at which it reaches a score [R], between two sizes of the grid by the
    logarithm; 0 where it begins above, infinity where it ends below."""
    reached = scores >= wanted[:, None]
    place = reached.argmax(axis=1)
    rows, before = np.arange(len(scores)), np.maximum(place - 1, 0)
    low, high = scores[rows, before], scores[rows, place]
    share = np.where(high > low, (wanted - low) / np.where(high > low, high - low, 1.0), 1.0)
    size = grid[before] * (grid[place] / grid[before]) ** share
    size = np.where(place == 0, 0.0, size)
    return np.where(reached.any(axis=1), size, math.inf)
