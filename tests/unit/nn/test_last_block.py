"""States of tokens that somebody reads are the same whether the others are computed or not."""

from __future__ import annotations

import pytest
import torch

from tiny_encoders import encoder, ragged

NARROW = ("xlm-roberta", "roberta", "camembert", "bert", "electra")
WHOLE = ("modernbert", "eurobert", "distilbert", "deberta-v2")
READ = torch.tensor([0, 9, 18, 49, 30])


@pytest.mark.parametrize("name", NARROW + WHOLE)
def test_states_that_are_read_stay_as_they_are(name):
    tiny, batch = encoder(name), ragged([9, 9, 31, 5])
    assert tiny.skips_unread_tokens == (name in NARROW)
    with torch.no_grad():
        whole, some = tiny(batch).last_TD, tiny(batch, read_P=READ).last_TD
    torch.testing.assert_close(some[READ], whole[READ], atol=1e-5, rtol=1e-5)
    others = torch.ones(len(some), dtype=torch.bool)
    others[READ] = False
    assert bool(some[others].abs().sum() == 0) == tiny.skips_unread_tokens


@pytest.mark.parametrize("checkpointing", [False, True])
@pytest.mark.parametrize("name", ["xlm-roberta", "electra"])
def test_gradients_are_the_same(name, checkpointing):
    tiny, batch = encoder(name, checkpointing=checkpointing).train(checkpointing), ragged([9, 9, 31, 5])
    for module in tiny.modules():
        module.p = 0.0  # blocks are run again in training alone, here without dropout
    direction = torch.randn(len(READ), tiny.hidden_size)
    found = []
    for read_P in (None, READ):
        tiny.zero_grad()
        (tiny(batch, read_P=read_P).last_TD[READ] * direction).sum().backward()
        found.append({name: p.grad.clone() for name, p in tiny.named_parameters() if p.grad is not None})
    assert found[0].keys() == found[1].keys()
    for name, value in found[0].items():
        scale = value.abs().max().clamp(min=1.0)
        torch.testing.assert_close(found[1][name] / scale, value / scale, atol=1e-5, rtol=1e-4)


def test_a_layer_that_is_asked_for_is_whole():
    tiny, batch = encoder("bert"), ragged([4, 6])
    with torch.no_grad():
        hidden = tiny(batch, layers=(tiny.num_layers,), read_P=torch.tensor([0]))
        assert torch.equal(hidden.layers[tiny.num_layers], tiny(batch).last_TD)
        below = tiny(batch, until=1, read_P=torch.tensor([0])).last_TD
        assert torch.equal(below, tiny(batch, until=1).last_TD)


def test_a_pass_does_not_remember_the_one_before():
    tiny, batch = encoder("bert"), ragged([4, 6])
    with torch.no_grad():
        before = tiny(batch).last_TD
        tiny(batch, read_P=torch.tensor([0]))
        assert torch.equal(tiny(batch).last_TD, before)
