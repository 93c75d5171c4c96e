"""Metrics of labels: one for each example."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from xstilts.metrics.tallies import percent


@dataclass(frozen=True)
class Accuracy:
    """Share of examples whose guess equals the gold (classification: a label; multiple choice: an option's
    index)."""

    name: ClassVar[str] = "accuracy"
    counts: ClassVar[tuple[str, ...]] = ("correct", "total")
    headline: ClassVar[tuple[str, ...]] = ("accuracy",)

    def tally(self, gold: Any, guess: Any, language: str) -> tuple[float, ...]:
        return float(gold == guess), 1.0

    def values(self, counts: np.ndarray) -> Mapping[str, np.ndarray]:
        return {"accuracy": percent(counts[..., 0], counts[..., 1])}
