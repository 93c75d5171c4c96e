"""The base of heads with a few outputs for each sequence. N sequences, one a row, C outputs."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from xstilts.heads.base import Head
from xstilts.heads.pretrained_heads import make_part
from xstilts.kinds.base import Kind
from xstilts.nn.batch import Batch
from xstilts.nn.encoder import Encoder


class SequenceHead(Head):
    """scores: logits [N, C]; decode: logits [C] a row."""

    def __init__(self, kind: Kind, outputs: int, encoder: Encoder) -> None:
        super().__init__()
        self.part = make_part(kind, outputs, encoder)

    def reads(self, batch: Batch) -> Tensor | None:
        return self.part.reads(batch)

    def forward(self, hidden_TD: Tensor, batch: Batch) -> Tensor:
        return self.part.sequences(hidden_TD, batch)

    def decode(self, scores: Tensor, batch: Batch) -> list[Any]:
        return list(scores.detach().float().cpu().numpy())
