"""The multiple-choice head: one score for each option; the right one should be the largest.

N sequences (the options of all rows), R rows, K the most options of a row.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from xstilts.heads.base import Head, Loss, Rows
from xstilts.heads.class_scores import ClassScores, whole_rows
from xstilts.heads.pretrained_heads import make_part
from xstilts.kinds.choice import Choice
from xstilts.nn import ragged
from xstilts.nn.batch import Batch
from xstilts.nn.encoder import Encoder


class ChoiceHead(Head):
    """scores: log-probabilities of each row's options [R, K], -inf where a row has fewer; decode: its own k of them."""

    def __init__(self, kind: Choice, encoder: Encoder) -> None:
        super().__init__()
        self.part = make_part(kind, 1, encoder)

    def reads(self, batch: Batch) -> Tensor | None:
        return self.part.reads(batch)

    def forward(self, hidden_TD: Tensor, batch: Batch) -> Tensor:
        scores_N = self.part.sequences(hidden_TD, batch)[:, 0]
        return ragged.rectangle(scores_N, torch.tensor(batch.sequences_R)).log_softmax(dim=-1)

    def loss(self, scores: Tensor, batch: Batch) -> Loss:
        return Loss(-scores.gather(1, batch.gold[:, None]).sum(), len(scores))

    def decode(self, scores: Tensor, batch: Batch) -> list[Any]:
        rows_RK = scores.detach().cpu().numpy()
        return [row_K[:options] for row_K, options in zip(rows_RK, batch.sequences_R, strict=True)]

    def class_scores(self, scores: Tensor, rows: Rows) -> tuple[ClassScores, ...]:
        return (whole_rows(scores.float()),)
