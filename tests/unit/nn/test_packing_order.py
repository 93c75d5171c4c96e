"""The order in which a batch runs: every token once, in its own sequence, at its own place."""

from __future__ import annotations

import torch
from hypothesis import given
from hypothesis import strategies as st

from tiny_encoders import encoder, ragged
from xstilts.nn.packing_order import by_length, missing
from xstilts.nn.precision import autocast


@given(st.lists(st.integers(1, 70), min_size=1, max_size=12), st.booleans())
def test_every_token_runs_once_at_its_place(lengths, fill):
    lengths_N = torch.tensor(lengths)
    found = by_length(lengths_N, fill)
    total = sum(lengths)
    assert len(found.from_X) == int(found.lengths_M.sum()) == total + (missing(total) if fill else 0)
    assert torch.equal(found.from_X[found.at_T], torch.arange(total))
    within_T = torch.cat([torch.arange(length) for length in lengths])
    assert torch.equal(found.within_X[found.at_T], within_T)
    real = found.lengths_M[: len(lengths)]
    assert torch.equal(real, lengths_N.sort().values)


@given(st.integers(1, 100_000))
def test_what_fills_up_is_little_and_makes_few_sizes(tokens):
    filler = missing(tokens)
    assert 0 <= filler < 64 and filler * 16 <= tokens
    assert missing(tokens + filler) == 0


def test_round_sizes_are_few():
    assert len({tokens + missing(tokens) for tokens in range(512, 1024)}) == 17


def test_bf16_runs_round_numbers_of_tokens_and_gives_the_same_states(monkeypatch):
    tiny, batch = encoder("xlm-roberta"), ragged([20, 13, 7, 31])
    ran = []
    tiny.model.encoder.layer[0].register_forward_pre_hook(lambda _layer, inputs: ran.append(inputs[0].shape[1]))
    with torch.no_grad(), autocast("cpu", "bf16"):
        filled = tiny(batch).last_TD
        monkeypatch.setattr(type(tiny), "_prepares_kernels", lambda *_: False)
        bare = tiny(batch).last_TD
    assert ran == [72, 71] and filled.shape == bare.shape
    torch.testing.assert_close(filled, bare, atol=0.05, rtol=0.05)


def test_fp32_runs_real_tokens_alone():
    tiny, batch = encoder("xlm-roberta"), ragged([20, 13, 7, 31])
    ran = []
    tiny.model.encoder.layer[0].register_forward_pre_hook(lambda _layer, inputs: ran.append(inputs[0].shape[1]))
    with torch.no_grad():
        tiny(batch)
    assert ran == [71]
