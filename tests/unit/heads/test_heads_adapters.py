"""An invertible adapter is undone before the decoder of a language-model head, and only there."""

from __future__ import annotations

import copy

import pytest
import torch
from torch.nn import functional as F  # noqa: N812

from tiny_encoders import encoder, ragged
from xstilts.core.errors import EncoderError
from xstilts.core.settings.tuning import Bottleneck
from xstilts.heads.pretrained_heads import TiedDecoder
from xstilts.heads.registry import head_key, make_head
from xstilts.kinds.classification import Classification
from xstilts.kinds.mlm import MaskedLM
from xstilts.train.model import Model

INVERTIBLE = Bottleneck(reduction=2, invertible=True)


@pytest.mark.parametrize("name", ["xlm-roberta", "modernbert", "electra", "rembert"])
def test_the_decoder_is_given_states_from_before_the_adapter(name: str) -> None:
    made, batch = encoder(name), ragged([6, 4])
    made.adapters.add(INVERTIBLE)
    assert [coupling.size for coupling in made.adapters.couplings] == [made.embeddings.embedding_dim]
    with torch.no_grad():
        for parameter in made.adapters.parameters():
            parameter.add_(0.3 * torch.randn_like(parameter))
    head = make_head(MaskedLM(), made).eval()
    plain = copy.deepcopy(head.part)
    batch.extra = {"places_M": torch.arange(10), "masked_R": [6, 4]}
    read: list[torch.Tensor] = []
    decoder = next(module for module in plain.modules() if isinstance(module, TiedDecoder))
    decoder.register_forward_pre_hook(lambda _, inputs: read.append(inputs[0]))
    model = Model(made, {"mlm": head}).eval()
    with torch.no_grad():
        got = model(batch, "mlm")
        other = plain.tokens(made(batch).last_TD)
        bias = other - F.linear(read[0][0], made.embeddings.weight)
        expected = F.linear(made.adapters.inverse(read[0][0]), made.embeddings.weight) + bias
    torch.testing.assert_close(got, expected, atol=1e-4, rtol=1e-4)
    assert (got - other).abs().max() > 1e-2


def test_a_decoder_of_another_width_than_the_adapter_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Narrow embeddings whose way to the states is not one linear layer: the adapter is as wide as the states."""
    made = encoder("electra")
    monkeypatch.setattr("xstilts.nn.adapters.patches.find_embedded", lambda *_: ("encoder.layer.0", made.hidden_size))
    made.adapters.add(INVERTIBLE)
    with pytest.raises(EncoderError, match="tied to the embeddings that the adapter changes"):
        Model(made, {"mlm": make_head(MaskedLM(), made)})


def test_other_heads_read_states_as_they_are() -> None:
    made, kind, batch = encoder("bert"), Classification(labels=("a", "b")), ragged([6, 4])
    made.adapters.add(INVERTIBLE)
    head = make_head(kind, made).eval()
    model = Model(made, {head_key(kind): head}).eval()
    with torch.no_grad():
        # the model computes what the head reads alone: a product of other rows may round in another way
        torch.testing.assert_close(model(batch, head_key(kind)), head(made(batch).last_TD, batch))
