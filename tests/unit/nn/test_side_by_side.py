"""Several sets of adapters on one encoder give what each of them gives alone, and share what lies below them."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
import torch
from torch import Tensor

from tiny_encoders import encoder, ragged
from xstilts.core.errors import EncoderError
from xstilts.core.settings.tuning import IA3, Adapter, Bottleneck, LoRA, Prefix, Prompt
from xstilts.nn.adapters.manager import Attached
from xstilts.nn.encoder import Encoder
from xstilts.nn.multi_adapter import SideBySide

CLASSES = ("xlm-roberta", "bert", "electra", "modernbert", "eurobert", "distilbert", "deberta-v2", "mpnet", "rembert")
BATCH = ragged([7, 3, 7, 1])
EVERYWHERE: list[list[Adapter]] = [
    [Bottleneck(place="houlsby", reduction=4)],
    [],
    [LoRA(rank=2, targets=("query", "value", "down")), IA3(stack=True), Bottleneck(place="parallel", reduction=2)],
    [Bottleneck(width=5, invertible=True)],
    [LoRA(rank=3, dora=True)],
]
ABOVE: list[list[Adapter]] = [
    [Bottleneck(from_layer=3)],
    [IA3(from_layer=2), LoRA(from_layer=2, targets=("down",), stack=True)],
    [Bottleneck(place="parallel", from_layer=2)],
]


def make(model: Encoder, wanted: Sequence[Sequence[Adapter]]) -> list[list[Attached]]:
    """Adapters with weights of their own, none of them attached."""
    generator, sets = torch.Generator().manual_seed(5), []
    for settings in wanted:
        for one in settings:
            model.adapters.add(one)
        sets.append(model.adapters.each)
        model.adapters.remove()
        for parameter in (p for adapter in sets[-1] for p in adapter.parameters()):
            parameter.data += 0.2 * torch.randn(parameter.shape, generator=generator)
    return sets


def alone(model: Encoder, adapters: Sequence[Attached], until: int | None) -> Tensor:
    for adapter in adapters:
        adapter.attach(model.model)
    found = model(BATCH, until=until).last_TD
    for adapter in adapters:
        adapter.remove()
    return found


@torch.inference_mode()
@pytest.mark.parametrize("together", [1, 2, 9])
@pytest.mark.parametrize("wanted", [EVERYWHERE, ABOVE], ids=["everywhere", "above"])
@pytest.mark.parametrize("name", CLASSES)
def test_states_are_those_of_each_alone(name: str, wanted: list[list[Adapter]], together: int) -> None:
    model = encoder(name)
    side = SideBySide(model, make(model, wanted))
    for until in (None, 0, 2):
        expected = [alone(model, adapters, until) for adapters in side.sets]
        got = side.each(BATCH, lambda place, hidden_TD: (place, hidden_TD), until, together)
        assert [place for place, _ in got] == list(range(len(wanted)))
        for (_, states_TD), expected_TD in zip(got, expected, strict=True):
            torch.testing.assert_close(states_TD, expected_TD, atol=1e-5, rtol=1e-5)
    assert until == 2 and not torch.allclose(expected[0], expected[-1], atol=1e-2), "they do differ"


@torch.inference_mode()
@pytest.mark.parametrize(("together", "upper"), [(1, [21, 21, 21]), (2, [42, 21]), (3, [63])])
def test_blocks_below_the_first_adapter_run_once_for_a_batch(together: int, upper: list[int]) -> None:
    model = encoder("xlm-roberta")
    side = SideBySide(model, make(model, ABOVE))
    assert side.first == 2
    batch, seen = ragged([8, 8, 5]), {1: [], 2: [], 3: []}
    layers = model.model.encoder.layer
    for block, sizes in seen.items():
        layer = layers[block - 1].intermediate.dense
        layer.register_forward_hook(lambda _layer, inputs, _output, sizes=sizes: sizes.append(inputs[0].shape[1]))
    for _ in range(2):
        side.each(batch, lambda _place, hidden_TD: hidden_TD, together=together)
    assert seen == {1: [21, 21], 2: upper * 2, 3: upper * 2}


def count_hooks(model: Encoder) -> int:
    return sum(len(module._forward_hooks) + len(module._forward_pre_hooks) for module in model.model.modules())


@torch.inference_mode()
def test_the_encoder_is_bare_again_also_after_an_error() -> None:
    model = encoder("xlm-roberta")
    before, hooks = model(BATCH).last_TD, count_hooks(model)
    side = SideBySide(model, make(model, ABOVE))
    named: list[list[Attached]] = []

    def fail(_place: int, _hidden_TD: Tensor) -> None:
        named.append(model.adapters.each)
        raise RuntimeError("out of memory")

    with pytest.raises(RuntimeError, match="out of memory"):
        side.each(BATCH, fail, together=3)
    assert named == [side.sets[0]] and not model.adapters.each
    assert torch.equal(model(BATCH).last_TD, before)
    assert count_hooks(model) == hooks


@torch.inference_mode()
@pytest.mark.parametrize("together", [1, 3])
def test_states_that_are_read_are_those_of_each_alone(together: int) -> None:
    model, read_P = encoder("xlm-roberta"), torch.tensor([0, 7, 10, 17])
    side = SideBySide(model, make(model, EVERYWHERE[:3]))
    whole = side.each(BATCH, lambda _place, hidden_TD: hidden_TD[read_P])
    some = side.each(BATCH, lambda _place, hidden_TD: hidden_TD[read_P], None, together, read_P)
    for one, other in zip(whole, some, strict=True):
        torch.testing.assert_close(one, other, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("settings", [Prompt(length=3), Prefix(length=3)])
def test_what_changes_the_packing_is_refused(settings) -> None:
    model = encoder("xlm-roberta")
    own = [model.adapters.add(settings)]
    with pytest.raises(EncoderError, match="on its own"):
        SideBySide(model, [own, own])
