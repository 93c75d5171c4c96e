"""A head's logits are those of the encoder's own class, loaded with our weights under its names."""

from __future__ import annotations

from typing import Any

import pytest
import torch
import transformers

import tiny_encoders
from tiny_encoders import encoder, padded, ragged
from xstilts.heads.pretrained_heads import NATIVE, class_config, class_state
from xstilts.heads.registry import make_head
from xstilts.kinds.choice import Choice
from xstilts.kinds.classification import Classification
from xstilts.kinds.mlm import MaskedLM
from xstilts.kinds.span_qa import SpanQA
from xstilts.kinds.tagging import Tagging

LABELS = ("a", "b", "c")
KINDS = {
    "classification": Classification(labels=LABELS),
    "choice": Choice(),
    "span_qa": SpanQA(),
    "tagging": Tagging(labels=LABELS),
    "mlm": MaskedLM(),
}
OUTPUTS = {"classification": 3, "choice": 1, "span_qa": 2, "tagging": 3, "mlm": 2}


def its_own_class(tiny, head, kind: str) -> torch.nn.Module:
    """The class, filled from one dictionary of weights. Only tied weights may be missing."""
    model = getattr(transformers, KINDS[kind].hf_auto_class).from_config(class_config(tiny, OUTPUTS[kind])).eval()
    state = class_state(tiny, head.part)
    missing, unexpected = model.load_state_dict(state, strict=False)
    assert not unexpected
    model.tie_weights()
    assert all("decoder" in name or "projector" in name or "generator_lm_head" in name for name in missing), missing
    return model


def its_logits(model, tiny, batch, kind: str) -> torch.Tensor:
    inputs: dict[str, Any] = padded(batch, tiny.config.pad_token_id)
    if "token_type_ids" not in tiny.input_names or tiny.config.type_vocab_size < 2:
        del inputs["token_type_ids"]
    real = inputs["attention_mask"].bool()
    if kind == "choice":
        inputs = {name: value[:, None] for name, value in inputs.items()}
    output = model(**inputs)
    if kind == "span_qa":
        return torch.stack([output.start_logits, output.end_logits], dim=-1)[real]
    return output.logits if kind in ("classification", "choice") else output.logits[real]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", NATIVE)
def test_logits_equal_those_of_the_class(name, kind):
    tiny, batch = encoder(name), ragged([7, 12, 12, 3])
    torch.manual_seed(1)
    head = make_head(KINDS[kind], tiny).eval()
    for parameter in head.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    assert (head.native, head.auto_class) == (True, KINDS[kind].hf_auto_class)
    with torch.no_grad():
        model = its_own_class(tiny, head, kind)
        expected = its_logits(model, tiny, batch, kind)
        hidden_TD = tiny(batch).last_TD
        sequence_level = kind in ("classification", "choice")
        found = head.part.sequences(hidden_TD, batch) if sequence_level else head.part.tokens(hidden_TD)
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-5)


def test_modernbert_pools_by_the_mean_where_its_configuration_says_so():
    tiny, batch = encoder("modernbert"), ragged([7, 12, 3])
    tiny.config.classifier_pooling = "mean"
    head = make_head(KINDS["classification"], tiny).eval()
    with torch.no_grad():
        expected = its_logits(its_own_class(tiny, head, "classification"), tiny, batch, "classification")
        torch.testing.assert_close(head.part.sequences(tiny(batch).last_TD, batch), expected, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("name", NATIVE)
@pytest.mark.parametrize("kind", KINDS)
def test_a_new_head_is_drawn_as_the_class_draws_it(name, kind):
    tiny = encoder(name)
    torch.manual_seed(3)
    ours = make_head(KINDS[kind], tiny).part.module.state_dict()
    theirs = (
        getattr(transformers, KINDS[kind].hf_auto_class).from_config(class_config(tiny, OUTPUTS[kind])).state_dict()
    )
    for weight, tensor in ours.items():
        assert tensor.shape == theirs[weight].shape
        spread, expected = tensor.std(correction=0), theirs[weight].std(correction=0)
        assert float((spread - expected).abs()) <= 0.5 * float(expected) + 1e-8, weight
        if tensor.ndim == 1:
            assert torch.equal(tensor, theirs[weight]), weight


@pytest.mark.parametrize("kind", KINDS)
def test_other_encoders_get_our_own_head(kind):
    tiny, batch = encoder("rembert"), ragged([7, 3])
    head = make_head(KINDS[kind], tiny)
    assert (head.native, head.auto_class) == (False, None)
    hidden_TD = tiny(batch).last_TD
    if kind in ("classification", "choice"):
        assert head.part.sequences(hidden_TD, batch).shape == (2, OUTPUTS[kind])
    else:
        outputs = tiny_encoders.VOCABULARY if kind == "mlm" else OUTPUTS[kind]
        assert head.part.tokens(hidden_TD).shape == (10, outputs)


@pytest.mark.parametrize("name", ["xlm-roberta", "bert", "electra", "modernbert", "rembert"])
def test_a_language_model_head_leaves_the_embeddings_to_the_encoder(name):
    tiny, batch = encoder(name), ragged([7, 3])
    head = make_head(KINDS["mlm"], tiny)
    table = tiny.embeddings.weight
    assert all(parameter is not table for parameter in head.parameters())
    assert all(tensor.shape != table.shape for tensor in head.state_dict().values())
    head.part.tokens(tiny(batch).last_TD).square().sum().backward()
    unseen = next(token for token in range(97) if token not in batch.ids_T)
    assert table.grad[unseen].abs().max() > 0  # as an output, every word's vector has a gradient
