"""A metric in a file of its own: how close a guessed number of stars is to the true one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from xstilts.metrics.tallies import percent

FURTHEST = 4  # from one star to five


@dataclass(frozen=True)
class Closeness:
    """100 for the right number of stars, 0 for the other end of the scale."""

    name: ClassVar[str] = "closeness"
    counts: ClassVar[tuple[str, ...]] = ("closeness", "total")
    headline: ClassVar[tuple[str, ...]] = ("closeness",)

    def tally(self, gold: int, guess: int, language: str) -> tuple[float, ...]:
        return 1 - abs(gold - guess) / FURTHEST, 1.0

    def values(self, counts: np.ndarray) -> Mapping[str, np.ndarray]:
        return {"closeness": percent(counts[..., 0], counts[..., 1])}
