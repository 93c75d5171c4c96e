"""Attention over sequences that lie end to end, as an attention function of `transformers`.

Shapes: B is always 1; T tokens of all sequences, H heads, G key heads (H is a multiple of G), C channels of a head,
n sequences of L tokens in one run.

The lengths reach the function as a keyword argument of the model's forward, which its layers pass on. Nothing is shared
between two forward passes, so a checkpointed layer that is run again in the backward pass sees its own lengths.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import groupby, pairwise
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812
from transformers import AttentionInterface
from transformers.masking_utils import AttentionMaskInterface

varlen_attn: Callable[..., Any] | None
try:
    from torch.nn.attention import varlen

    varlen_attn = varlen.varlen_attn
except ImportError:  # an older torch
    varlen_attn = None

PACKED = "xstilts_packed"

# Measured on a processor with AVX-512 and AMX. A forward pass alone is fastest in bf16 at every length. With a backward
# pass torch's kernel is fastest in fp32, casts included, up to this length; beyond it, and for that kernel in bf16,
# plain products are.
_SHORT = 90


class Unpackable(Exception):  # noqa: N818 (a finding, not an error a user sees)
    """This class asks for something that packed attention does not do; the encoder pads instead."""


@dataclass(frozen=True, eq=False)
class Packing:
    """How the T axis is cut. `offsets_M` are the N+1 boundaries (int32, on the CPU), `there_M` the same beside the
    hidden states. `read_P`: the tokens whose last state is read, where that is known. `trace` lists the modules that
    called the attention function, where somebody asks. `prefix`: keys and values [P, G * C] that lie before those of
    every sequence (`nn.adapters.prefixes`)."""

    offsets_M: Tensor
    there_M: Tensor
    longest: int
    read_P: Tensor | None = None
    trace: list[nn.Module] | None = None
    prefix: tuple[Tensor, Tensor] | None = None

    @classmethod
    def of(cls, lengths_N: Tensor, device: torch.device, **others: Any) -> Packing:
        """
        >>> Packing.of(torch.tensor([2, 3]), torch.device("cpu")).offsets_M.tolist()
        [0, 2, 5]
        """
        offsets_M = F.pad(torch.cumsum(lengths_N, 0), (1, 0)).to(torch.int32)
        return cls(offsets_M, offsets_M.to(device, non_blocking=True), int(lengths_N.max()), **others)

    def behind(self, key: Tensor, value: Tensor) -> Packing:
        """The same with a prefix in front of the one that is there."""
        if self.prefix is not None:
            key, value = torch.cat([key, self.prefix[0]]), torch.cat([value, self.prefix[1]])
        return replace(self, prefix=(key, value))


def runs(offsets: list[int]) -> Iterator[tuple[int, int]]:
    """(sequences, length of each) for every run of neighbours of equal length.

    >>> list(runs([0, 2, 4, 9]))
    [(2, 2), (1, 5)]
    """
    for length, same in groupby(end - begin for begin, end in pairwise(offsets)):
        yield len(list(same)), length


Prefix = tuple[Tensor, Tensor]  # keys and values [P, H, C]


def attend_runs(
    query_THC: Tensor,
    key_THC: Tensor,
    value_THC: Tensor,
    offsets: list[int],
    rest: tuple[int, float, float],
    prefix: Prefix | None = None,
) -> Tensor:
    """Scaled dot-product attention within each sequence, one call for each run of equal lengths. `rest` is the furthest
    distance a token sees (-1: no limit), the scale of the products, and dropout. All tokens see all of a prefix."""
    window, scale, dropout = rest
    parts = []
    found = list(runs(offsets))
    cuts = (_cuts(states_THC, found) for states_THC in (query_THC, key_THC, value_THC))
    for (_, length), query_nHLC, key_nHLC, value_nHLC in zip(found, *cuts, strict=True):
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
    """Gradients of `attend_runs` without dropout, by plain products in the type of `states`, shares computed anew."""
    grads: tuple[list[Tensor], list[Tensor], list[Tensor]] = ([], [], [])
    found = list(runs(offsets))
    cuts = (_cuts(part, found) for part in (grad_THC.to(states[0].dtype), *states))
    for (_, length), *cut_nHLC in zip(found, *cuts, strict=True):
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


class _Recomputed(torch.autograd.Function):
    """`attend_runs` of long bf16 sequences on a CPU: torch's kernel forward, plain products backward."""

    @staticmethod
    def forward(ctx: Any, query_THC: Tensor, key_THC: Tensor, value_THC: Tensor, *rest: Any) -> Tensor:
        ctx.save_for_backward(query_THC, key_THC, value_THC)
        ctx.offsets, ctx.window, ctx.scale = rest
        return attend_runs(query_THC, key_THC, value_THC, ctx.offsets, (ctx.window, ctx.scale, 0.0))

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        found = attend_runs_backward(grads[0], list(ctx.saved_tensors), ctx.offsets, ctx.window, ctx.scale)
        return *found, None, None, None


def _cuts(states_THC: Tensor, found: list[tuple[int, int]]) -> Iterator[Tensor]:
    """Every run as [n, H, L, C]. One split, not a slice a run: the gradient of a slice is as large as what it was cut
    from."""
    parts = states_THC.split([count * length for count, length in found])
    return (part.unflatten(0, run).transpose(1, 2) for part, run in zip(parts, found, strict=True))


def _put_before(prefix_PHC: Tensor, states_nHLC: Tensor) -> Tensor:
    prefix_HPC = prefix_PHC.transpose(0, 1).to(states_nHLC.dtype)
    return torch.cat([prefix_HPC.expand(len(states_nHLC), -1, -1, -1), states_nHLC], dim=2)


def _join(states_nHLC: Tensor) -> Tensor:
    return states_nHLC.transpose(1, 2).flatten(0, 1)


def _local_mask(length: int, window: int, device: torch.device) -> Tensor | None:
    """True where a token sees another, None where all do."""
    if not 0 <= window < length - 1:
        return None
    place_L = torch.arange(length, device=device)
    return (place_L[:, None] - place_L[None, :]).abs() <= window


@torch.library.custom_op("xstilts::attend", mutates_args=())
def attend_opaque(
    query_THC: Tensor, key_THC: Tensor, value_THC: Tensor, offsets_M: Tensor, window: int, scale: float
) -> Tensor:
    """`attend_runs` as one node of a compiled graph: lengths are a tensor, so new lengths compile nothing."""
    return attend_runs(query_THC, key_THC, value_THC, offsets_M.tolist(), (window, scale, 0.0))


@attend_opaque.register_fake
def _(query_THC: Tensor, key_THC: Tensor, value_THC: Tensor, offsets_M: Tensor, window: int, scale: float) -> Tensor:
    return query_THC.new_empty(query_THC.shape)


@torch.library.custom_op("xstilts::attend_backward", mutates_args=())
def attend_opaque_backward(
    grad_THC: Tensor, states: list[Tensor], offsets_M: Tensor, window: int, scale: float
) -> tuple[Tensor, Tensor, Tensor]:
    return attend_runs_backward(grad_THC, states, offsets_M.tolist(), window, scale)


@attend_opaque_backward.register_fake
def _(
    grad_THC: Tensor, states: list[Tensor], offsets_M: Tensor, window: int, scale: float
) -> tuple[Tensor, Tensor, Tensor]:
    query, key, value = (state.new_empty(state.shape, dtype=grad_THC.dtype) for state in states)
    return query, key, value


def _remember(ctx: Any, inputs: tuple[Any, ...], output: Tensor) -> None:
    query_THC, key_THC, value_THC, offsets_M, ctx.window, ctx.scale = inputs
    ctx.save_for_backward(query_THC, key_THC, value_THC, offsets_M)


def _backward(ctx: Any, grad_THC: Tensor) -> tuple[Tensor | None, ...]:
    *states, offsets_M = ctx.saved_tensors
    grads = attend_opaque_backward(grad_THC, list(states), offsets_M, ctx.window, ctx.scale)
    return *grads, None, None, None


attend_opaque.register_autograd(_backward, setup_context=_remember)


def _takes_flash(query_THC: Tensor, dropout: float) -> bool:
    """Flash attention over ragged sequences: for CUDA from Ampere on, in half precision, without dropout."""
    half = query_THC.dtype in (torch.float16, torch.bfloat16)
    able = query_THC.is_cuda and half and dropout == 0.0
    return able and torch.cuda.get_device_capability(query_THC.device) >= (8, 0)


def packed_attention(
    module: nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    scaling: float | None = None,
    dropout: float = 0.0,
    sliding_window: int | None = None,
    packing: Packing | None = None,
    **others: Any,
) -> tuple[Tensor, None]:
    """The function `transformers` calls: query [1, H, T, C], key and value [1, G, T, C] -> ([1, T, H, C], None).

    `sliding_window` counts the token itself: tokens at most `sliding_window - 1` apart see each other (ModernBERT
    passes its half-window plus one). Raises Unpackable for what cannot be done packed.
    """
    unknown = [name for name in ("position_bias", "softcap", "s_aux") if others.get(name) is not None]
    if packing is None or attention_mask is not None or unknown or getattr(module, "is_causal", False):
        raise Unpackable(f"{type(module).__name__} does not pass the lengths on, or needs {unknown or 'a mask'}")
    if packing.trace is not None:
        packing.trace.append(module)
    groups = query.shape[1] // key.shape[1]
    prefix = _heads(packing.prefix, key.shape[1], groups)
    if groups > 1:
        key, value = (states.repeat_interleave(groups, dim=1) for states in (key, value))
    query_THC, key_THC, value_THC = (states[0].transpose(0, 1) for states in (query, key, value))
    scale = query.shape[-1] ** -0.5 if scaling is None else scaling
    window = -1 if sliding_window is None else sliding_window - 1
    if prefix is not None:
        rest = (window, scale, dropout)
        out_THC = _attend_eager(query_THC, key_THC, value_THC, packing.offsets_M, rest, prefix)
    elif varlen_attn is not None and _takes_flash(query_THC, dropout):
        there_M, longest = packing.there_M, packing.longest
        out_THC = varlen_attn(
            query_THC, key_THC, value_THC, there_M, there_M, longest, longest,
            scale=scale, window_size=(window, window),
        )  # fmt: skip
    elif torch.compiler.is_compiling() and dropout == 0.0:
        out_THC = attend_opaque(query_THC, key_THC, value_THC, packing.offsets_M, window, scale)
    else:
        out_THC = _attend_eager(query_THC, key_THC, value_THC, packing.offsets_M, (window, scale, dropout))
    return out_THC.unsqueeze(0), None


@torch.compiler.disable
def _attend_eager(
    query_THC: Tensor,
    key_THC: Tensor,
    value_THC: Tensor,
    offsets_M: Tensor,
    rest: tuple[int, float, float],
    prefix: Prefix | None = None,
) -> Tensor:
    offsets, (window, scale, dropout) = offsets_M.tolist(), rest
    states = (query_THC, key_THC, value_THC)
    slow = query_THC.dtype == torch.bfloat16 and query_THC.device.type == "cpu" and torch.is_grad_enabled()
    if slow and dropout == 0.0 and prefix is None and offsets[-1] > _SHORT * (len(offsets) - 1):
        recomputed: Tensor = _Recomputed.apply(*states, offsets, window, scale)
        return recomputed
    if slow:
        query_THC, key_THC, value_THC = (part.float() for part in states)
        return attend_runs(query_THC, key_THC, value_THC, offsets, rest, prefix).to(states[0].dtype)
    return attend_runs(*states, offsets, rest, prefix)


def _heads(prefix: Prefix | None, key_heads: int, groups: int) -> Prefix | None:
    """Keys and values [P, G * C] of a prefix as those of H = G * groups heads."""
    if prefix is None:
        return None
    key, value = (part.unflatten(1, (key_heads, -1)).repeat_interleave(groups, dim=1) for part in prefix)
    return key, value


def _no_mask(*_args: Any, **_kwargs: Any) -> None:
    """Sequences are told apart by the attention function, so nobody builds a T x T mask."""


AttentionInterface.register(PACKED, packed_attention)
AttentionMaskInterface.register(PACKED, _no_mask)
