"""Attention over blocks: sequences share blocks of as many places, and a mask keeps them apart.

In bf16 on a CPU torch's kernel takes its quick way where the number of keys is a multiple of what it computes at once,
as in blocks of 64 places and not in sequences of 8 or 14 (AVX-512 with AMX). It is for passes without gradients; in
fp32 there is nothing to gain.

Shapes: T tokens of all sequences, n blocks of W places, X = n W, H heads, C channels of a head.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

STEP, LEAST, MOST = 32, 64, 512  # places: what a width is a multiple of, and its bounds


@dataclass(frozen=True, eq=False)
class Blocks:
    """token_X: the token at each place, 0 where none is; place_T: the place of each token; mask_n1WW: what is added to
    the products, 0 within a sequence, -inf elsewhere."""

    token_X: Tensor
    place_T: Tensor
    mask_n1WW: Tensor

    @classmethod
    def of(cls, offsets: Sequence[int], width: int, dtype: torch.dtype = torch.bfloat16) -> Blocks:
        """Place sequences with these boundaries. None is longer than `width`."""
        offsets_M = torch.tensor(offsets)
        lengths_N, starts_N = offsets_M.diff(), offsets_M[:-1]
        begins, blocks = places(lengths_N.tolist(), width)
        sequence_T = torch.repeat_interleave(torch.arange(len(lengths_N)), lengths_N)
        place_T = torch.arange(offsets[-1]) + (torch.tensor(begins) - starts_N)[sequence_T]
        token_X = torch.zeros(blocks * width, dtype=torch.long).index_copy(0, place_T, torch.arange(offsets[-1]))
        # Places without a token see each other: a row of -inf alone would be no number.
        sequence_X = torch.full((blocks * width,), -1).index_copy(0, place_T, sequence_T)
        sequence_nW = sequence_X.view(blocks, width)
        apart_nWW = sequence_nW[:, :, None] != sequence_nW[:, None, :]
        mask_nWW = torch.zeros(apart_nWW.shape, dtype=dtype).masked_fill_(apart_nWW, float("-inf"))
        return cls(token_X, place_T, mask_nWW[:, None])


def block_width(longest: int) -> int | None:
    """Return the width of blocks for sequences of at most so many tokens; None for some too long to gain by it.

    >>> block_width(14), block_width(70), block_width(513)
    (64, 96, None)
    """
    return None if longest > MOST else max(LEAST, -(-longest // STEP) * STEP)


def places(lengths: Sequence[int], width: int) -> tuple[list[int], int]:
    """Return where each sequence begins, counted through all blocks, and the number of blocks: the longest first, each
    into the fullest block that has room (best fit decreasing, Johnson 1974).

    >>> places([2, 3, 1], width=4)
    ([4, 0, 3], 2)
    """
    room: list[list[int]] = [[] for _ in range(width + 1)]  # of each number of empty places, the blocks that have it
    begins, blocks = [0] * len(lengths), 0
    for sequence in sorted(range(len(lengths)), key=lambda sequence: -lengths[sequence]):
        length = lengths[sequence]
        empty = next((empty for empty in range(length, width + 1) if room[empty]), None)
        if empty is None:
            empty, block, blocks = width, blocks, blocks + 1
        else:
            block = room[empty].pop()
        begins[sequence] = block * width + width - empty
        room[empty - length].append(block)
    return begins, blocks


def attend_blocks(query_THC: Tensor, key_THC: Tensor, value_THC: Tensor, blocks: Blocks, scale: float) -> Tensor:
    """Compute what `attention_runs.attend_runs` does without a window, a prefix or dropout, [T, H, C]."""
    count, width = len(blocks.mask_n1WW), blocks.mask_n1WW.shape[-1]
    query_nHWC, key_nHWC, value_nHWC = (
        states_THC.index_select(0, blocks.token_X).unflatten(0, (count, width)).transpose(1, 2)
        for states_THC in (query_THC, key_THC, value_THC)
    )
    out_nHWC = F.scaled_dot_product_attention(query_nHWC, key_nHWC, value_nHWC, attn_mask=blocks.mask_n1WW, scale=scale)
    return out_nHWC.transpose(1, 2).flatten(0, 1).index_select(0, blocks.place_T)
