"""Packed and padded runs of one encoder give the same states and the same gradients."""

from __future__ import annotations

from functools import partial

import pytest
import torch
from torch._dynamo.utils import counters

from tiny_encoders import encoder, padded, ragged
from xstilts.core.errors import EncoderError
from xstilts.nn import encoder as encoder_module
from xstilts.nn.attention import PACKED
from xstilts.nn.encoder import Encoder, PaddedEncoder
from xstilts.nn.precision import autocast

PACKED_SHAPES = ("xlm-roberta", "roberta", "camembert", "bert", "electra", "modernbert", "eurobert", "distilbert")
PADDED_SHAPES = ("deberta-v2", "mpnet", "rembert")
SPEAKS_SEGMENTS = ("bert", "electra", "rembert")
LENGTHS = [[9, 9, 9, 31, 5], [1, 30], [17], [4, 3, 3, 28, 28, 2]]


def reference(tiny: Encoder, batch, name: str, layer: int | None = None) -> torch.Tensor:
    """The class's own padded forward with its eager attention, unpadded."""
    inputs = padded(batch, tiny.config.pad_token_id)
    if name not in SPEAKS_SEGMENTS:
        del inputs["token_type_ids"]
    before = tiny.config._attn_implementation
    tiny.model.set_attn_implementation("eager")
    output = tiny.model(**inputs, output_hidden_states=layer is not None)
    tiny.model.set_attn_implementation(before)
    states = output.last_hidden_state if layer is None else output.hidden_states[layer]
    return states[inputs["attention_mask"].bool()]


@pytest.mark.versions
@pytest.mark.parametrize("lengths", LENGTHS, ids=str)
@pytest.mark.parametrize("name", PACKED_SHAPES + PADDED_SHAPES)
def test_states_equal_the_padded_forward(name, lengths):
    tiny, batch = encoder(name), ragged(lengths)
    assert (tiny.padding_reason is None) == (name in PACKED_SHAPES), tiny.padding_reason
    assert (tiny.config._attn_implementation == PACKED) == (name in PACKED_SHAPES)
    with torch.no_grad():
        torch.testing.assert_close(tiny(batch).last_TD, reference(tiny, batch, name), atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("name", ["xlm-roberta", "bert", "modernbert", "electra", "eurobert", "deberta-v2"])
def test_gradients_equal_the_padded_ones(name):
    tiny, batch = encoder(name), ragged([9, 9, 31, 5])
    direction = torch.randn(54, tiny.hidden_size)
    packed = gradients(tiny, (tiny(batch).last_TD * direction).sum())
    expected = gradients(tiny, (reference(tiny, batch, name) * direction).sum())
    for name, value in expected.items():
        scale = value.abs().max().clamp(min=1.0)
        torch.testing.assert_close(packed[name] / scale, value / scale, atol=5e-5, rtol=1e-4)


def gradients(tiny: Encoder, score: torch.Tensor) -> dict[str, torch.Tensor]:
    tiny.zero_grad()
    score.backward()
    return {name: weight.grad.clone() for name, weight in tiny.named_parameters() if weight.grad is not None}


@pytest.mark.parametrize("name", ["xlm-roberta", "bert", "deberta-v2"])
def test_every_layer_can_be_read(name):
    tiny, batch = encoder(name), ragged([6, 11])
    with torch.no_grad():
        hidden = tiny(batch, layers=(0, 1, 2, 3))
        for layer in range(4):
            torch.testing.assert_close(hidden.layers[layer], reference(tiny, batch, name, layer), atol=1e-5, rtol=1e-5)
    assert hidden.layers[3] is hidden.last_TD


@pytest.mark.parametrize("until", [0, 2])
def test_until_runs_no_further_block(until):
    tiny, batch = encoder("bert"), ragged([6, 11])
    ran = []
    for number, block in enumerate(tiny.model.encoder.layer, start=1):
        block.register_forward_hook(lambda *_, number=number: ran.append(number))
    full = tiny(batch, layers=(until,)).layers[until]
    del ran[:]
    assert torch.equal(tiny(batch, until=until).last_TD, full)
    assert max(ran, default=0) <= until


def test_positions_that_restart_at_zero_are_caught(monkeypatch):
    """XLM-R counts from the padding index + 1; an encoder packed from 0 fails the trial and is padded."""
    right = encoder("xlm-roberta")
    assert right.max_length == 64 - 2
    monkeypatch.setattr(encoder_module, "position_offset", lambda model: 0)
    wrong = encoder("xlm-roberta")
    assert "differs" in wrong.padding_reason
    batch = ragged([7, 4])
    torch.testing.assert_close(wrong(batch).last_TD, right(batch).last_TD, atol=1e-5, rtol=1e-5)


def test_a_class_that_cannot_be_packed_warns():
    with pytest.warns(PaddedEncoder, match="MPNetModel is padded"):
        Encoder(encoder("mpnet").model)


def test_segments_reach_bert_and_not_xlmr():
    batch = ragged([8, 5])
    plain = ragged([8, 5])
    plain.segments_T = torch.zeros_like(plain.segments_T)
    bert, xlmr = encoder("bert"), encoder("xlm-roberta")
    assert (bert(batch).last_TD - bert(plain).last_TD).abs().max() > 0.01
    assert torch.equal(xlmr(batch).last_TD, xlmr(plain).last_TD)


def test_sequences_do_not_see_each_other():
    tiny = encoder("xlm-roberta")
    batch, other = ragged([6, 9, 6]), ragged([6, 9, 6])
    other.ids_T[:6] = 50
    before, after = tiny(batch).last_TD, tiny(other).last_TD
    assert torch.equal(before[6:], after[6:])
    assert not torch.allclose(before[:6], after[:6])


@pytest.mark.parametrize("name", ["xlm-roberta", "modernbert", "deberta-v2"])
def test_checkpointing_gives_the_same_gradients(name):
    """Two batches go forward before either goes backward: each recomputed layer needs its own lengths."""
    plain, sparing = encoder(name), encoder(name, checkpointing=True)
    first, second = ragged([5, 8, 8], seed=1), ragged([3, 20], seed=2)
    found = []
    for tiny in (plain, sparing):
        tiny.train()
        for module in tiny.modules():
            if isinstance(module, torch.nn.Dropout):
                module.p = 0.0
        found.append(gradients(tiny, tiny(first).last_TD.square().sum() + tiny(second).last_TD.pow(3).sum()))
    assert found[0].keys() == found[1].keys()
    for name, value in found[0].items():
        torch.testing.assert_close(found[1][name], value, atol=1e-6 * float(value.abs().max()), rtol=1e-5)


def test_checkpointing_recomputes():
    tiny = encoder("bert", checkpointing=True).train()
    calls = []
    block = tiny.model.encoder.layer[1]
    block.intermediate.register_forward_hook(lambda *_: calls.append(1))
    tiny(ragged([5, 8])).last_TD.sum().backward()
    assert len(calls) == 2


def test_bf16_is_close():
    tiny, batch = encoder("xlm-roberta"), ragged([9, 9, 31])
    with torch.no_grad():
        exact = tiny(batch).last_TD
        with autocast("cpu", "bf16"):
            rough = tiny(batch).last_TD.float()
    assert not torch.equal(exact, rough)
    assert (exact - rough).norm() / exact.norm() < 0.05


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize(("precision", "error"), [("fp32", 1e-4), ("bf16", 0.05)])
@pytest.mark.parametrize("name", ["xlm-roberta", "modernbert", "eurobert", "deberta-v2"])
def test_cuda_gives_the_states_of_the_cpu(name, precision, error):
    tiny, batch = encoder(name), ragged([9, 9, 31, 5])
    with torch.no_grad():
        exact = tiny(batch).last_TD
        with autocast("cuda", precision):
            found = tiny.to("cuda")(batch.to("cuda")).last_TD.float().cpu()
    assert (exact - found).norm() / exact.norm() < error


def test_autocast_names_what_exists():
    with pytest.raises(Exception, match="Did you mean 'bf16'"):
        autocast("cpu", "bf61")


def test_attention_dropout_is_not_dropped_silently():
    tiny, batch = encoder("bert"), ragged([9, 12])
    for module in tiny.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
    tiny.train()
    still = tiny(batch).last_TD
    assert torch.equal(still, tiny(batch).last_TD)
    for block in tiny.model.encoder.layer:
        block.attention.self.dropout.p = 0.5
    assert not torch.allclose(still, tiny(batch).last_TD)


def test_too_long_a_sequence_names_both_numbers():
    with pytest.raises(EncoderError, match=r"63 tokens .* 62"):
        encoder("xlm-roberta")(ragged([4, 63]))


def test_a_layer_that_does_not_exist():
    with pytest.raises(EncoderError, match="layers 0 to 3, not 4"):
        encoder("bert")(ragged([4]), layers=(4,))


def test_compiled_blocks_are_one_graph_for_all_lengths(monkeypatch):
    """Traced with torch's own tracer and run without code generation, which would need a C++ compiler."""
    monkeypatch.setattr(torch, "compile", partial(torch.compile, backend="eager", fullgraph=True))
    torch._dynamo.reset()
    counters.clear()
    plain, compiled = encoder("bert"), encoder("bert", compile=True)
    for lengths in ([9, 9, 31], [4, 12], [7, 7, 7]):
        batch = ragged(lengths)
        states = [tiny(batch, layers=(1,)) for tiny in (plain, compiled)]
        torch.testing.assert_close(states[1].layers[1], states[0].layers[1])
        torch.testing.assert_close(states[1].last_TD, states[0].last_TD)
    assert counters["stats"]["unique_graphs"] == 1
    exact, traced = (gradients(t, s.last_TD.pow(3).sum()) for t, s in zip((plain, compiled), states, strict=True))
    for name, value in exact.items():
        torch.testing.assert_close(traced[name], value, atol=5e-5 * max(1.0, float(value.abs().max())), rtol=1e-4)
