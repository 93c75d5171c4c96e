"""F1 of labels: over all of them together, or label by label. An example has one label, or any number of them.

A label that no example has and no guess is, is left out of a mean over labels: `f1_score` of scikit-learn (1.3 and
later) with `zero_division=np.nan`, which for a label an example is its default too. A label that is never guessed
right has 0.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from xstilts.metrics.tallies import percent

_PARTS = ("both", "gold", "guessed")  # of a label, how often: guessed right, in the gold, guessed


@dataclass(frozen=True)
class _LabelCounts:
    """The base of F1 of labels: three counts for each. `labels`: all of a task; () in the catalogue, whose formulas
    read as many as there are counts."""

    labels: tuple[str, ...] = ()

    @property
    def counts(self) -> tuple[str, ...]:
        return tuple(f"{part} {label}" for label in self.labels for part in _PARTS)

    def tally(self, gold: str | Sequence[str], guess: str | Sequence[str], language: str) -> tuple[float, ...]:
        golds, guesses = ({value} if isinstance(value, str) else set(value) for value in (gold, guess))
        return tuple(
            float(count)
            for label in self.labels
            for count in (label in golds and label in guesses, label in golds, label in guesses)
        )


@dataclass(frozen=True)
class MicroF1(_LabelCounts):
    """F1 of all decisions together, whatever their label; with one label an example it is accuracy."""

    name: ClassVar[str] = "micro_f1"
    headline: ClassVar[tuple[str, ...]] = ("micro_f1",)

    def values(self, counts: np.ndarray) -> Mapping[str, np.ndarray]:
        both, gold, guessed = np.moveaxis(_by_label(counts).sum(axis=-2), -1, 0)
        return {"micro_f1": percent(2 * both, gold + guessed)}


@dataclass(frozen=True)
class MacroF1(_LabelCounts):
    """Mean over labels of their F1."""

    name: ClassVar[str] = "macro_f1"
    headline: ClassVar[tuple[str, ...]] = ("macro_f1",)

    def values(self, counts: np.ndarray) -> Mapping[str, np.ndarray]:
        f1 = _f1_of_labels(counts)
        there = np.isfinite(f1)
        return {"macro_f1": percent(np.where(there, f1, 0).sum(axis=-1), there.sum(axis=-1)) / 100}


@dataclass(frozen=True)
class WeightedF1(_LabelCounts):
    """Mean over labels of their F1, each as often as it is in the gold."""

    name: ClassVar[str] = "weighted_f1"
    headline: ClassVar[tuple[str, ...]] = ("weighted_f1",)

    def values(self, counts: np.ndarray) -> Mapping[str, np.ndarray]:
        gold, f1 = _by_label(counts)[..., 1], _f1_of_labels(counts)
        return {"weighted_f1": percent((gold * np.nan_to_num(f1)).sum(axis=-1), gold.sum(axis=-1)) / 100}


def _by_label(counts: np.ndarray) -> np.ndarray:
    """Return counts [..., C, 3] of counts [..., 3 C]."""
    counts = np.asarray(counts, dtype=np.float64)
    return counts.reshape(*counts.shape[:-1], -1, len(_PARTS))


def _f1_of_labels(counts: np.ndarray) -> np.ndarray:
    """Return F1 of each label in percent, [..., C]; nan for one that is nowhere."""
    both, gold, guessed = np.moveaxis(_by_label(counts), -1, 0)
    return percent(2 * both, gold + guessed)
