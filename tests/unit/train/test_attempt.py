"""An attempt at a training run: what follows its seed, a frozen encoder, and memory that runs out within an update."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor

import toy_training as toy
from xstilts.heads.registry import head_key
from xstilts.train.attempt import Attempt
from xstilts.train.job import JobPart
from xstilts.train.model import Model

TOKENS = 8192


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return toy.encoder_folder(tmp_path_factory.mktemp("start") / "encoder")


@pytest.fixture(scope="module")
def part(encoder: Path, tmp_path_factory: pytest.TempPathFactory) -> JobPart:
    return toy.part(encoder, tmp_path_factory.mktemp("data"), toy.texts(100), toy.texts(20, seed=1))


def head_weights(encoder: Path, part: JobPart, seed: int) -> dict[str, Tensor]:
    trained = Attempt(toy.job(encoder, [part], tune="frozen"), seed, TOKENS).model.trained
    return {name: weight.detach().clone() for name, weight in trained.items() if weight.ndim > 1}


def test_the_weights_of_a_fresh_head_follow_the_seed(encoder: Path, part: JobPart) -> None:
    first, again, other = (head_weights(encoder, part, seed) for seed in (3, 3, 4))
    assert first and all(torch.equal(first[name], again[name]) for name in first)
    assert not any(torch.equal(first[name], other[name]) for name in first)


def test_the_rows_of_an_update_follow_the_seed(encoder: Path, part: JobPart) -> None:
    job = toy.job(encoder, [part])
    first, again, other = (
        [Attempt(job, seed, TOKENS).schedule.rows(update)[1].tolist() for update in range(3)] for seed in (3, 3, 4)
    )
    assert first == again
    assert all(sorted(rows) != sorted(other_rows) for rows, other_rows in zip(first, other, strict=True))


@pytest.mark.parametrize("tune", ["frozen", "full"])
def test_a_frozen_encoder_has_no_dropout_in_training(encoder: Path, part: JobPart, tune: str) -> None:
    attempt = Attempt(toy.job(encoder, [part], {"dropout": 0.5}, tune=tune), 1, TOKENS)
    batch = attempt.model.by_key[head_key(part.kind)].collate([part.train.row(0)])
    with torch.no_grad():
        states = [attempt.model.encoder(batch).last_TD for _ in range(2)]
    assert torch.equal(*states) == (tune == "frozen")


@pytest.mark.parametrize(("precision", "close"), [("fp32", 1e-4), ("bf16", 5e-2)])
def test_gradients_of_passes_before_memory_ran_out_do_not_count_twice(
    precision: str, close: float, encoder: Path, part: JobPart, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = toy.job(encoder, [part], {"dropout": 0.0, "clip": 1e9, "precision": precision})
    tokens = 60  # an update is several passes
    expected = Attempt(job, 1, tokens).update(0)
    forward, passes = Model.forward, []

    def fail_once(model: Model, batch, key):
        passes.append(batch.ids_T.numel())
        if len(passes) == 2:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return forward(model, batch, key)

    monkeypatch.setattr(Model, "forward", fail_once)
    result = Attempt(job, 1, tokens).update(0)
    assert len(passes) > 4
    assert result.loss == pytest.approx(expected.loss, rel=close)
    assert result.norm == pytest.approx(expected.norm, rel=close)
