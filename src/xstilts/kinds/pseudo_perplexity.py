"""Pseudo-perplexity of texts by the encoder's own masked-LM head: how far it has drifted from its pretraining."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from xstilts.core.errors import DataError
from xstilts.data.examples import Example, TextExample
from xstilts.kinds.base import Encoded
from xstilts.kinds.pseudo_likelihood import Masking, PseudoLikelihood, Sentence, Way
from xstilts.metrics.pseudo_perplexity import PseudoPerplexity
from xstilts.metrics.tallies import Metric

if TYPE_CHECKING:
    from tokenizers import Tokenizer


@dataclass(frozen=True)
class TextPerplexity(PseudoLikelihood):
    """A row's column beside those of `PseudoLikelihood`: `vocabulary` [1], the number of pieces of the tokenizer.

    gold: the text itself; guess: {"log_probability": sum over its tokens, "tokens": their number, "log_vocabulary":
    minus that sum for a head that finds all pieces equally likely}."""

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

    def encode(self, examples: Sequence[TextExample], tokenizer: Tokenizer, max_length: int) -> Encoded:
        encoded = super().encode(examples, tokenizer, max_length)
        encoded.columns["vocabulary"] = [[tokenizer.get_vocab_size()] for _ in encoded.columns["ids"]]
        return encoded

    def guess(self, example: TextExample, sums: Mapping[Way, np.ndarray], tokens: np.ndarray) -> Any:
        return {"log_probability": float(sums[self.ways[0]].sum()), "tokens": int(tokens.sum()), "log_vocabulary": 0.0}

    def postprocess(
        self, examples: Sequence[TextExample], rows: Mapping[str, Any], outputs: Sequence[np.ndarray]
    ) -> list[Any]:
        guesses = super().postprocess(examples, rows, outputs)
        for row in range(len(outputs)):
            guess = guesses[int(rows["example"][row])]
            guess["log_vocabulary"] = guess["tokens"] * math.log(int(rows["vocabulary"][row][0]))
        return guesses

    def chance_guesses(self, golds: Sequence[str]) -> list[Any]:
        """Return an even guess over the vocabulary."""
        return [{"log_probability": -1.0, "tokens": 1, "log_vocabulary": 1.0} for _ in golds]
