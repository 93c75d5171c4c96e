"""The multi-label head: yes or no to each label for a sequence. N sequences, one a row, C labels."""

from __future__ import annotations

from typing import Any

from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from xstilts.heads.base import Head, Loss
from xstilts.heads.pretrained_heads import make_part
from xstilts.kinds.multi_label import MultiLabel
from xstilts.nn.batch import Batch
from xstilts.nn.encoder import Encoder


class MultiLabelHead(Head):
    """scores: logits [N, C]; loss: binary cross-entropy of each label, summed over labels; decode: logits [C] a row."""

    def __init__(self, kind: MultiLabel, encoder: Encoder) -> None:
        super().__init__()
        self.part = make_part(kind, len(kind.labels), encoder)

    def reads(self, batch: Batch) -> Tensor | None:
        return self.part.reads(batch)

    def forward(self, hidden_TD: Tensor, batch: Batch) -> Tensor:
        return self.part.sequences(hidden_TD, batch)

    def loss(self, scores: Tensor, batch: Batch) -> Loss:
        gold_NC = batch.gold.reshape(scores.shape).to(scores.dtype)
        return Loss(F.binary_cross_entropy_with_logits(scores, gold_NC, reduction="sum"), len(scores))

    def decode(self, scores: Tensor, batch: Batch) -> list[Any]:
        return list(scores.detach().float().cpu().numpy())
