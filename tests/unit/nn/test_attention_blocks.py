"""Attention over blocks gives what attention over runs does, whatever shares a block."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from xstilts.nn import attention
from xstilts.nn.attention import Packing, packed_attention
from xstilts.nn.attention_blocks import STEP, Blocks, attend_blocks, block_width, places
from xstilts.nn.attention_runs import AttentionOptions, attend_runs

LENGTHS = st.lists(st.integers(1, 40), min_size=1, max_size=9)


@given(LENGTHS, st.sampled_from([40, 64, 96]), st.integers(0, 9))
@settings(max_examples=60, deadline=None)
def test_a_block_holds_sequences_that_do_not_see_each_other(lengths, width, seed):
    torch.manual_seed(seed)
    packing = Packing.of(torch.tensor(lengths), torch.device("cpu"))
    offsets = packing.offsets_M.tolist()
    states = torch.randn(3, sum(lengths), 2, 4).unbind(0)
    found = attend_blocks(*states, Blocks.of(offsets, width, torch.float32), 0.5)
    torch.testing.assert_close(found, attend_runs(*states, offsets, AttentionOptions(-1, 0.5)), atol=1e-5, rtol=1e-5)


@given(LENGTHS, st.integers(40, 100))
def test_sequences_lie_in_one_block_each_and_apart(lengths, width):
    begins, blocks = places(lengths, width)
    taken = [place for begin, length in zip(begins, lengths, strict=True) for place in range(begin, begin + length)]
    assert len(set(taken)) == sum(lengths) and max(taken) < blocks * width
    pairs = zip(begins, lengths, strict=True)
    assert all(begin // width == (begin + length - 1) // width for begin, length in pairs)
    assert blocks <= max(1, 2 * sum(lengths) // width + 1)  # no two blocks are both less than half full


@given(st.integers(1, 512))
def test_a_width_is_a_round_one_that_the_longest_fits_into(longest):
    width = block_width(longest)
    assert width is not None and width >= longest and width % STEP == 0
    assert width - longest < STEP or width == 64


@pytest.mark.parametrize(
    ("gradients", "dtype", "lengths", "others", "used"),
    [
        (False, torch.bfloat16, [9, 40], {}, True),
        (False, torch.float32, [9, 5], {}, False),
        (False, torch.bfloat16, [9, 513], {}, False),
        (True, torch.bfloat16, [9, 40], {}, False),
        (False, torch.bfloat16, [9, 40], {"sliding_window": 5}, False),
        (False, torch.bfloat16, [9, 5], {"sliding_window": 10}, True),
        (False, torch.bfloat16, [9, 5], {"dropout": 0.5}, False),
    ],
)
def test_blocks_serve_passes_without_gradients_where_they_are_quicker(
    gradients, dtype, lengths, others, used, monkeypatch
):
    calls = []
    monkeypatch.setattr(attention, "attend_blocks", lambda *states: calls.append(1) or attend_blocks(*states))
    packing = Packing.of(torch.tensor(lengths), torch.device("cpu"))
    states = torch.randn(3, 1, 2, sum(lengths), 8, dtype=dtype)
    with torch.set_grad_enabled(gradients):
        packed_attention(torch.nn.Identity(), *states, None, packing=packing, **others)
    assert bool(calls) is used


def test_blocks_are_made_once_for_all_layers(monkeypatch):
    made = []
    monkeypatch.setattr(attention.Blocks, "of", lambda *inputs: made.append(inputs) or Blocks(*[torch.zeros(1)] * 3))
    packing = Packing.of(torch.tensor([3, 4]), torch.device("cpu"))
    assert packing.blocks is packing.blocks and made == [([0, 3, 7], 64)]
