"""Packed attention against plain attention, sequence by sequence."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from xstilts.nn.attention import Packing, Unpackable, attend_opaque, packed_attention


def plainly(states: torch.Tensor, lengths: list[int], window: int | None) -> torch.Tensor:
    """states [3, T, H, C] -> [T, H, C], by the formula."""
    outputs = []
    for query, key, value in (part.transpose(1, 2) for part in states.split(lengths, dim=1)):
        scores = query @ key.mT * query.shape[-1] ** -0.5
        place = torch.arange(scores.shape[-1])
        if window is not None:
            scores[:, (place[:, None] - place).abs() > window - 1] = float("-inf")
        outputs.append((scores.softmax(-1) @ value).transpose(0, 1))
    return torch.cat(outputs)


@given(
    st.lists(st.integers(1, 12), min_size=1, max_size=5),
    st.sampled_from([None, 1, 3, 5]),
    st.booleans(),
    st.integers(0, 9),
)
@settings(max_examples=60, deadline=None)
def test_states_and_gradients(lengths, window, opaque, seed):
    torch.manual_seed(seed)
    states = torch.randn(3, sum(lengths), 2, 4, requires_grad=True)
    direction = torch.randn(sum(lengths), 2, 4)
    packing = Packing.of(torch.tensor(lengths), torch.device("cpu"))
    if opaque:
        found = attend_opaque(*states.unbind(0), packing.offsets_M, -1 if window is None else window - 1, 0.5)
    else:
        query, key, value = (part.transpose(0, 1)[None] for part in states.unbind(0))
        out, _ = packed_attention(torch.nn.Identity(), query, key, value, None, sliding_window=window, packing=packing)
        found = out[0]
    expected = plainly(states, lengths, window)
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-5)
    (ours,), (theirs,) = (torch.autograd.grad((out * direction).sum(), states) for out in (found, expected))
    torch.testing.assert_close(ours, theirs, atol=1e-5, rtol=1e-5)


def test_grouped_key_heads_are_repeated():
    query, key, value = torch.randn(1, 4, 7, 8), torch.randn(1, 2, 7, 8), torch.randn(1, 2, 7, 8)
    packing = Packing.of(torch.tensor([3, 4]), torch.device("cpu"))
    module = torch.nn.Identity()
    grouped, _ = packed_attention(module, query, key, value, None, packing=packing)
    repeated, _ = packed_attention(module, query, key[:, [0, 0, 1, 1]], value[:, [0, 0, 1, 1]], None, packing=packing)
    assert torch.equal(grouped, repeated)
    assert grouped.shape == (1, 7, 4, 8)


def test_bf16_keeps_its_type_and_is_close():
    states = torch.randn(3, 1, 2, 9, 8)
    packing = Packing.of(torch.tensor([5, 4]), torch.device("cpu"))
    exact, _ = packed_attention(torch.nn.Identity(), *states, None, packing=packing)
    rough, _ = packed_attention(torch.nn.Identity(), *states.bfloat16(), None, packing=packing)
    assert rough.dtype == torch.bfloat16
    torch.testing.assert_close(rough.float(), exact, atol=0.03, rtol=0.03)


@pytest.mark.parametrize("asks", [{"packing": None}, {"position_bias": torch.zeros(1)}, {"softcap": 30.0}])
def test_what_cannot_be_packed_is_said(asks):
    state = torch.randn(1, 2, 3, 4)
    packing = Packing.of(torch.tensor([3]), torch.device("cpu"))
    with pytest.raises(Unpackable):
        packed_attention(torch.nn.Identity(), state, state, state, None, **{"packing": packing, **asks})


@pytest.mark.parametrize("lengths", [[9, 9, 5], [130, 97]], ids=["short", "long"])
@pytest.mark.parametrize("window", [None, 4])
def test_gradients_in_bf16_are_close_at_every_length(lengths, window):
    torch.manual_seed(1)
    packing = Packing.of(torch.tensor(lengths), torch.device("cpu"))
    states, direction = torch.randn(3, 1, 2, sum(lengths), 16), torch.randn(1, sum(lengths), 2, 16)
    found = []
    for dtype in (torch.float32, torch.bfloat16):
        own = states.to(dtype).requires_grad_()
        out, _ = packed_attention(torch.nn.Identity(), *own, None, sliding_window=window, packing=packing)
        (gradient,) = torch.autograd.grad((out * direction.to(dtype)).sum(), own)
        found.append(gradient.float())
    assert float((found[1] - found[0]).norm() / found[0].norm()) < 0.02
