"""Packing order: in which order the tokens of a batch run. T tokens of N sequences, M sequences that run."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812


@dataclass(frozen=True, eq=False)
class PackingOrder:
    """`from_X` is the token of the batch that runs at each place, `within_X` its place in its sequence, `at_T` where
    each token of the batch runs. X is T, or a little more where the batch is filled up."""

    lengths_M: Tensor
    from_X: Tensor
    within_X: Tensor
    at_T: Tensor


def by_length(lengths_N: Tensor, fill: bool = False) -> PackingOrder:
    """Order sequences by their length, so that those of one length attend in one call. `fill`: one more sequence,
    which nobody reads, makes the number of tokens a round one; it repeats what the batch begins with.

    >>> order = by_length(torch.tensor([2, 1]))
    >>> order.from_X.tolist(), order.within_X.tolist(), order.at_T.tolist()
    ([2, 0, 1], [0, 0, 1], [1, 2, 0])
    """
    tokens, order_N = int(lengths_N.sum()), torch.argsort(lengths_N, stable=True)
    lengths_M, starts_M = lengths_N[order_N], (lengths_N.cumsum(0) - lengths_N)[order_N]
    if filler := missing(tokens) if fill else 0:
        lengths_M, starts_M = F.pad(lengths_M, (0, 1), value=filler), F.pad(starts_M, (0, 1))
    within_X = within(lengths_M)
    from_X = torch.repeat_interleave(starts_M, lengths_M) + within_X
    return PackingOrder(lengths_M, from_X, within_X, torch.argsort(from_X[:tokens]))


def within(lengths_M: Tensor) -> Tensor:
    """Return the place of each token in its sequence.

    >>> within(torch.tensor([2, 3])).tolist()
    [0, 1, 0, 1, 2]
    """
    ends_M = lengths_M.cumsum(0)
    return torch.arange(int(ends_M[-1])) - torch.repeat_interleave(ends_M - lengths_M, lengths_M)


def missing(tokens: int) -> int:
    """Return the number of tokens that a round number needs: less than a sixteenth more, and at most 63.

    >>> [missing(tokens) for tokens in (5, 32, 33, 1000, 5000)]
    [0, 0, 1, 24, 56]
    """
    step = 2 ** min(6, max(0, tokens.bit_length() - 5))
    return -tokens % step
