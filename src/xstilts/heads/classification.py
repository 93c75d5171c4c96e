"""The classification head: one label for a sequence. N sequences (one a row), C labels."""

from __future__ import annotations

from typing import Any

from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from xstilts.heads.base import Head, Loss, Rows
from xstilts.heads.class_scores import ClassScores, whole_rows
from xstilts.heads.pretrained_heads import make_part
from xstilts.kinds.classification import Classification
from xstilts.nn.batch import Batch
from xstilts.nn.encoder import Encoder


class ClassificationHead(Head):
    """scores: logits [N, C]; decode: logits [C] a row."""

    def __init__(self, kind: Classification, encoder: Encoder) -> None:
        super().__init__()
        self.part = make_part(kind, len(kind.labels), encoder)

    def reads(self, batch: Batch) -> Tensor | None:
        return self.part.reads(batch)

    def forward(self, hidden_TD: Tensor, batch: Batch) -> Tensor:
        return self.part.sequences(hidden_TD, batch)

    def loss(self, scores: Tensor, batch: Batch) -> Loss:
        return Loss(F.cross_entropy(scores, batch.gold, reduction="sum"), len(scores))

    def decode(self, scores: Tensor, batch: Batch) -> list[Any]:
        return list(scores.detach().float().cpu().numpy())

    def class_scores(self, scores: Tensor, rows: Rows) -> tuple[ClassScores, ...]:
        return (whole_rows(scores.float().log_softmax(-1)),)
