"""Intents and slots are learnt from a toy assistant without a mistake, read back, carried on and exported."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from transformers import AutoModel

from toy_frames import INTENTS, SLOTS, frames
from toy_training import job, part
from toy_vectors import VectorSettings, build
from xstilts.core.errors import EncoderError
from xstilts.evaluate.export import export
from xstilts.evaluate.predict import load_model, predict_examples
from xstilts.kinds.slots_intent import SlotsIntent
from xstilts.metrics.tallies import headline
from xstilts.train.job import Compute
from xstilts.train.loop import fit

KIND = SlotsIntent(intents=INTENTS, slots=SLOTS)


@pytest.fixture
def encoder(tmp_path: Path) -> Path:
    lines = [" ".join(example.words) for example in frames(80)]
    settings = VectorSettings(vocabulary=150, width=32, layers=1, heads=2, positions=60)
    build({"en": lines, "xx": [line.upper() for line in lines]}, tmp_path / "encoder", settings)
    return tmp_path / "encoder"


@pytest.mark.parametrize("states", ["first", "mean"])
def test_a_toy_assistant_is_learnt_without_a_mistake(states: str, encoder: Path, tmp_path: Path):
    kind = replace(KIND, states=states)  # type: ignore[arg-type]
    toy = part(encoder, tmp_path, frames(120), frames(20, seed=7), kind=kind, selection_metric=kind.metrics[0])
    recipe = {"updates": 160, "lr": 1e-2, "evaluate_every": 80, "dropout": 0.0}
    summary = fit(job(encoder, [toy], recipe), tmp_path / "out", tmp_path / "scratch")
    assert summary.state == "ok" and summary.floor < 60
    tests = frames(30, seed=9)
    found = predict_examples(tmp_path / "out", kind, tests)
    for metric in kind.metrics:
        assert headline(metric, kind.count(metric, tests, found.guesses, "en").sum(axis=0)) == 100.0
    assert found.scores is None and json.loads(json.dumps(found.guesses)) == found.guesses


def test_an_export_is_the_encoder_with_our_head_beside_it(encoder: Path, tmp_path: Path):
    toy = part(encoder, tmp_path, frames(24), frames(8, seed=7), kind=KIND, selection_metric=KIND.metrics[0])
    fit(job(encoder, [toy], {"updates": 2, "lr": 1e-2}), tmp_path / "out", tmp_path / "scratch")
    assert export(tmp_path / "out", KIND, tmp_path / "there") is None
    AutoModel.from_pretrained(tmp_path / "there")
    head = load_model(tmp_path / "out", KIND, Compute()).by_key
    [ours] = [module.state_dict() for module in head.values()]
    theirs = load_file(tmp_path / "there" / "head.safetensors")
    assert set(theirs) == set(ours) and any(name.startswith("part.intents.") for name in theirs)
    assert all(torch.equal(theirs[name], ours[name]) for name in ours)
    with pytest.raises(EncoderError, match="has no head"):
        export(tmp_path / "out", replace(KIND, slots=("time", "song")), tmp_path / "nowhere")
