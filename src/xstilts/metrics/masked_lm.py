"""Metrics of masked LM: which masked tokens are guessed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from xstilts.metrics.tallies import percent


@dataclass(frozen=True)
class MaskedAccuracy:
    """Share of masked tokens that are guessed exactly. Gold and guess are token ids, one for each masked
    position."""

    name: ClassVar[str] = "masked_accuracy"
    counts: ClassVar[tuple[str, ...]] = ("correct", "total")
    headline: ClassVar[tuple[str, ...]] = ("masked_accuracy",)

    def tally(self, gold: Sequence[int], guess: Sequence[int], language: str) -> tuple[float, ...]:
        return float(sum(a == b for a, b in zip(gold, guess, strict=True))), float(len(gold))

    def values(self, counts: np.ndarray) -> Mapping[str, np.ndarray]:
        return {"masked_accuracy": percent(counts[..., 0], counts[..., 1])}
