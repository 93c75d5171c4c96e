"""The regression head: a number for a sequence. N sequences, one a row."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from xstilts.heads.base import Loss
from xstilts.heads.sequences import SequenceHead
from xstilts.kinds.regression import STEPS, Regression
from xstilts.nn.batch import Batch
from xstilts.nn.encoder import Encoder


class RegressionHead(SequenceHead):
    """scores: numbers [N], 0 for the lowest end of the scale and 1 for the highest; decode: a number a row."""

    def __init__(self, kind: Regression, encoder: Encoder) -> None:
        super().__init__(kind, 1, encoder)

    def forward(self, hidden_TD: Tensor, batch: Batch) -> Tensor:
        return super().forward(hidden_TD, batch)[:, 0]

    def loss(self, scores: Tensor, batch: Batch) -> Loss:
        return Loss(F.mse_loss(scores, batch.gold.to(scores.dtype) / STEPS, reduction="sum"), len(scores))
