"""Similarity: how near two vectors are, as a mean cosine (a student's and its teacher's)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from xstilts.metrics.tallies import percent


@dataclass(frozen=True)
class Similarity:
    """Mean cosine in per cent. A guess is a cosine, None (no vector) counts as 0."""

    name: ClassVar[str] = "similarity"
    counts: ClassVar[tuple[str, ...]] = ("cosines", "examples")
    headline: ClassVar[tuple[str, ...]] = ("similarity",)

    def tally(self, gold: float, guess: float | None, language: str) -> tuple[float, ...]:
        return guess or 0.0, 1.0

    def values(self, counts: np.ndarray) -> Mapping[str, np.ndarray]:
        return {"similarity": percent(counts[..., 0], counts[..., 1])}
