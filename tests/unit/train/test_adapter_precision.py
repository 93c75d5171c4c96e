"""Adapter phases in bf16: what is frozen is rounded once, what is trained stays fp32, the encoder's files stay."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

import tiny_encoders
import toy_training as toy
from xstilts.core.settings.tuning import IA3, Adapter, Bottleneck, LoRA
from xstilts.nn.encoder import Encoder
from xstilts.train.adapter_files import encoder_fingerprint
from xstilts.train.attempt import Attempt
from xstilts.train.job import Job, JobPart
from xstilts.train.loop import fit

METHODS: dict[str, Adapter] = {
    "houlsby": Bottleneck(place="houlsby", reduction=2),
    "invertible": Bottleneck(reduction=2, invertible=True),
    "parallel": Bottleneck(place="parallel", reduction=2, scale=4.0),
    "lora": LoRA(rank=2),
    "dora": LoRA(rank=2, dora=True),
    "ia3": IA3(),
}


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return toy.encoder_folder(tmp_path_factory.mktemp("start") / "encoder")


@pytest.fixture(scope="module")
def part(encoder: Path, tmp_path_factory: pytest.TempPathFactory) -> JobPart:
    return toy.part(encoder, tmp_path_factory.mktemp("part") / "toy", toy.texts(200), toy.texts(60, seed=1))


def job(start: Path, part: JobPart, tune: Adapter, precision: str) -> Job:
    return toy.job(start, [part], {"updates": 8, "lr": 1e-2, "dropout": 0.0, "precision": precision}, tune=tune)


def losses(job: Job) -> list[float]:
    attempt = Attempt(job, 1, 8192)
    return [attempt.update(number).loss for number in range(8)]


@pytest.mark.parametrize("method", METHODS)
def test_rounding_once_trains_as_rounding_for_every_product(
    encoder: Path, part: JobPart, method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    once, exact = (losses(job(encoder, part, METHODS[method], precision)) for precision in ("bf16", "fp32"))
    monkeypatch.setattr(Encoder, "round_frozen", lambda _: None)
    every = losses(job(encoder, part, METHODS[method], "bf16"))
    assert once != exact
    torch.testing.assert_close(once, every, atol=0.02, rtol=0)
    torch.testing.assert_close(once, exact, atol=0.02, rtol=0)


@pytest.mark.parametrize("method", METHODS)
def test_only_frozen_matrices_are_rounded_and_no_update_moves_them(encoder: Path, part: JobPart, method: str) -> None:
    attempt = Attempt(job(encoder, part, METHODS[method], "bf16"), 1, 8192)
    own = dict(attempt.model.encoder.model.named_parameters())
    assert {p.dtype for p in own.values() if p.ndim > 1} == {torch.bfloat16}
    assert {p.dtype for p in own.values() if p.ndim == 1} == {torch.float32}
    assert {p.dtype for p in attempt.model.trained.values()} == {torch.float32}
    before = {name: p.clone() for name, p in own.items()}
    learnt = {name: p.detach().clone() for name, p in attempt.model.trained.items()}
    for number in range(3):
        attempt.update(number)
    assert all(torch.equal(p, before[name]) and p.grad is None for name, p in own.items())
    assert any(not torch.equal(p, learnt[name]) for name, p in attempt.model.trained.items() if "adapters" in name)


def test_the_encoder_on_the_disk_and_what_names_it_stay(encoder: Path, part: JobPart, tmp_path: Path) -> None:
    before = encoder_fingerprint(encoder)
    fit(job(encoder, part, METHODS["lora"], "bf16"), tmp_path / "made", tmp_path / "scratch")
    assert encoder_fingerprint(encoder) == before
    named = json.loads((tmp_path / "made" / "adapter.json").read_text())
    assert named["base"]["fingerprint"] == before
    stored = load_file(tmp_path / "made" / "adapters" / "0.safetensors").values()
    assert {tensor.dtype for tensor in stored} == {torch.float32}


def test_an_encoder_that_was_rounded_is_not_saved(tmp_path: Path) -> None:
    model = tiny_encoders.encoder("xlm-roberta").requires_grad_(False)
    model.round_frozen()
    with pytest.raises(AssertionError, match="not the weights that were read"):
        model.save(tmp_path)


@pytest.mark.parametrize("method", [name for name in METHODS if name != "invertible"])  # that one is on the embeddings
def test_nothing_below_the_first_adapter_is_kept_for_a_backward_pass(method: str) -> None:
    settings = METHODS[method]
    model = tiny_encoders.encoder("xlm-roberta").requires_grad_(False)
    model.adapters.add(type(settings)(**{**vars(settings), "from_layer": 3})).unfreeze()
    hidden = model(tiny_encoders.ragged([5, 3]), layers=(0, 1, 2, 3))
    assert [hidden.layers[layer].requires_grad for layer in range(4)] == [False, False, False, True]
