"""The regression head: a number for a sequence. N sequences, one a row."""

from __future__ import annotations

from typing import Any

from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from xstilts.heads.base import Head, Loss
from xstilts.heads.pretrained_heads import make_part
from xstilts.kinds.regression import STEPS, Regression
from xstilts.nn.batch import Batch
from xstilts.nn.encoder import Encoder


class RegressionHead(Head):
    """scores: numbers [N], 0 for the lowest end of the scale and 1 for the highest; decode: a number a row."""

    def __init__(self, kind: Regression, encoder: Encoder) -> None:
        super().__init__()
        self.part = make_part(kind, 1, encoder)

    def reads(self, batch: Batch) -> Tensor | None:
        return self.part.reads(batch)

    def forward(self, hidden_TD: Tensor, batch: Batch) -> Tensor:
        return self.part.sequences(hidden_TD, batch)[:, 0]

    def loss(self, scores: Tensor, batch: Batch) -> Loss:
        return Loss(F.mse_loss(scores, batch.gold.to(scores.dtype) / STEPS, reduction="sum"), len(scores))

    def decode(self, scores: Tensor, batch: Batch) -> list[Any]:
        return list(scores.detach().float().cpu().numpy())
