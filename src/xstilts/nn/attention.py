"""Attention over sequences that lie end to end, as an attention function of `transformers`.

Shapes: B is always 1; T tokens of all sequences, H heads, G key heads (H is a multiple of G), C channels of a head.

The lengths reach the function as a keyword argument of the model's forward, which its layers pass on. Nothing is shared
between two forward passes, so a checkpointed layer that is run again in the backward pass sees its own lengths.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812
from transformers import AttentionInterface
from transformers.masking_utils import AttentionMaskInterface

from xstilts.nn.attention_blocks import Blocks, attend_blocks, block_width
from xstilts.nn.attention_runs import (
    AttentionOptions,
    Prefix,
    RecomputedAttention,
    attend_runs,
    attend_runs_backward,
)

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
    """Boundaries of sequences on the T axis. `offsets_M` are the N+1 boundaries (int32, on the CPU), `device_offsets_M`
    the same on the device of the hidden states. `read_P`: the tokens whose last state is read, where that is known.
    `trace` collects the modules that called the attention function, in a trial. `prefix`: keys and values [P, G * C]
    that lie before those of every sequence (`nn.adapters.prefixes`)."""

    offsets_M: Tensor
    device_offsets_M: Tensor
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

    @cached_property
    def blocks(self) -> Blocks | None:
        """The blocks that all layers attend in; None where that is not quicker."""
        width = block_width(self.longest)
        return Blocks.of(self.offsets_M.tolist(), width) if width else None

    def with_prefix(self, key: Tensor, value: Tensor) -> Packing:
        """Return the same with a prefix in front of the present one."""
        if self.prefix is not None:
            key, value = torch.cat([key, self.prefix[0]]), torch.cat([value, self.prefix[1]])
        return replace(self, prefix=(key, value))


@torch.library.custom_op("xstilts::attend", mutates_args=())
def attend_opaque(
    query_THC: Tensor, key_THC: Tensor, value_THC: Tensor, offsets_M: Tensor, window: int, scale: float
) -> Tensor:
    """`attend_runs` as one node of a compiled graph: lengths are a tensor, so new lengths compile nothing."""
    return attend_runs(query_THC, key_THC, value_THC, offsets_M.tolist(), AttentionOptions(window, scale))


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
        options = AttentionOptions(window, scale, dropout)
        out_THC = _attend_eager(query_THC, key_THC, value_THC, packing.offsets_M, options, prefix)
    elif varlen_attn is not None and _takes_flash(query_THC, dropout):
        device_offsets_M, longest = packing.device_offsets_M, packing.longest
        out_THC = varlen_attn(
            query_THC, key_THC, value_THC, device_offsets_M, device_offsets_M, longest, longest,
            scale=scale, window_size=(window, window),
        )  # fmt: skip
    elif torch.compiler.is_compiling() and dropout == 0.0:
        out_THC = attend_opaque(query_THC, key_THC, value_THC, packing.offsets_M, window, scale)
    elif (blocks := _quick_blocks(query_THC, packing, window, dropout)) is not None:
        out_THC = attend_blocks(query_THC, key_THC, value_THC, blocks, scale)
    else:
        out_THC = _attend_eager(
            query_THC, key_THC, value_THC, packing.offsets_M, AttentionOptions(window, scale, dropout)
        )
    return out_THC.unsqueeze(0), None


@torch.compiler.disable
def _quick_blocks(query_THC: Tensor, packing: Packing, window: int, dropout: float) -> Blocks | None:
    """Return the blocks to attend in where they are quicker: in bf16 on a CPU without gradients, window and dropout."""
    is_local = 0 <= window < packing.longest - 1
    if torch.is_grad_enabled() or is_local or dropout > 0.0:
        return None
    return packing.blocks if query_THC.dtype == torch.bfloat16 and query_THC.device.type == "cpu" else None


@torch.compiler.disable
def _attend_eager(
    query_THC: Tensor,
    key_THC: Tensor,
    value_THC: Tensor,
    offsets_M: Tensor,
    options: AttentionOptions,
    prefix: Prefix | None = None,
) -> Tensor:
    offsets, (window, scale, dropout) = offsets_M.tolist(), options
    states = (query_THC, key_THC, value_THC)
    slow = query_THC.dtype == torch.bfloat16 and query_THC.device.type == "cpu" and torch.is_grad_enabled()
    if slow and dropout == 0.0 and prefix is None and offsets[-1] > _SHORT * (len(offsets) - 1):
        recomputed: Tensor = RecomputedAttention.apply(*states, offsets, window, scale)
        return recomputed
    if slow:
        query_THC, key_THC, value_THC = (part.float() for part in states)
        return attend_runs(query_THC, key_THC, value_THC, offsets, options, prefix).to(states[0].dtype)
    return attend_runs(*states, offsets, options, prefix)


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
