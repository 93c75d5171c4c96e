"""Adapters that tell tasks apart: they start as nothing, a task trains its own part, one task's can be taken out."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch
from torch import Tensor

from tiny_encoders import encoder, ragged
from xstilts.core.errors import EncoderError
from xstilts.core.settings.tuning import Bottleneck, Fuse, Hypernetwork, LoRA, Multitask, SharedOwn, adapter_shape
from xstilts.nn.adapters.task_conditioned import Generator
from xstilts.nn.encoder import Encoder

TASKS = ("a", "b")
METHODS: dict[str, Multitask] = {
    "shared+own": SharedOwn(width=5, tasks=TASKS),
    "shared+own, houlsby": SharedOwn(place="houlsby", reduction=4, tasks=TASKS),
    "shared+own, invertible": SharedOwn(width=3, invertible=True, tasks=TASKS),
    "hypernetwork": Hypernetwork(width=5, embedding=6, tasks=TASKS),
    "hypernetwork, houlsby": Hypernetwork(place="houlsby", reduction=4, embedding=3, tasks=TASKS),
    "hypernetwork, parallel": Hypernetwork(place="parallel", scale=4.0, width=2, embedding=6, tasks=TASKS),
}
BATCH = ragged([7, 3, 7, 1])


def states(model: Encoder, task: str) -> Tensor:
    model.adapters.set_task(task)
    with torch.no_grad():
        return model(BATCH).last_TD


def stir(parameters: Iterator[torch.nn.Parameter]) -> None:
    generator = torch.Generator().manual_seed(5)
    with torch.no_grad():
        for parameter in parameters:
            parameter.add_(0.3 * torch.randn(parameter.shape, generator=generator))


def stirred(settings: Multitask, name: str = "xlm-roberta") -> Encoder:
    model = encoder(name)
    model.adapters.add(settings)
    stir(model.adapters.parameters())
    return model


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("name", ["xlm-roberta", "modernbert", "deberta-v2"])
def test_a_fresh_one_changes_nothing_for_any_task_and_a_moved_one_each_task_in_its_way(name: str, method: str) -> None:
    model = encoder(name)
    before = states(model, "")
    model.adapters.add(METHODS[method])
    for task in ("a", "b", ""):
        torch.testing.assert_close(states(model, task), before, atol=1e-6, rtol=1e-5)
    stir(model.adapters.parameters())
    found = [before, *(states(model, task) for task in ("a", "b", ""))]
    assert all((x - y).abs().max() > 1e-3 for i, x in enumerate(found) for y in found[:i])
    assert torch.equal(states(model, "another"), found[-1]), "none of its tasks"


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("name", ["xlm-roberta", "modernbert"])
def test_packed_states_are_those_of_the_padded_model(name: str, method: str) -> None:
    model = stirred(METHODS[method], name)
    packed_TD = states(model, "a")
    model.model.set_attn_implementation("eager")
    model.padding_reason = "to compare"
    torch.testing.assert_close(packed_TD, states(model, "a"), atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("method", METHODS)
def test_an_update_trains_what_is_shared_and_its_own_task_alone(method: str) -> None:
    model = stirred(METHODS[method])
    (adapter,) = model.adapters.each
    before = {task: states(model, task) for task in ("a", "b")}
    optimiser = torch.optim.AdamW(adapter.parameters(), lr=0.05, weight_decay=0.1)
    held = {name: value.clone() for name, value in adapter.state_dict().items()}
    model.adapters.set_task("a")
    for _ in range(3):
        optimiser.zero_grad(set_to_none=True)
        model(BATCH).last_TD[:, 0].square().sum().backward()
        optimiser.step()
    moved = {name for name, value in adapter.state_dict().items() if not torch.equal(value, held[name])}
    own = [{name for name in held if f".own.{task}" in name} for task in (0, 1)]
    assert own[0] <= moved and own[1] and not own[1] & moved
    assert moved >= {name for name in held if "shared" in name or "network.down" in name or "place_E" in name}
    for task in ("a", "b"):  # b by what is shared
        assert (states(model, task) - before[task]).abs().max() > 1e-3


def test_the_embedding_of_another_task_is_the_mean() -> None:
    model = stirred(METHODS["hypernetwork"])
    (network,) = (module for module in model.adapters.modules() if isinstance(module, Generator))
    unknown = states(model, "another")
    mean = (network.own[0] + network.own[1]) / 2
    with torch.no_grad():
        network.own[0].copy_(mean)
    torch.testing.assert_close(states(model, "a"), unknown)


@pytest.mark.parametrize(("place", "places"), [("pfeiffer", 3), ("houlsby", 6)])
def test_the_weights_of_a_hypernetwork_are_as_many_as_the_formula_says(place: str, places: int) -> None:
    d, m, e, k = 32, 4, 6, 3
    adapters = encoder("xlm-roberta").adapters
    adapter = adapters.add(Hypernetwork(place=place, width=m, embedding=e, tasks=("a", "b", "c")))
    count = e * (k + places) + 2 * e * e + e + e * e + e + e * (2 * d * m + d + m)
    assert sum(parameter.numel() for parameter in adapter.parameters()) == count


def test_a_generated_down_projection_has_the_spread_of_an_ordinary_one() -> None:
    model = encoder("xlm-roberta")
    model.adapters.add(Hypernetwork(width=32, embedding=64, tasks=TASKS))
    _, state = model.adapters.each[0].materialized()
    spread = torch.stack([value.std() for name, value in state.items() if name.endswith("down.weight")])
    torch.testing.assert_close(spread, torch.full((3,), 0.02), atol=0.003, rtol=0.0)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("task", ["b", "another"])
def test_one_task_of_it_is_an_ordinary_adapter(method: str, task: str) -> None:
    model = stirred(METHODS[method])
    model.adapters.add(LoRA(rank=2))
    stir(model.adapters.each[1].parameters())
    before = states(model, task)
    model.adapters.materialize_task(task)
    assert [type(adapter.settings) for adapter in model.adapters.each] == [Bottleneck, LoRA]
    torch.testing.assert_close(states(model, ""), before, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("method", ["shared+own", "hypernetwork"])
def test_a_phase_goes_on_with_new_tasks_beside_the_old_ones(method: str) -> None:
    model = stirred(METHODS[method])
    (adapter,) = model.adapters.each
    before = {task: states(model, task) for task in ("a", "b")}
    settings = type(METHODS[method])(**{**vars(METHODS[method]), "tasks": ("b", "c")})
    assert adapter_shape(settings) == adapter_shape(METHODS[method])
    assert model.adapters.start_training(settings) is adapter and adapter.tasks == ("a", "b", "c")
    for task in ("a", "b"):
        assert torch.equal(states(model, task), before[task])
    torch.testing.assert_close(states(model, "c"), states(model, ""), atol=1e-6, rtol=1e-5)

    def trained() -> set[str]:
        own = [(name, one) for name, one in adapter.named_parameters() if ".own." in name]
        return {name.split(".own.")[1][0] for name, one in own if one.requires_grad}

    model.adapters.freeze_others({"b", "c"})
    assert trained() == {"1", "2"}
    model.adapters.each[0].unfreeze()
    model.adapters.freeze_others({""})
    assert trained() == (set() if method == "shared+own" else {"0", "1", "2"}), "the mean trains all it is of"
    assert model.adapters.start_training(SharedOwn(width=7)) is not adapter


@pytest.mark.parametrize("checkpointing", [False, True])
@pytest.mark.parametrize("method", ["shared+own", "hypernetwork"])
def test_in_half_precision_and_with_recomputed_blocks_gradients_are_there(method: str, checkpointing: bool) -> None:
    model = encoder("xlm-roberta", checkpointing=checkpointing).train()
    model.requires_grad_(False)
    adapter = model.adapters.add(METHODS[method])
    stir(adapter.parameters())
    model.adapters.set_task("b")
    with torch.autocast("cpu", dtype=torch.bfloat16):
        model(BATCH).last_TD.float()[:, 0].square().sum().backward()
    graded = {name for name, one in adapter.named_parameters() if one.grad is not None and one.grad.abs().max() > 0}
    assert any(".own.1" in name for name in graded) and not any(".own.0" in name for name in graded)


def test_what_cannot_be_is_refused() -> None:
    adapters = encoder("bert").adapters
    with pytest.raises(EncoderError, match="needs at least one task"):
        adapters.add(Hypernetwork())
    with pytest.raises(EncoderError, match="tell tasks apart cannot be fused"):
        adapters.add(Fuse(adapters=(Bottleneck(), SharedOwn(tasks=TASKS))))
