"""Small layers on a frozen encoder: they start as nothing, work packed, train alone, merge and go away again."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest
import torch
from torch import Tensor

from tiny_encoders import encoder, padded, ragged
from xstilts.core.errors import EncoderError
from xstilts.core.settings.tuning import IA3, Adapter, Bottleneck, LoRA
from xstilts.nn.adapters.layers import Coupling
from xstilts.nn.adapters.targets import find_site
from xstilts.nn.encoder import Encoder

CLASSES = ("xlm-roberta", "bert", "electra", "modernbert", "eurobert", "distilbert", "deberta-v2", "mpnet", "rembert")
METHODS: dict[str, Adapter] = {
    "houlsby": Bottleneck(place="houlsby", reduction=4),
    "pfeiffer": Bottleneck(place="pfeiffer", width=5, invertible=True),
    "parallel": Bottleneck(place="parallel", reduction=2, scale=4.0),
    "lora": LoRA(rank=2, alpha=8),
    "dora": LoRA(rank=2, dora=True, targets=("query", "value", "down")),
    "ia3": IA3(),
}
BATCH = ragged([7, 3, 7, 1])


def states(model: Encoder) -> Tensor:
    with torch.no_grad():
        return model(BATCH).last_TD


def stir(parameters: Iterator[torch.nn.Parameter]) -> None:
    """Moves weights away from where they start."""
    generator = torch.Generator().manual_seed(5)
    with torch.no_grad():
        for parameter in parameters:
            parameter.add_(0.2 * torch.randn(parameter.shape, generator=generator))


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("name", CLASSES)
def test_a_fresh_adapter_changes_nothing_a_moved_one_does_and_it_goes_away(name: str, method: str) -> None:
    model = encoder(name)
    before, weights = states(model), {key: value.clone() for key, value in model.model.state_dict().items()}
    model.adapters.add(METHODS[method])
    torch.testing.assert_close(states(model), before, atol=1e-6, rtol=1e-5)
    stir(model.adapters.parameters())
    assert (states(model) - before).abs().max() > 1e-3
    model.adapters.remove()
    assert torch.equal(states(model), before)
    assert model.model.state_dict().keys() == weights.keys()
    assert all(torch.equal(value, weights[key]) for key, value in model.model.state_dict().items())


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("name", ["xlm-roberta", "modernbert", "eurobert"])
def test_packed_states_are_those_of_the_padded_model(name: str, method: str) -> None:
    model = encoder(name)
    model.adapters.add(METHODS[method])
    stir(model.adapters.parameters())
    packed_TD = states(model)
    model.model.set_attn_implementation("eager")
    model.padding_reason = "to compare"
    torch.testing.assert_close(packed_TD, states(model), atol=1e-4, rtol=1e-4)
    assert padded(BATCH, 0)["attention_mask"].sum() == len(packed_TD)


@pytest.mark.parametrize("method", ["lora", "dora", "ia3"])
@pytest.mark.parametrize("name", CLASSES)
def test_merged_weights_give_the_same_states(name: str, method: str) -> None:
    model = encoder(name)
    model.adapters.add(METHODS[method])
    stir(model.adapters.parameters())
    before, names = states(model), set(model.model.state_dict())
    model.adapters.merge()
    assert not model.adapters.each and set(model.model.state_dict()) == names
    torch.testing.assert_close(states(model), before, atol=1e-5, rtol=1e-4)


def test_stacks_merge_in_order_and_up_to_the_first_bottleneck() -> None:
    model = encoder("xlm-roberta")
    for settings in (METHODS["lora"], METHODS["ia3"], METHODS["houlsby"], LoRA(targets=("down",))):
        model.adapters.add(settings)
    stir(model.adapters.parameters())
    before = states(model)
    model.adapters.merge()
    assert [type(adapter.settings) for adapter in model.adapters.each] == [Bottleneck, LoRA]
    torch.testing.assert_close(states(model), before, atol=1e-5, rtol=1e-4)


def test_dora_on_a_layer_that_is_changed_already_is_refused() -> None:
    model = encoder("bert")
    model.adapters.add(LoRA())
    with pytest.raises(EncoderError, match=r"DoRA measures the weight of 'encoder\.layer\.0\.attention\.self\.query'"):
        model.adapters.add(METHODS["dora"])


def test_a_phase_goes_on_with_an_adapter_of_its_shape_and_else_starts_one() -> None:
    adapters = encoder("bert").adapters
    first = adapters.start_training(Bottleneck())
    assert adapters.start_training(Bottleneck()) is first
    second = adapters.start_training(Bottleneck(stack=True))
    assert second is not first and adapters.start_training(Bottleneck()) is second
    assert adapters.start_training(Bottleneck(reduction=8)) is not second
    assert len(adapters.each) == 3


@pytest.mark.parametrize("name", ["xlm-roberta", "modernbert"])
@pytest.mark.parametrize("settings", [Bottleneck(from_layer=3), LoRA(from_layer=3), IA3(from_layer=3)])
def test_nothing_below_the_first_adapter_has_a_gradient(name: str, settings: Adapter) -> None:
    model = encoder(name).train()
    model.requires_grad_(False)
    model.adapters.add(settings)
    hidden = model(BATCH, layers=(0, 1, 2, 3))
    assert [hidden.layers[layer].requires_grad for layer in (0, 1, 2, 3)] == [False, False, False, True]
    hidden.last_TD.square().sum().backward()
    assert all(parameter.grad is None for parameter in model.model.parameters())
    assert any(
        parameter.grad is not None and parameter.grad.abs().max() > 0 for parameter in model.adapters.parameters()
    )


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("name", ["xlm-roberta", "modernbert", "deberta-v2"])
def test_in_half_precision_states_are_near_and_gradients_are_there(name: str, method: str) -> None:
    model = encoder(name)
    model.requires_grad_(False)
    model.adapters.add(METHODS[method])
    expected = states(model)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        hidden = model(BATCH).last_TD
        hidden.float().square().sum().backward()
    torch.testing.assert_close(hidden.float(), expected, atol=0.15, rtol=0.1)
    assert any(
        parameter.grad is not None and parameter.grad.abs().max() > 0 for parameter in model.adapters.parameters()
    )


def test_checkpointing_gives_the_same_gradients() -> None:
    found = []
    for checkpointing in (False, True):
        model = encoder("xlm-roberta", checkpointing=checkpointing)
        model.requires_grad_(False)
        model.adapters.add(METHODS["parallel"])
        stir(model.adapters.parameters())
        model.train()
        for module in model.modules():
            if isinstance(module, torch.nn.Dropout):
                module.p = 0.0
        model(BATCH).last_TD.square().sum().backward()
        found.append([parameter.grad for parameter in model.adapters.parameters()])
    for plain, less in zip(*found, strict=True):
        torch.testing.assert_close(plain, less, atol=1e-4, rtol=1e-4)


def test_an_invertible_adapter_is_undone_exactly() -> None:
    model = encoder("bert")
    for _ in range(2):
        model.adapters.add(METHODS["pfeiffer"])
    stir(model.adapters.parameters())
    given = torch.randn(4, 32)
    moved = given
    for coupling in model.adapters.couplings:
        moved = coupling(moved)
    assert (moved - given).abs().max() > 1e-2
    torch.testing.assert_close(model.adapters.inverse(moved), given, atol=1e-5, rtol=1e-5)
    assert torch.equal(Coupling("encoder.layer.0", 8, "relu")(torch.ones(1, 8)), torch.ones(1, 8))


def test_dropout_of_lora_is_that_of_the_encoder_it_is_put_on() -> None:
    model = encoder("bert")
    model.adapters.add(LoRA(dropout=0.5))
    stir(model.adapters.parameters())
    assert torch.equal(states(model), states(model)), "evaluation has none"
    model.train()
    for module in model.model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
    assert not torch.equal(states(model), states(model))


@pytest.mark.parametrize("method", ["lora", "dora", "ia3"])
@pytest.mark.parametrize("name", ["xlm-roberta", "modernbert"])
def test_an_encoder_moves_with_its_adapters_and_they_see_its_weights_as_they_are(name: str, method: str) -> None:
    model = encoder(name)
    model.adapters.add(METHODS[method])
    stir(model.adapters.parameters())
    before = states(model)
    model.to(torch.float64)
    assert {parameter.dtype for parameter in model.parameters()} == {torch.float64}
    torch.testing.assert_close(states(model).float(), before, atol=1e-4, rtol=1e-4)
    stir(model.model.parameters())
    unmerged = states(model)
    model.adapters.merge()
    torch.testing.assert_close(states(model), unmerged, atol=1e-8, rtol=1e-6)


def test_peft_is_imported_where_one_of_its_layers_is_made() -> None:
    code = """
import sys, torch
from tiny_encoders import encoder
from xstilts.core.settings.tuning import IA3, Bottleneck
import xstilts.evaluate.export
model = encoder("bert")
model.adapters.add(Bottleneck())
assert "peft" not in sys.modules
model.adapters.add(IA3())
assert "peft" in sys.modules
"""
    paths = os.pathsep.join(path for path in sys.path if path)
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_roles_are_found_and_what_is_not_there_is_named() -> None:
    model = encoder("modernbert").model
    assert find_site(model, 3, 2, "value").path == "layers.1.attn.Wqkv"
    assert find_site(model, 3, 2, "value").rows == slice(64, 96)
    assert find_site(model, 3, 1, "mlp.Wi").path == "layers.0.mlp.Wi"
    with pytest.raises(EncoderError, match=r"BertModel have no layer 'qeury'\. Did you mean 'query'\?"):
        find_site(encoder("bert").model, 3, 1, "qeury")
    with pytest.raises(EncoderError, match="'from_layer' is 4, but this encoder has blocks 1 to 3"):
        encoder("bert").adapters.add(LoRA(from_layer=4))
