"""The head of span QA: where an answer begins and ends. R rows of one sequence each, T tokens in all, K tokens of the
longest row."""

from __future__ import annotations

from typing import Any

from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from xstilts.heads.base import Head, Loss, split
from xstilts.heads.pretrained_heads import make_part
from xstilts.kinds.span_qa import SpanQA
from xstilts.nn import ragged
from xstilts.nn.batch import Batch
from xstilts.nn.encoder import Encoder


class SpanQAHead(Head):
    """scores: (start logits [T], end logits [T]); decode: (start logits [L], end logits [L]) a row."""

    def __init__(self, kind: SpanQA, encoder: Encoder) -> None:
        super().__init__()
        self.part = make_part(kind, 2, encoder)

    def gold(self, rows: Any) -> Tensor:
        """Return the first and last token of each answer, [R, 2], counted from the row's beginning."""
        return super().gold(rows).unflatten(0, (-1, 2))

    def forward(self, hidden_TD: Tensor, batch: Batch) -> tuple[Tensor, Tensor]:
        start_T, end_T = self.part.tokens(hidden_TD).unbind(-1)
        return start_T, end_T

    def loss(self, scores: tuple[Tensor, Tensor], batch: Batch) -> Loss:
        """Return the mean of both cross-entropies over the row's own tokens (Devlin et al. 2019)."""
        start_RK, end_RK = (ragged.rectangle(side_T, batch.lengths_N) for side_T in scores)
        start_R, end_R = batch.gold.unbind(-1)
        total = F.cross_entropy(start_RK, start_R, reduction="sum") + F.cross_entropy(end_RK, end_R, reduction="sum")
        return Loss(total / 2, len(start_R))

    def decode(self, scores: tuple[Tensor, Tensor], batch: Batch) -> list[Any]:
        start, end = (split(side_T, batch.lengths_N.tolist()) for side_T in scores)
        return list(zip(start, end, strict=True))
