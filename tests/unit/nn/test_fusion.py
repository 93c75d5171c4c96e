"""A fusion attends over adapters that were trained apart; only its attention is trained."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from tiny_encoders import encoder, ragged
from xstilts.core.errors import EncoderError
from xstilts.core.settings.tuning import Bottleneck
from xstilts.heads.registry import make_head
from xstilts.kinds.classification import Classification
from xstilts.train.model import Model

HOULSBY = Bottleneck(place="houlsby", reduction=4)
BATCH = ragged([5, 3])


def trained(settings: Bottleneck, seed: int) -> tuple[tuple[Bottleneck, dict[str, Tensor]], Tensor]:
    """An adapter with its weights, and the states of the encoder with it alone."""
    model = encoder("bert")
    adapter, generator = model.adapters.add(settings), torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in adapter.parameters():
            parameter.add_(0.2 * torch.randn(parameter.shape, generator=generator))
        return (settings, adapter.state_dict()), model(BATCH).last_TD


@pytest.mark.parametrize("number", [1, 3])
def test_a_fusion_of_equals_is_one_of_them(number: int) -> None:
    given, alone = trained(HOULSBY, 1)
    model = encoder("bert")
    model.adapters.fuse([given] * number)
    with torch.no_grad():
        torch.testing.assert_close(model(BATCH).last_TD, alone, atol=1e-4, rtol=1e-4)


def test_a_fusion_of_others_lies_between_them_and_moves_with_its_attention() -> None:
    model = encoder("bert")
    (first, alone), (second, other) = trained(Bottleneck(width=8), 1), trained(Bottleneck(width=3), 2)
    adapter = model.adapters.fuse([first, second])
    with torch.no_grad():
        fused = model(BATCH).last_TD
        assert min(float((fused - one).abs().max()) for one in (alone, other)) > 1e-2
        for patch in adapter.each:
            patch.get_parameter("query.bias").add_(5.0)
        assert (model(BATCH).last_TD - fused).abs().max() > 1e-3


def test_only_the_attention_is_trained() -> None:
    model = encoder("bert")
    model.adapters.fuse([trained(HOULSBY, 1)[0], trained(HOULSBY, 2)[0]])
    whole = Model(model, {"x": make_head(Classification(labels=("a", "b")), model)}, "adapter")
    names = {name.split(".")[-2] for name in whole.trained if name.startswith("encoder.")}
    assert names == {"query", "key", "value"}


def test_what_cannot_be_fused_is_refused() -> None:
    adapters = encoder("bert").adapters
    with pytest.raises(EncoderError, match="no adapters to fuse"):
        adapters.fuse([])
    with pytest.raises(EncoderError, match="different places cannot be fused"):
        adapters.fuse([(HOULSBY, {}), (Bottleneck(), {})])
    with pytest.raises(EncoderError, match="parallel and invertible"):
        adapters.fuse([(Bottleneck(place="parallel"), {})])
