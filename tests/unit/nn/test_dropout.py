"""Cheap dropout: the same rate, scale, gradient and repeatability as torch's."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from xstilts.nn.dropout import CheapDropout, use_cheap_dropout


@pytest.mark.parametrize("p", [0.1, 0.25, 0.5])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_the_rate_and_the_scale_keep_the_mean(p: float, dtype: torch.dtype) -> None:
    torch.manual_seed(0)
    out = CheapDropout(p)(torch.ones(997, 1003, dtype=dtype)).float()
    assert abs(float((out == 0).float().mean()) - p) < 2e-3
    assert abs(float(out.mean()) - 1.0) < 1e-2
    assert len(out.unique()) == 2


def test_elements_are_dropped_independently() -> None:
    torch.manual_seed(0)
    kept = (CheapDropout(0.5)(torch.ones(400_000)) != 0).float().view(-1, 4)
    assert torch.corrcoef(kept.T).fill_diagonal_(0).abs().max() < 0.01


def test_the_gradient_goes_where_the_value_went() -> None:
    torch.manual_seed(0)
    input = torch.randn(50, 7, requires_grad=True)
    out = CheapDropout(0.3)(input)
    out.sum().backward()
    assert input.grad is not None
    assert torch.allclose(input.grad * input.detach(), out.detach())
    assert (out == 0).any()


def test_the_generator_of_torch_decides() -> None:
    layer, ones = CheapDropout(0.5), torch.ones(1000)
    torch.manual_seed(3)
    first = layer(ones)
    second = layer(ones)
    torch.manual_seed(3)
    assert torch.equal(layer(ones), first)
    assert not torch.equal(first, second)


def test_evaluation_and_rate_zero_change_nothing() -> None:
    ones = torch.ones(10)
    assert CheapDropout(0.5).eval()(ones) is ones
    assert CheapDropout(0.0)(ones) is ones
    assert not CheapDropout(1.0)(ones).any()


def test_a_model_gets_it_everywhere() -> None:
    model = nn.Sequential(nn.Linear(2, 2), nn.Dropout(0.1), nn.Sequential(nn.Dropout(0.2)))
    use_cheap_dropout(model)
    assert [type(m) for m in model.modules() if isinstance(m, nn.Dropout)] == [CheapDropout] * 2
