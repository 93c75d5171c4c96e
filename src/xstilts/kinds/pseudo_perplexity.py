"""Pseudo-perplexity of texts by the encoder's own masked-LM head: how far it has drifted from its pretraining."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from xstilts.core.errors import DataError
from xstilts.data.examples import Example, TextExample
from xstilts.kinds.pseudo_likelihood import Masking, PseudoLikelihood, Sentence, Way
from xstilts.metrics.pseudo_perplexity import PseudoPerplexity
from xstilts.metrics.tallies import Metric

CHANCE = -20.0  # the log-probability of a token for a head that knows nothing: 0.0000002 %


@dataclass(frozen=True)
class TextPerplexity(PseudoLikelihood):
    """gold: the text itself; guess: {"log_probability": sum over its tokens, "tokens": their number}."""

    masking: Masking = "original"

    name: ClassVar[str] = "pseudo_perplexity"
    example: ClassVar[type[Example]] = TextExample

    @property
    def metrics(self) -> tuple[Metric, ...]:
        return (PseudoPerplexity(),)

    def check(self, example: TextExample) -> None:
        """Raise DataError for a blank text."""
        if not example.text.strip():
            raise DataError("an empty text", where=example.where)

    def sentences(self, example: TextExample) -> Sequence[Sentence]:
        return (Sentence.whole(example.text),)

    def gold(self, example: TextExample) -> str:
        return example.text

    def guess(self, example: TextExample, sums: Mapping[Way, np.ndarray], tokens: np.ndarray) -> Any:
        return {"log_probability": float(sums[self.ways[0]].sum()), "tokens": int(tokens.sum())}

    def chance_guesses(self, golds: Sequence[str]) -> list[Any]:
        """Return next to no probability: an even guess over a vocabulary would need the tokenizer."""
        return [{"log_probability": CHANCE, "tokens": 1} for _ in golds]
