"""A kind in a file of its own: a text has a number of stars, which its head regresses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

from toy_rating_metric import Closeness
from xstilts.core.errors import DataError
from xstilts.data.examples import Example, TextExample
from xstilts.data.row_makers.catalog import TextRow
from xstilts.data.source import Row, RowMaker
from xstilts.kinds.base import Encoded, Kind
from xstilts.kinds.special_tokens import encode_texts
from xstilts.kinds.user_data import TaskDeclaration, UserColumns, id_and_group, unlabelled_text
from xstilts.metrics.tallies import Metric

if TYPE_CHECKING:
    from tokenizers import Tokenizer


@dataclass(frozen=True)
class StarRating(Kind):
    """gold [stars]; output of the head for a row: a number; guess: the nearest number of stars."""

    most: int = 5

    name: ClassVar[str] = "star_rating"
    example: ClassVar[type[Example]] = TextExample
    head: ClassVar[str] = "toy_rating_head:StarRatingHead"
    typical_tokens: ClassVar[float] = 7.0
    default_max_length: ClassVar[int] = 24
    survives_translation: ClassVar[bool] = True
    user_columns: ClassVar[UserColumns | None] = UserColumns(required=("text", "stars"), optional=("id", "group"))

    @property
    def metrics(self) -> tuple[Metric, ...]:
        return (Closeness(),)

    def check(self, example: TextExample) -> None:
        if example.label is not None and example.label not in map(str, range(1, self.most + 1)):
            raise DataError(f"'{example.label}' is no number of stars", where=example.where)

    def encode(self, examples: Sequence[TextExample], tokenizer: Tokenizer, max_length: int) -> Encoded:
        encoded = encode_texts([e.text for e in examples], [None] * len(examples), tokenizer, max_length)
        columns: dict[str, list[Any]] = {
            "example": list(range(len(examples))),
            "ids": encoded.ids,
            "lengths": [[len(ids)] for ids in encoded.ids],
            "segments": encoded.segments,
            "gold": [[] if e.label is None else [int(e.label)] for e in examples],
        }
        return Encoded(columns=columns, truncated=sum(encoded.cut))

    def gold(self, example: TextExample) -> int | None:
        return None if example.label is None else int(example.label)

    def postprocess(
        self, examples: Sequence[TextExample], rows: Mapping[str, Any], outputs: Sequence[np.ndarray]
    ) -> list[int]:
        guesses = [1] * len(examples)
        for row, stars in enumerate(outputs):
            guesses[int(rows["example"][row])] = int(np.clip(round(float(stars)), 1, self.most))
        return guesses

    def chance_guesses(self, golds: Sequence[int]) -> list[int]:
        """The median everywhere."""
        return [sorted(golds)[len(golds) // 2]] * len(golds) if golds else []

    @classmethod
    def from_user_task(cls, task: TaskDeclaration, where: str) -> Self:
        return cls()

    @classmethod
    def user_row_maker(cls, task: TaskDeclaration, columns: Mapping[str, Any]) -> RowMaker:
        return TextRow(text=columns["text"], label=columns["stars"], **id_and_group(columns))

    def from_user_row(self, row: Row, number: str) -> TextExample:
        return unlabelled_text(row, number)
