"""Attention over runs: sequences of equal length that are neighbours attend in one call.

Shapes: T tokens of all sequences, H heads, C channels of a head, n sequences of L tokens in one run.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby, pairwise
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812


def runs(offsets: list[int]) -> Iterator[tuple[int, int]]:
    """Yield (sequences, length of each) for every run of neighbours of equal length.

    >>> list(runs([0, 2, 4, 9]))
    [(2, 2), (1, 5)]
    """
    for length, same in groupby(end - begin for begin, end in pairwise(offsets)):
        yield len(list(same)), length


Prefix = tuple[Tensor, Tensor]  # keys and values [P, H, C]


class AttentionOptions(NamedTuple):
    """`window`: the furthest distance that a token sees (-1: no limit); `scale`: of the products."""

    window: int
    scale: float
    dropout: float = 0.0


def attend_runs(
    query_THC: Tensor,
    key_THC: Tensor,
    value_THC: Tensor,
    offsets: list[int],
    options: AttentionOptions,
    prefix: Prefix | None = None,
) -> Tensor:
    """Compute scaled dot-product attention within each sequence, one call for each run of equal lengths. All tokens see
    all of a prefix."""
    window, scale, dropout = options
    parts = []
    run_list = list(runs(offsets))
    cuts = (_cuts(states_THC, run_list) for states_THC in (query_THC, key_THC, value_THC))
    for (_, length), query_nHLC, key_nHLC, value_nHLC in zip(run_list, *cuts, strict=True):
        mask_LL = _local_mask(length, window, query_THC.device)
        if prefix is not None:
            key_nHLC, value_nHLC = map(_put_before, prefix, (key_nHLC, value_nHLC))
            mask_LL = None if mask_LL is None else F.pad(mask_LL, (len(prefix[0]), 0), value=True)
        out_nHLC = F.scaled_dot_product_attention(
            query_nHLC, key_nHLC, value_nHLC, attn_mask=mask_LL, dropout_p=dropout, scale=scale
        )
        parts.append(_join(out_nHLC))
    return torch.cat(parts)


def attend_runs_backward(
    grad_THC: Tensor, states: list[Tensor], offsets: list[int], window: int, scale: float
) -> tuple[Tensor, Tensor, Tensor]:
    """Return gradients of `attend_runs` without dropout, by plain products in the type of `states`, shares computed
    anew."""
    grads: tuple[list[Tensor], list[Tensor], list[Tensor]] = ([], [], [])
    run_list = list(runs(offsets))
    cuts = (_cuts(part, run_list) for part in (grad_THC.to(states[0].dtype), *states))
    for (_, length), *cut_nHLC in zip(run_list, *cuts, strict=True):
        out_nHLC, query_nHLC, key_nHLC, value_nHLC = (part.contiguous() for part in cut_nHLC)
        scores_nHLL = query_nHLC.mul(scale) @ key_nHLC.mT
        mask_LL = _local_mask(length, window, grad_THC.device)
        if mask_LL is not None:
            scores_nHLL = scores_nHLL.masked_fill_(~mask_LL, float("-inf"))
        share_nHLL = scores_nHLL.softmax(-1)
        pull_nHLL = torch._softmax_backward_data(out_nHLC @ value_nHLC.mT, share_nHLL, -1, share_nHLL.dtype)
        grads[0].append(_join((pull_nHLL @ key_nHLC).mul_(scale)))
        grads[1].append(_join((pull_nHLL.mT @ query_nHLC).mul_(scale)))
        grads[2].append(_join(share_nHLL.mT @ out_nHLC))
    query, key, value = (torch.cat(parts).to(grad_THC.dtype) for parts in grads)
    return query, key, value


class RecomputedAttention(torch.autograd.Function):
    """`attend_runs` of long bf16 sequences on a CPU: torch's kernel forward, plain products backward."""

    @staticmethod
    def forward(ctx: Any, query_THC: Tensor, key_THC: Tensor, value_THC: Tensor, *settings: Any) -> Tensor:
        ctx.save_for_backward(query_THC, key_THC, value_THC)
        ctx.offsets, ctx.window, ctx.scale = settings
        return attend_runs(query_THC, key_THC, value_THC, ctx.offsets, AttentionOptions(ctx.window, ctx.scale))

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        gradients = attend_runs_backward(grads[0], list(ctx.saved_tensors), ctx.offsets, ctx.window, ctx.scale)
        return *gradients, None, None, None


def _cuts(states_THC: Tensor, run_list: list[tuple[int, int]]) -> Iterator[Tensor]:
    """Yield every run as [n, H, L, C]. One split, not a slice a run: the gradient of a slice is as large as what it was
    cut from."""
    parts = states_THC.split([count * length for count, length in run_list])
    return (part.unflatten(0, run).transpose(1, 2) for part, run in zip(parts, run_list, strict=True))


def _put_before(prefix_PHC: Tensor, states_nHLC: Tensor) -> Tensor:
    prefix_HPC = prefix_PHC.transpose(0, 1).to(states_nHLC.dtype)
    return torch.cat([prefix_HPC.expand(len(states_nHLC), -1, -1, -1), states_nHLC], dim=2)


def _join(states_nHLC: Tensor) -> Tensor:
    return states_nHLC.transpose(1, 2).flatten(0, 1)


def _local_mask(length: int, window: int, device: torch.device) -> Tensor | None:
    """Return True where a token sees another; None where all do."""
    if not 0 <= window < length - 1:
        return None
    place_L = torch.arange(length, device=device)
    return (place_L[:, None] - place_L[None, :]).abs() <= window
