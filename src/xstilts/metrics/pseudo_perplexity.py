"""Metric of pseudo-perplexity: how likely an encoder's own masked-LM head finds the tokens of a text."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np


@dataclass(frozen=True)
class PseudoPerplexity:
    """The geometric mean of the probabilities of all tokens, each masked alone, in percent; and one over it, the
    pseudo-perplexity exp(-sum of log-probabilities / tokens) of Salazar et al. 2020, which is no percentage.

    >>> values = PseudoPerplexity().values(np.array([2 * math.log(0.25), 2.0]))
    >>> [round(float(values[name]), 6) for name in ("token_probability", "pseudo_perplexity")]
    [25.0, 4.0]
    """

    name: ClassVar[str] = "pseudo_perplexity"
    counts: ClassVar[tuple[str, ...]] = ("log_probability", "tokens")
    headline: ClassVar[tuple[str, ...]] = ("token_probability",)

    def tally(self, gold: str, guess: Mapping[str, float], language: str) -> tuple[float, ...]:
        return float(guess["log_probability"]), float(guess["tokens"])

    def values(self, counts: np.ndarray) -> Mapping[str, np.ndarray]:
        log_probability, tokens = np.asarray(counts[..., 0], dtype=np.float64), np.asarray(counts[..., 1])
        mean = np.divide(log_probability, tokens, out=np.full(tokens.shape, math.nan), where=tokens != 0)
        return {"token_probability": 100.0 * np.exp(mean), "pseudo_perplexity": np.exp(-mean)}
