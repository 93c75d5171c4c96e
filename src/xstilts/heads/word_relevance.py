"""The relevance head: which share of a text's vector each of its tokens is. Nothing is trained.

With mean pooling the vector of a text is s = (1/n) Σ h_t over its n tokens, and |s|² = (1/n) Σ h_t · s, so that the
share of token t, h_t · s / (n |s|²), is exact and the shares of a text sum to 1. T tokens, R rows, D hidden size.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from xstilts.heads.base import Head, Rows, flat, split
from xstilts.nn.batch import Batch

COUNTS = "counts"  # column of a row: 1 for each of its tokens that is part of the vector, 0 for the others


class WordRelevanceHead(Head):
    """scores: the share of each token that counts, of all rows end to end; decode: those of a row. There is no loss.

    A row is a text, in several sequences where it is too long for one; it has at least one token that counts."""

    def extra(self, rows: Rows) -> dict[str, Any]:
        return {"counts_T": flat(rows, COUNTS), "sizes_R": torch.tensor([int(sum(row[COUNTS])) for row in rows])}

    def forward(self, hidden_TD: Tensor, batch: Batch) -> Tensor:
        return vector_shares(hidden_TD[batch.extra["counts_T"].bool()], batch.extra["sizes_R"].cpu())

    def decode(self, scores: Tensor, batch: Batch) -> list[Any]:
        return list(split(scores, batch.extra["sizes_R"].tolist()))


def vector_shares(states_TD: Tensor, sizes_R: Tensor) -> Tensor:
    """Return the share that each token's state is of the mean of its row's, [T] in fp64. `sizes_R`: tokens of each row,
    on the CPU. Where a mean is zero, all tokens of its row have the same share.

    >>> vector_shares(torch.tensor([[1.0, 0.0], [0.0, 3.0]]), torch.tensor([2])).tolist()
    [0.1, 0.9]
    """
    states_TD, sizes = states_TD.double(), sizes_R.to(states_TD.device)
    mean_RD = torch.segment_reduce(states_TD, "mean", lengths=sizes, axis=0)
    along_T = (states_TD * mean_RD.repeat_interleave(sizes, 0)).sum(-1)
    whole_T = (sizes * mean_RD.square().sum(-1)).repeat_interleave(sizes)
    even_T = (1 / sizes.double()).repeat_interleave(sizes)
    return torch.where(whole_T > 0, along_T / whole_T, even_T)
