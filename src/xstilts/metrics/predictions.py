"""Metrics of predictions that hold or not: minimal pairs, and SyntaxGym's predictions about regions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from xstilts.metrics.tallies import percent


@dataclass(frozen=True)
class PredictionAccuracy:
    """Share of the predictions that hold. A guess has for each way of scoring a number for each prediction: 1 where it
    holds, 0 where not, a share where it is a matter of chance. The first of `ways` is the headline.

    >>> PredictionAccuracy().tally(["good > bad"], {"holds": {"within-word": [1.0]}}, "en")
    (1.0, 1.0)
    """

    ways: tuple[str, ...] = ("within-word",)

    name: ClassVar[str] = "prediction_accuracy"
    headline: ClassVar[tuple[str, ...]] = ("accuracy",)

    @property
    def counts(self) -> tuple[str, ...]:
        return ("correct", "total", *(f"correct {way}" for way in self.ways[1:]))

    def tally(self, gold: Sequence[str], guess: Mapping[str, Any], language: str) -> tuple[float, ...]:
        first, *others = (float(sum(guess["holds"][way])) for way in self.ways)
        return (first, float(len(gold)), *others)

    def values(self, counts: np.ndarray) -> Mapping[str, np.ndarray]:
        total = counts[..., 1]
        others = {f"accuracy {way}": percent(counts[..., 2 + i], total) for i, way in enumerate(self.ways[1:])}
        return {"accuracy": percent(counts[..., 0], total)} | others
