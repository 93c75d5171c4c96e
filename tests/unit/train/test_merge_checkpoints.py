"""Checkpoints joined without training: their weights are what a hand computes from those of the parts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

import toy_training as toy
from xstilts.core.errors import EncoderError
from xstilts.core.settings.merging import AdapterFusion, Arithmetic, Average, Composition, Stacked, Ties
from xstilts.core.settings.tuning import Adapter, Bottleneck, Fuse, LoRA
from xstilts.evaluate.export import export
from xstilts.heads.registry import head_key
from xstilts.train.attempt import Attempt, build_model
from xstilts.train.checkpoint import encoder_folder, has_adapters, head_keys, load_encoder
from xstilts.train.job import Job, JobPart
from xstilts.train.loop import fit
from xstilts.train.merge_checkpoints import initial_weights, merge

BOTTLENECK = Bottleneck(reduction=2)
LORA = LoRA(rank=2)
HEAD = head_key(toy.KIND)
SEEDS = (1, 1, 5)  # the third part stands for one that diverged and was tried again
TUNES: dict[str, str | Adapter] = {"full": "full", "bottleneck": BOTTLENECK, "lora": LORA}


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return toy.encoder_folder(tmp_path_factory.mktemp("start") / "encoder")


@pytest.fixture(scope="module")
def data(encoder: Path, tmp_path_factory: pytest.TempPathFactory) -> list[JobPart]:
    folder = tmp_path_factory.mktemp("data")
    return [toy.part(encoder, folder / str(i), toy.texts(60, i), toy.texts(20, 9)) for i in range(3)]


def job(start: Path, part: JobPart, tune: Any, seed: int = 1, **recipe: Any) -> Job:
    return toy.job(start, [part], {"updates": 4, "lr": 1e-2, **recipe}, tune=tune, seed=seed)


@pytest.fixture(scope="module")
def parts(encoder: Path, data: list[JobPart], tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Path]]:
    """Three trained checkpoints for each way of tuning."""
    folder, made = tmp_path_factory.mktemp("parts"), {}
    for name, tune in TUNES.items():
        made[name] = [folder / f"{name}-{i}" for i in range(3)]
        for i, (seed, part, out) in enumerate(zip(SEEDS, data, made[name], strict=True)):
            fit(job(encoder, part, tune, seed), out, folder / f"scratch-{name}-{i}")
    return made


def adapter(folder: Path, number: int = 0) -> dict[str, torch.Tensor]:
    return load_file(folder / "adapters" / f"{number}.safetensors")


@pytest.mark.parametrize("method", ["bottleneck", "lora"])
def test_the_mean_of_adapters(encoder: Path, parts: dict[str, list[Path]], tmp_path: Path, method: str) -> None:
    merge(encoder, parts[method], Average(weights=(2, 1, 1)), 1, tmp_path / "made")
    first, second, third = (adapter(part) for part in parts[method])
    for name, tensor in adapter(tmp_path / "made").items():
        torch.testing.assert_close(tensor, 0.5 * first[name] + 0.25 * second[name] + 0.25 * third[name])
    assert not torch.equal(adapter(tmp_path / "made")[name], first[name])
    assert encoder_folder(tmp_path / "made") == encoder and head_keys(tmp_path / "made") == []
    stored = json.loads((tmp_path / "made" / "parts.json").read_text())
    assert stored == {"weights": ["adapters/0.safetensors"]}


@pytest.mark.parametrize("method", ["bottleneck", "lora"])
def test_a_phase_began_with_the_weights_that_are_drawn_again(encoder: Path, data: list[JobPart], method: str) -> None:
    tune = TUNES[method]
    assert not isinstance(tune, str)
    began = Attempt(job(encoder, data[0], tune, 7, dropout=0.3), 7, 8192).model.encoder.adapters.each[0].state_dict()
    again = initial_weights(encoder, tune, 7)
    assert began.keys() == again.keys() and all(torch.equal(began[name], again[name]) for name in began)
    other = initial_weights(encoder, tune, 8)
    assert any(not torch.equal(again[name], other[name]) for name in again), "they are random"


def test_arithmetic_adds_what_was_learnt_from_whatever_a_part_began_with(
    encoder: Path, parts: dict[str, list[Path]], tmp_path: Path
) -> None:
    merge(encoder, parts["bottleneck"], Arithmetic(scale=0.4), 1, tmp_path / "made")
    starts = [initial_weights(encoder, BOTTLENECK, seed) for seed in SEEDS]
    for name, tensor in adapter(tmp_path / "made").items():
        learnt = sum(adapter(part)[name] - start[name] for part, start in zip(parts["bottleneck"], starts, strict=True))
        torch.testing.assert_close(tensor, starts[0][name] + 0.4 * learnt, atol=1e-6, rtol=1e-4)


def test_whole_encoders_are_joined_by_their_weights(
    encoder: Path, parts: dict[str, list[Path]], tmp_path: Path
) -> None:
    ways: dict[str, Composition] = {"mean": Average(), "sum": Arithmetic(scale=0.5), "ties": Ties(density=1.0)}
    start, states = (
        load_encoder(encoder).model.state_dict(),
        [load_encoder(p).model.state_dict() for p in parts["full"]],
    )
    for name, how in ways.items():
        merge(encoder, parts["full"], how, 1, tmp_path / name)
        assert not has_adapters(tmp_path / name) and (tmp_path / name / "encoder" / "tokenizer.json").is_file()
    mean, added, ties = (load_encoder(tmp_path / name).model.state_dict() for name in ways)
    for name, first in start.items():
        if not first.is_floating_point():
            continue
        learnt = torch.stack([state[name] - first for state in states])
        torch.testing.assert_close(mean[name], first + learnt.mean(0), atol=1e-6, rtol=1e-4)
        torch.testing.assert_close(added[name], first + 0.5 * learnt.sum(0), atol=1e-6, rtol=1e-4)
        # An elected sign: never further than the part that went furthest in that direction.
        moved = ties[name] - first
        assert bool((moved <= learnt.clamp(min=0).amax(0) + 1e-6).all())
        assert bool((moved >= learnt.clamp(max=0).amin(0) - 1e-6).all())


def test_a_stack_is_the_adapters_in_their_order(encoder: Path, parts: dict[str, list[Path]], tmp_path: Path) -> None:
    merge(encoder, parts["lora"], Stacked(), 1, tmp_path / "made")
    made = load_encoder(tmp_path / "made")
    assert len(made.adapters.each) == 3
    for i, part in enumerate(parts["lora"]):
        assert all(torch.equal(tensor, adapter(part)[name]) for name, tensor in adapter(tmp_path / "made", i).items())


def test_a_fusion_is_the_same_each_time_and_its_attention_is_trained_with_what_stands_on_it(
    encoder: Path, data: list[JobPart], parts: dict[str, list[Path]], tmp_path: Path
) -> None:
    for name in ("made", "again"):
        merge(encoder, parts["bottleneck"], AdapterFusion(), 3, tmp_path / name)
        torch.rand(5)
    before = adapter(tmp_path / "made")
    assert all(torch.equal(tensor, adapter(tmp_path / "again")[name]) for name, tensor in before.items())

    heads = Fuse(adapters=(BOTTLENECK,) * 3, stack=False)
    alone = build_model(job(tmp_path / "made", data[0], heads))
    assert len(alone.encoder.adapters.each) == 1, "it goes on with the fusion"
    layers = {name.split(".")[-2] for name in alone.trained if name.startswith("encoder.")}
    assert layers == {"query", "key", "value"}

    on_top = Bottleneck(reduction=4, stack=True)
    fit(job(tmp_path / "made", data[0], on_top), tmp_path / "target", tmp_path / "scratch")
    after = adapter(tmp_path / "target")
    for name, tensor in before.items():
        assert torch.equal(tensor, after[name]) == (".branches." in name), name
    assert any(".up." in name and bool(tensor.any()) for name, tensor in adapter(tmp_path / "target", 1).items())
    assert export(tmp_path / "target", toy.KIND, tmp_path / "exported") is None
    exported, composed = load_encoder(tmp_path / "exported"), load_encoder(tmp_path / "target")
    for name, tensor in composed.state_dict().items():
        assert torch.equal(tensor, exported.state_dict()[name])

    everything = build_model(job(tmp_path / "made", data[0], "full"))
    assert set(everything.trained) == {name for name, _ in everything.named_parameters()}


def test_what_cannot_be_joined_is_refused(encoder: Path, parts: dict[str, list[Path]], tmp_path: Path) -> None:
    for how in (AdapterFusion(), Stacked()):
        with pytest.raises(EncoderError, match="average, arithmetic or ties"):
            merge(encoder, parts["full"], how, 1, tmp_path / "made")
    with pytest.raises(EncoderError, match="different shapes"):
        merge(encoder, [parts["bottleneck"][0], parts["lora"][0]], Average(), 1, tmp_path / "made")
