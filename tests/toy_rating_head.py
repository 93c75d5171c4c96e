"""The head of the toy kind in `toy_rating_kind`: a linear layer on the mean of a text's tokens. R rows of one text."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn

from toy_rating_kind import StarRating
from xstilts.heads.base import Head, Loss, split
from xstilts.nn import ragged
from xstilts.nn.batch import Batch
from xstilts.nn.encoder import Encoder


class StarRatingHead(Head):
    """scores: stars [R]; decode: a number a row."""

    def __init__(self, kind: StarRating, encoder: Encoder) -> None:
        super().__init__()
        self.part = nn.Linear(encoder.hidden_size, 1).to(encoder.embeddings.weight.device)
        nn.init.constant_(self.part.bias, (1 + kind.most) / 2)

    def forward(self, hidden_TD: Tensor, batch: Batch) -> Tensor:
        return self.part(ragged.mean(hidden_TD, batch.lengths_N))[:, 0].float()

    def loss(self, scores: Tensor, batch: Batch) -> Loss:
        return Loss(((scores - batch.gold.float()) ** 2).sum(), len(scores))

    def decode(self, scores: Tensor, batch: Batch) -> list[Any]:
        return [row[0] for row in split(scores, [1] * len(scores))]
