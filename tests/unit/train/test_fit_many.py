"""Adapter phases that are trained side by side on one encoder end as each of them does alone."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

import toy_training as toy
from toy_vectors import VectorSettings, build
from xstilts.core.errors import StudyError
from xstilts.core.settings.tuning import IA3, Adapter, Bottleneck, LoRA
from xstilts.nn.encoder import Encoder
from xstilts.train import loop
from xstilts.train.attempt import Attempt
from xstilts.train.job import Job, JobPart
from xstilts.train.loop import fit
from xstilts.train.multi_adapter import fit_many

UPPER: dict[str, Adapter] = {
    "lora": LoRA(rank=2, dora=True, from_layer=2),
    "ia3": IA3(from_layer=3),
    "pfeiffer": Bottleneck(reduction=2, from_layer=3),
}


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("start") / "encoder"
    lines = [example.text for example in toy.texts(80)]
    build({"en": lines}, folder, VectorSettings(vocabulary=150, width=16, layers=3, heads=2, positions=60))
    return folder


@pytest.fixture(scope="module")
def parts(encoder: Path, tmp_path_factory: pytest.TempPathFactory) -> list[JobPart]:
    """Two tasks; the second cannot be learnt."""
    place, dev = tmp_path_factory.mktemp("parts"), toy.texts(40, seed=1)
    drawn = toy.texts(90, seed=4, answer="random"), toy.texts(40, seed=5, answer="random")
    return [toy.part(encoder, place / "a", toy.texts(120), dev), toy.part(encoder, place / "b", *drawn)]


def job(encoder: Path, part: JobPart, tune: Any, seed: int = 1, **recipe: Any) -> Job:
    return toy.job(encoder, [part], {"updates": 9, "batch": 16, "lr": 1e-2, **recipe}, tune=tune, seed=seed)


def alone(jobs: Sequence[Job], place: Path) -> list[Path]:
    for number, one in enumerate(jobs):
        fit(one, place / str(number), place / f"{number}-scratch")
    return [place / str(number) for number in range(len(jobs))]


def together(jobs: Sequence[Job], place: Path, **settings: Any) -> list[Path]:
    outs = [place / str(number) for number in range(len(jobs))]
    fit_many(jobs, outs, [place / f"{number}-scratch" for number in range(len(jobs))], **settings)
    return outs


def assert_same(made: Path, expected: Path) -> None:
    names = json.loads((expected / "parts.json").read_text())["weights"]
    assert json.loads((made / "parts.json").read_text())["weights"] == names and len(names) == 2
    for name in names:
        own, other = load_file(made / name), load_file(expected / name)
        torch.testing.assert_close(own, other, atol=1e-4, rtol=0)
    assert json.loads((made / "adapter.json").read_text()) == json.loads((expected / "adapter.json").read_text())
    first, second = (json.loads((folder / "summary.json").read_text()) for folder in (made, expected))
    for name in ("state", "updates", "curve", "restarts", "tokens", "rows", "best_update"):
        assert first[name] == second[name]
    assert [_loss(line) for line in _log(made)] == pytest.approx([_loss(line) for line in _log(expected)], abs=1e-4)


@pytest.mark.parametrize(("precision", "dropout"), [("fp32", 0.1), ("bf16", 0.1), ("fp32", 0.0)])
def test_phases_with_rows_of_their_own_end_as_alone(
    encoder: Path, parts: list[JobPart], tmp_path: Path, precision: str, dropout: float
) -> None:
    shared: dict[str, Any] = {"precision": precision, "dropout": dropout, "evaluate_every": 4}
    jobs = [
        job(encoder, parts[0], UPPER["lora"], **shared),
        job(encoder, parts[1], UPPER["pfeiffer"], seed=2, updates=5, retries=1, **shared),
        job(encoder, parts[0], Bottleneck(from_layer=2), seed=3, lr=3e-2, **shared),
    ]
    shown: list[Any] = []
    made = together(jobs, tmp_path / "many", progress=lambda *given: shown.append(given))
    for own, other in zip(made, alone(jobs, tmp_path / "alone"), strict=True):
        assert_same(own, other)
    assert json.loads((made[1] / "summary.json").read_text())["restarts"] == 1
    assert shown[-1] == (23, 23, "updates")


@pytest.mark.parametrize(("dropout", "lower"), [(0.0, 4), (0.1, 12)])
def test_equal_updates_run_the_blocks_below_once_where_nothing_is_drawn(
    encoder: Path, parts: list[JobPart], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dropout: float, lower: int
) -> None:
    part = replace(parts[0], dev=None)
    jobs = [job(encoder, part, tune, updates=4, dropout=dropout) for tune in UPPER.values()]
    expected, runs, load = alone(jobs, tmp_path / "alone"), {1: 0, 3: 0}, Encoder.load

    def counting(*given: Any, **settings: Any) -> Encoder:
        made = load(*given, **settings)
        for block in runs:
            layer = made.model.encoder.layer[block - 1].intermediate.dense
            layer.register_forward_hook(lambda *_, block=block: runs.update({block: runs[block] + 1}))
        return made

    monkeypatch.setattr(Encoder, "load", counting)
    for own, other in zip(together(jobs, tmp_path / "many"), expected, strict=True):
        assert_same(own, other)
    assert runs == {1: lower, 3: 12}


def test_a_killed_run_goes_on_from_each_ones_snapshot(
    encoder: Path, parts: list[JobPart], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs = [job(encoder, parts[0], tune, seed=seed, dropout=0.1) for seed, tune in enumerate(UPPER.values())]
    update = Attempt.update

    def killed(attempt: Attempt, number: int) -> Any:
        if number == 5 and attempt.seed == 1:
            raise KeyboardInterrupt
        return update(attempt, number)

    monkeypatch.setattr(loop, "SNAPSHOT_SHARE", 0)
    monkeypatch.setattr(Attempt, "update", killed)
    with pytest.raises(KeyboardInterrupt):
        together(jobs, tmp_path / "many", snapshot_seconds=0.0)
    monkeypatch.setattr(Attempt, "update", update)
    made = together(jobs, tmp_path / "many")
    for own, other in zip(made, alone(jobs, tmp_path / "alone"), strict=True):
        assert_same(own, other)


def test_phases_that_cannot_share_an_encoder_are_refused(encoder: Path, parts: list[JobPart], tmp_path: Path) -> None:
    first = job(encoder, parts[0], UPPER["lora"], dropout=0.1)
    with pytest.raises(StudyError, match=r"'dropout' is 0\.1 for 'toy' and 0\.0 for 'toy'"):
        together([first, job(encoder, parts[0], UPPER["ia3"], dropout=0.0)], tmp_path)
    with pytest.raises(StudyError, match="'toy' trains 'full' on"):
        together([first, job(encoder, parts[0], "full")], tmp_path)
    fit(first, tmp_path / "made", tmp_path / "scratch")
    with pytest.raises(StudyError, match=r"on an encoder without adapters; 'toy' trains 'adapter' on '.*made'"):
        together([job(tmp_path / "made", parts[0], UPPER["ia3"])], tmp_path)


def _log(folder: Path) -> list[Mapping[str, Any]]:
    return [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]


def _loss(line: Mapping[str, Any]) -> float:
    return float(line.get("loss", line.get("score")))
