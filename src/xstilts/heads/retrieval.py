"""One vector for each sentence: the mean of its tokens at a layer, special tokens included as in XTREME.

Nothing is trained. N sentences, T tokens, D hidden size.
"""

from __future__ import annotations

from typing import Any

from torch import Tensor

from xstilts.heads.base import Head
from xstilts.kinds.retrieval import Retrieval
from xstilts.nn import ragged
from xstilts.nn.batch import Batch
from xstilts.nn.encoder import Encoder


class RetrievalHead(Head):
    """scores: vectors [N, D]; decode: a vector [D] a row. There is no loss."""

    def __init__(self, kind: Retrieval, encoder: Encoder) -> None:
        super().__init__()
        self.layer = kind.layer

    def forward(self, hidden_TD: Tensor, batch: Batch) -> Tensor:
        return ragged.mean(hidden_TD, batch.lengths_N)

    def decode(self, scores: Tensor, batch: Batch) -> list[Any]:
        return list(scores.detach().float().cpu().numpy())
