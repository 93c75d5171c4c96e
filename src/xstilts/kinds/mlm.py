"""Masked language modelling (`mlm`): rows of text; what is masked is drawn by the head when a batch is made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import numpy as np
from annotated_types import Ge, Gt, Le, Lt

from xstilts.core.canonical import OMIT_DEFAULT
from xstilts.core.errors import DataError, EncoderError
from xstilts.data.examples import Example, TextExample
from xstilts.data.source import Row
from xstilts.kinds.base import Encoded, Kind
from xstilts.kinds.special_tokens import Frame, frame, longest_first
from xstilts.kinds.tokenizers import pieces, specials
from xstilts.kinds.user_data import unlabelled_text
from xstilts.metrics.masked_lm import MaskedAccuracy
from xstilts.metrics.tallies import Metric

if TYPE_CHECKING:
    from tokenizers import Tokenizer


@dataclass(frozen=True)
class MaskedLM(Kind):
    """`rate`: share of the text tokens that are masked; `seed`: which ones are masked in evaluation.

    `candidates`: in training the true token is told apart from the other true tokens of the update and from that many
    random ones, not from the whole vocabulary (in-batch softmax without correction for frequency: it learns how much
    likelier a token is here than anywhere). Several times cheaper where the vocabulary is large beside the encoder.

    A text with a pair is masked on both sides (translation language modelling, Conneau and Lample 2019).

    Columns of a row, beside the common ones:
        text  [start, end, ...] the half-open ranges of positions that hold text (what may be masked)
        mask  [id] the tokenizer's mask token
    gold [ids of the text] (a text is its own gold); output of the head for a row: (true ids [M], guessed ids [M]) at
    the masked places; guess: {"gold": [ids], "guess": [ids]} over all rows of the example.
    """

    rate: Annotated[float, Gt(0), Lt(1)] = 0.15
    seed: Annotated[int, Ge(0), Lt(2**63)] = 0
    candidates: Annotated[int | None, Ge(1), Le(10**9)] = field(default=None, metadata=OMIT_DEFAULT)

    name: ClassVar[str] = "mlm"
    example: ClassVar[type[Example]] = TextExample
    head: ClassVar[str] = "xstilts.heads.mlm:MaskedLMHead"
    hf_auto_class: ClassVar[str | None] = "AutoModelForMaskedLM"
    training_version: ClassVar[int] = 2  # the head goes on with the encoder

    @property
    def metrics(self) -> tuple[Metric, ...]:
        return (MaskedAccuracy(),)

    def check(self, example: TextExample) -> None:
        """Raise DataError for an empty text."""
        if not example.text.strip():
            raise DataError("an empty text", where=example.where)

    def encode(self, examples: Sequence[TextExample], tokenizer: Tokenizer, max_length: int) -> Encoded:
        """Return a row for each block of at most `max_length` tokens; a text with a pair is one row, cut longest-first.
        A text that gets no pieces gives no row (counted in `unusable`). Raises EncoderError when the tokenizer has no
        mask token."""
        mask = specials(tokenizer).mask
        if mask is None:
            raise EncoderError("the tokenizer has no mask token, so nothing can be masked")
        shapes = {1: frame(tokenizer, 1), 2: frame(tokenizer, 2)}
        names = ("example", "ids", "lengths", "segments", "gold", "text", "mask")
        columns: dict[str, list[Any]] = {name: [] for name in names}
        encoded = Encoded(columns=columns)
        first = pieces(tokenizer, [e.text for e in examples])
        second = pieces(tokenizer, [e.pair or "" for e in examples])
        for index, texts in enumerate(zip(first, second, strict=True)):
            for blocks in _blocks([ids for ids in texts if ids], shapes, max_length, encoded):
                shape = shapes[len(blocks)]
                row, segments = shape.join(*blocks)
                columns["example"].append(index)
                columns["ids"].append(row)
                columns["lengths"].append([len(row)])
                columns["segments"].append(segments)
                columns["gold"].append([token for block in blocks for token in block])
                columns["text"].append(shape.places(*blocks))
                columns["mask"].append([mask])
        return encoded

    def gold(self, example: TextExample) -> str:
        """Return the text: every text is labelled by itself."""
        return example.text

    def postprocess(
        self,
        examples: Sequence[TextExample],
        rows: Mapping[str, Any],
        outputs: Sequence[tuple[np.ndarray, np.ndarray]],
    ) -> list[dict[str, list[int]]]:
        guesses: list[dict[str, list[int]]] = [{"gold": [], "guess": []} for _ in examples]
        for row, (gold_M, guess_M) in enumerate(outputs):
            guess = guesses[int(rows["example"][row])]
            guess["gold"] += [int(token) for token in gold_M]
            guess["guess"] += [int(token) for token in guess_M]
        return guesses

    def chance_guesses(self, golds: Sequence[str]) -> list[dict[str, list[int]]]:
        """Return one wrong guess for each text: 0. (The commonest token would need the tokenizer; it is right for a few
        per cent.)"""
        return [{"gold": [0], "guess": [-1]} for _ in golds]

    def count(
        self,
        metric: Metric,
        examples: Sequence[TextExample],
        guesses: Sequence[Mapping[str, list[int]]],
        language: str,
    ) -> np.ndarray:
        """Return counts [N, K]; the guess holds the true ids too, which only the head knows."""
        rows = [metric.tally(guess["gold"], guess["guess"], language) for guess in guesses]
        return np.asarray(rows, dtype=np.float64).reshape(len(rows), len(metric.counts))

    def from_user_row(self, row: Row, number: str) -> Example:
        return unlabelled_text(row, number)


def _blocks(
    texts: list[list[int]], shapes: Mapping[int, Frame], max_length: int, encoded: Encoded
) -> list[tuple[list[int], ...]]:
    """Return the texts of each row that an example becomes; what is lost is counted in `encoded`."""
    if not texts:
        encoded.unusable += 1
        return []
    room = shapes[len(texts)].room(max_length)
    if len(texts) == 2:
        sizes = longest_first(len(texts[0]), len(texts[1]), room)
        encoded.truncated += sum(sizes) < len(texts[0]) + len(texts[1])
        return [(texts[0][: sizes[0]], texts[1][: sizes[1]])]
    (ids,) = texts
    encoded.split += len(ids) > room
    return [(ids[start : start + room],) for start in range(0, len(ids), room)]
