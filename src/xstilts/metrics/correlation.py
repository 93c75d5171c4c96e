"""Correlations of guessed numbers with gold ones, times 100.

Both are made of sums over examples, so that any resampling is a matrix product. 0 where one side does not vary, for
which `scipy.stats` has no number: guesses that are all the same say nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np


@dataclass(frozen=True)
class _Sums:
    """The base of both: what their formula is made of."""

    counts: ClassVar[tuple[str, ...]] = ("gold", "guess", "gold_squared", "guess_squared", "product", "total")

    def tally(self, gold: float, guess: float, language: str) -> tuple[float, ...]:
        return gold, guess, gold * gold, guess * guess, gold * guess, 1.0


@dataclass(frozen=True)
class Pearson(_Sums):
    """Pearson's correlation (`scipy.stats.pearsonr`). Numbers near 0 keep its sums exact: a kind gives them so."""

    name: ClassVar[str] = "pearson"
    headline: ClassVar[tuple[str, ...]] = ("pearson",)

    def values(self, counts: np.ndarray) -> Mapping[str, np.ndarray]:
        return {"pearson": correlation(counts)}


@dataclass(frozen=True)
class Spearman(_Sums):
    """Spearman's rank correlation (`scipy.stats.spearmanr`): Pearson's of the ranks within a language, equal numbers
    sharing the mean of theirs. A resample keeps the ranks of the whole. `gold` and `guess` are ranks (`ranks`)."""

    name: ClassVar[str] = "spearman"
    headline: ClassVar[tuple[str, ...]] = ("spearman",)

    def values(self, counts: np.ndarray) -> Mapping[str, np.ndarray]:
        return {"spearman": correlation(counts)}


def correlation(counts: np.ndarray) -> np.ndarray:
    """Return Pearson's correlation [...] in percent of sums of counts [..., 6] as `_Sums` names them."""
    gold, guess, gold_squared, guess_squared, product, total = np.moveaxis(np.asarray(counts, dtype=np.float64), -1, 0)
    of_gold, of_guess = total * gold_squared - gold**2, total * guess_squared - guess**2
    # What is left of equal numbers is rounding, in proportion to the sums it is left of.
    varies = (of_gold > 1e-9 * total * gold_squared) & (of_guess > 1e-9 * total * guess_squared)
    spread = np.sqrt(np.where(varies, of_gold * of_guess, 1.0))
    value = np.where(varies, (total * product - gold * guess) / spread, 0.0)
    clipped: np.ndarray = np.where(total > 0, 100.0 * np.clip(value, -1.0, 1.0), np.nan)
    return clipped


def ranks(numbers: Sequence[float]) -> list[float]:
    """Return the ranks of numbers, laid from -1 to 1; equal numbers have the mean of theirs.

    >>> ranks([3.0, 1.0, 2.0, 2.0])
    [1.0, -1.0, 0.0, 0.0]
    """
    order, places = np.unique(np.asarray(numbers, dtype=np.float64), return_inverse=True)
    sizes = np.bincount(places, minlength=len(order))
    middles = np.cumsum(sizes) - (sizes + 1) / 2  # from 0
    half = max((len(numbers) - 1) / 2, 0.5)
    return [float(rank) for rank in (middles[places] - half) / half]
