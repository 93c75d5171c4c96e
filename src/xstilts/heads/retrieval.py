"""The retrieval head: one vector for each sentence, the mean of its tokens at a layer. Nothing is trained.

N sentences, T tokens, D hidden size.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from xstilts.heads.base import Head, Rows, flat
from xstilts.kinds.retrieval import Retrieval, layer_of
from xstilts.nn import ragged
from xstilts.nn.batch import Batch
from xstilts.nn.encoder import Encoder


class RetrievalHead(Head):
    """scores: vectors [N, D]; decode: a vector [D] a row. There is no loss. A text without tokens keeps its special
    ones."""

    def __init__(self, kind: Retrieval, encoder: Encoder) -> None:
        super().__init__()
        self.layer = layer_of(kind.layer, encoder.num_layers)
        self.specials = kind.specials

    def extra(self, rows: Rows) -> dict[str, Any]:
        return {} if self.specials else {"text_N2": flat(rows, "text").view(-1, 2)}

    def forward(self, hidden_TD: Tensor, batch: Batch) -> Tensor:
        if self.specials:
            return ragged.mean(hidden_TD, batch.lengths_N)
        start_N, end_N = batch.extra["text_N2"].cpu().unbind(1)
        empty_N = start_N == end_N
        start_N, end_N = start_N.masked_fill(empty_N, 0), torch.where(empty_N, batch.lengths_N, end_N)
        place_T = torch.arange(len(hidden_TD)) - batch.starts_N.repeat_interleave(batch.lengths_N)
        start_T, end_T = (edge.repeat_interleave(batch.lengths_N) for edge in (start_N, end_N))
        kept_T = ((place_T >= start_T) & (place_T < end_T)).to(hidden_TD.device)
        return ragged.mean(hidden_TD[kept_T], end_N - start_N)

    def decode(self, scores: Tensor, batch: Batch) -> list[Any]:
        return list(scores.detach().float().cpu().numpy())
