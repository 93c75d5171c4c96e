"""The relevance head: how much of a text's vector hangs on each of its tokens. Nothing is trained.

With mean pooling the vector of a text is s, the mean of the states h of its n tokens. Without token t it lies
|h_t - s| / (n - 1) away; the share of the token is this distance over the sum of those of all tokens of the text.
(The share of the vector itself, h_t · s / (n |s|²), mostly counts tokens: the states of an encoder have a direction in
common.) T tokens, R rows, D hidden size.
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
        return move_shares(hidden_TD[batch.extra["counts_T"].bool()], batch.extra["sizes_R"].cpu())

    def decode(self, scores: Tensor, batch: Batch) -> list[Any]:
        return list(split(scores, batch.extra["sizes_R"].tolist()))


def move_shares(states_TD: Tensor, sizes_R: Tensor) -> Tensor:
    """Return which share each token has of the distances that the mean of its row moves without one of them, [T] in
    fp64. They sum to 1 in each row. `sizes_R`: tokens of each row, on the CPU. Where all states of a row are equal, so
    are the shares.

    >>> move_shares(torch.tensor([[0.0], [0.0], [3.0]]), torch.tensor([3])).tolist()
    [0.25, 0.25, 0.5]
    """
    states_TD, sizes = states_TD.double(), sizes_R.to(states_TD.device)
    mean_RD = torch.segment_reduce(states_TD, "mean", lengths=sizes, axis=0)
    moves_T = (states_TD - mean_RD.repeat_interleave(sizes, 0)).norm(dim=-1)
    whole_T = torch.segment_reduce(moves_T, "sum", lengths=sizes).repeat_interleave(sizes)
    even_T = (1 / sizes.double()).repeat_interleave(sizes)
    return torch.where(whole_T > 0, moves_T / whole_T, even_T)
