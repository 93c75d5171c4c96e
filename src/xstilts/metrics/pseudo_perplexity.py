"""Metric of pseudo-perplexity: how well an encoder's own masked-LM head knows the tokens of a text."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np


@dataclass(frozen=True)
class PseudoPerplexity:
    """pseudo_perplexity: exp(-sum of log-probabilities / tokens), each token masked alone (Salazar et al. 2020); lower
    is better, and it is no percentage. certainty, the headline, says the same on the scale of other scores: 0 where the
    head finds all of the vocabulary equally likely, 100 where it is sure of every token, below 0 where it is worse than
    knowing nothing: 100 (1 - log pseudo-perplexity / log vocabulary).

    >>> values = PseudoPerplexity().values(np.array([2 * math.log(0.25), 2.0, 2 * math.log(16)]))
    >>> [round(float(values[name]), 6) for name in ("certainty", "pseudo_perplexity")]
    [50.0, 4.0]
    """

    name: ClassVar[str] = "pseudo_perplexity"
    counts: ClassVar[tuple[str, ...]] = ("log_probability", "tokens", "log_vocabulary")
    headline: ClassVar[tuple[str, ...]] = ("certainty",)

    def tally(self, gold: str, guess: Mapping[str, float], language: str) -> tuple[float, ...]:
        return float(guess["log_probability"]), float(guess["tokens"]), float(guess["log_vocabulary"])

    def values(self, counts: np.ndarray) -> Mapping[str, np.ndarray]:
        log_probability, tokens, vocabulary = (np.asarray(counts[..., i], dtype=np.float64) for i in range(3))
        lost = np.divide(-log_probability, vocabulary, out=np.full(tokens.shape, math.nan), where=vocabulary != 0)
        mean = np.divide(-log_probability, tokens, out=np.full(tokens.shape, math.nan), where=tokens != 0)
        return {"certainty": 100.0 * (1.0 - lost), "pseudo_perplexity": np.exp(mean)}
