"""Adapters joined by their weights: the formulas on numbers that can be done by hand."""

from __future__ import annotations

import pytest
import torch

from tiny_encoders import encoder, ragged
from xstilts.core.errors import EncoderError
from xstilts.core.settings.merging import Arithmetic, Average, Ties
from xstilts.core.settings.tuning import Bottleneck
from xstilts.nn.adapters.merging import join

START = {"w": torch.tensor([1.0, 1.0, 1.0, 1.0]), "b": torch.tensor([0.0])}
A = {"w": torch.tensor([5.0, 1.5, -2.0, 1.0]), "b": torch.tensor([0.1])}
B = {"w": torch.tensor([3.0, 1.0, 2.0, 0.0]), "b": torch.tensor([-4.0])}


def test_the_mean_and_its_weights() -> None:
    assert join(Average(), START, [A, B])["w"].tolist() == [4.0, 1.25, 0.0, 0.5]
    assert join(Average(weights=(3, 1)), START, [A, B])["w"].tolist() == [4.5, 1.375, -1.0, 0.75]


def test_what_was_learnt_is_added_and_taken_away() -> None:
    assert join(Arithmetic(), START, [A, B])["w"].tolist() == [7.0, 1.5, -1.0, 0.0]
    assert join(Arithmetic(weights=(1, -1), scale=0.5), START, [A, B])["w"].tolist() == [2.0, 1.25, -1.0, 1.5]
    assert join(Arithmetic(), START, [A])["w"].tolist() == A["w"].tolist()


def test_ties_trims_elects_and_takes_the_mean_of_what_agrees() -> None:
    # Learnt: A [4, .5, -3, 0 | .1], B [2, 0, 1, -1 | -4]. The two largest of five: A [4, 0, -3, 0 | 0], B [2, .. | -4].
    joined = join(Ties(density=0.4), START, [A, B])
    assert joined["w"].tolist() == [4.0, 1.0, -2.0, 1.0] and joined["b"].tolist() == [-4.0]
    # All of it: the third weight has -3 against 1, so -3 alone; the fourth has -1 alone.
    whole = join(Ties(density=1.0, scale=2.0), START, [A, B])
    assert whole["w"].tolist() == [7.0, 2.0, -5.0, -1.0] and whole["b"].tolist() == [-8.0]


def test_what_cannot_be_joined_is_refused() -> None:
    with pytest.raises(EncoderError, match="'w' is 4 in one and missing in another"):
        join(Average(), START, [A, {"b": B["b"]}])
    with pytest.raises(EncoderError, match="2 adapters and 3 weights"):
        join(Average(weights=(1, 1, 1)), START, [A, B])
    with pytest.raises(ValueError, match="sum to zero"):
        Average(weights=(1, -1))
    with pytest.raises(ValueError, match="less than or equal to 1"):
        Ties(density=1.5)


def test_an_adapter_joined_with_itself_is_itself() -> None:
    made, batch = encoder("bert"), ragged([5, 3])
    adapter = made.adapters.add(Bottleneck(reduction=4))
    start = {name: tensor.clone() for name, tensor in adapter.state_dict().items()}
    with torch.no_grad():
        for parameter in adapter.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
        before, own = made(batch).last_TD, {name: tensor.clone() for name, tensor in adapter.state_dict().items()}
        for how in (Average(), Arithmetic(scale=0.5), Ties(density=1.0)):
            adapter.load_state_dict(join(how, start, [own, own]))
            torch.testing.assert_close(made(batch).last_TD, before, atol=1e-5, rtol=1e-5)
