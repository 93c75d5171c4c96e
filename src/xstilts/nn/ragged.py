"""Ragged sequences: from tokens that lie end to end to one value, or one row, for each sequence.

T tokens of R sequences, K the size of the largest, D hidden size. Sizes and starts are on the CPU.
"""

from __future__ import annotations

import torch
from torch import Tensor


def first(hidden_TD: Tensor, starts_R: Tensor) -> Tensor:
    """Return the state of each sequence's first token, [R, D]."""
    return hidden_TD[starts_R.to(hidden_TD.device)]


def mean(hidden_TD: Tensor, lengths_R: Tensor) -> Tensor:
    """Return the mean state of each sequence, special tokens included, [R, D] in fp32."""
    return torch.segment_reduce(hidden_TD.float(), "mean", lengths=lengths_R.to(hidden_TD.device), axis=0)


def rectangle(values_T: Tensor, sizes_R: Tensor) -> Tensor:
    """Return values of each row side by side, [R, K], -inf where a row has none: a softmax over K is one within each
    row.

    >>> rectangle(torch.tensor([1.0, 2.0, 3.0]), torch.tensor([1, 2])).tolist()
    [[1.0, -inf], [2.0, 3.0]]
    """
    place_K = torch.arange(int(sizes_R.max()))
    starts_R = torch.cumsum(sizes_R, 0) - sizes_R
    index_RK = (starts_R[:, None] + place_K).clamp(max=values_T.numel() - 1)
    absent_RK = place_K >= sizes_R[:, None]
    return values_T[index_RK.to(values_T.device)].masked_fill(absent_RK.to(values_T.device), float("-inf"))


def padded(values_TD: Tensor, sizes_R: Tensor) -> tuple[Tensor, Tensor]:
    """Return the states of each row side by side, [R, K, D], 0 where a row has none, and which are real, [R, K]."""
    place_K = torch.arange(int(sizes_R.max()))
    starts_R = torch.cumsum(sizes_R, 0) - sizes_R
    real_RK = (place_K < sizes_R[:, None]).to(values_TD.device)
    index_RK = (starts_R[:, None] + place_K).clamp(max=max(0, len(values_TD) - 1))
    return values_TD[index_RK.to(values_TD.device)] * real_RK[..., None], real_RK
