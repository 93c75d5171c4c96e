"""Several checkpoints on one encoder, predicted together, give the files that each gives alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
import torch

import toy_training as toy
from toy_vectors import VectorSettings, build
from xstilts.core.errors import DataError, EncoderError
from xstilts.core.settings.tuning import IA3, Bottleneck, LoRA
from xstilts.evaluate.multi_adapter import load_many, outputs_of_each, predict_many
from xstilts.evaluate.predict import CheckpointRef, PredictSet, Stream, load_model, predict
from xstilts.heads.registry import head_key
from xstilts.kinds.mlm import MaskedLM
from xstilts.metrics.masked_lm import MaskedAccuracy
from xstilts.nn.encoder import Encoder
from xstilts.train.job import Compute, JobPart
from xstilts.train.loop import fit
from xstilts.train.model import outputs

TESTS = {"de": toy.texts(30, seed=2), "fr": toy.texts(20, seed=3)}
UPPER = {
    "lora": LoRA(rank=2, from_layer=2),
    "ia3": IA3(from_layer=3),
    "pfeiffer": Bottleneck(reduction=2, from_layer=3),
}


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("start") / "encoder"
    settings = VectorSettings(vocabulary=150, width=16, layers=3, heads=2, positions=60)
    build({"en": [example.text for example in toy.texts(80)]}, folder, settings)
    return folder


@pytest.fixture(scope="module")
def part(encoder: Path, tmp_path_factory: pytest.TempPathFactory) -> JobPart:
    return toy.part(encoder, tmp_path_factory.mktemp("part") / "toy", toy.texts(200), toy.texts(40, seed=1))


@pytest.fixture(scope="module")
def sets(encoder: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, PredictSet]:
    place = tmp_path_factory.mktemp("tests")
    return {
        language: PredictSet(
            prepared=toy.prepare(examples, toy.KIND, encoder, place / language),
            examples=examples,
            indices=range(len(examples)),
        )
        for language, examples in TESTS.items()
    }


@pytest.fixture(scope="module")
def checkpoints(encoder: Path, part: JobPart, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Adapters of three kinds in upper blocks, one in all blocks, and a head on the bare encoder."""
    place, made = tmp_path_factory.mktemp("made"), {}
    for seed, (name, tune) in enumerate({**UPPER, "houlsby": Bottleneck(place="houlsby"), "head": "frozen"}.items()):
        recipe = {"updates": 6, "batch": 16, "lr": 1e-2}
        fit(toy.job(encoder, [part], recipe, tune=tune, seed=seed), place / name, place / f"{name}-scratch")
        made[name] = place / name
    return made


@pytest.mark.parametrize("tokens", [8192, 1200, 40], ids=["together", "some together", "one after another"])
@pytest.mark.parametrize("names", [tuple(UPPER), (*UPPER, "houlsby", "head")], ids=["upper", "every layer"])
def test_outputs_are_those_of_each_checkpoint_alone(
    checkpoints: dict[str, Path], sets: dict[str, PredictSet], names: tuple[str, ...], tokens: int
) -> None:
    stream, compute, key = Stream(sets), Compute(forward_tokens=tokens), head_key(toy.KIND)
    side, heads = load_many([checkpoints[name] for name in names], toy.KIND, compute)
    assert side.first == (1 if "houlsby" in names else 2)
    found = outputs_of_each(side, heads, stream, compute)
    alone = []
    for name in names:
        model = load_model(checkpoints[name], toy.KIND, compute)
        alone.append(outputs(model, key, stream.row, stream.lengths, compute))
    got_KRC, expected_KRC = torch.tensor(np.array(found)), torch.tensor(np.array(alone))
    torch.testing.assert_close(got_KRC, expected_KRC, atol=1e-5, rtol=1e-5)
    assert len({tuple(one.flatten().tolist()) for one in expected_KRC}) == len(names), "they do differ"


def test_files_are_those_of_each_checkpoint_alone_and_the_encoder_is_loaded_once(
    checkpoints: dict[str, Path], sets: dict[str, PredictSet], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, made in checkpoints.items():
        predict(made, toy.KIND, sets, tmp_path / "alone" / name)
    loaded, load, shown = [], Encoder.load, []
    monkeypatch.setattr(Encoder, "load", lambda *given, **settings: loaded.append(given) or load(*given, **settings))
    given = [CheckpointRef(checkpoint=made, base=None) for made in checkpoints.values()]
    outs = [tmp_path / "many" / name for name in checkpoints]
    predict_many(given, toy.KIND, sets, outs, progress=lambda *given: shown.append(given))
    assert len(loaded) == 1 and shown[-1][0] == shown[-1][1]
    for name in checkpoints:
        one, other = tmp_path / "alone" / name, tmp_path / "many" / name
        assert sorted(path.name for path in other.iterdir()) == ["de.parquet", "fr.parquet", "meta.json"]
        for language in TESTS:
            assert pq.read_table(one / f"{language}.parquet") == pq.read_table(other / f"{language}.parquet")
        first, second = (json.loads((folder / "meta.json").read_text()) for folder in (one, other))
        assert _untimed(first) == _untimed(second)


def test_invertible_adapters_are_undone_before_each_ones_own_decoder(encoder: Path, tmp_path: Path) -> None:
    kind, texts = MaskedLM(), toy.texts(40)
    part = toy.part(encoder, tmp_path / "part", texts, texts, kind=kind, select=MaskedAccuracy())
    checkpoints = []
    for seed in (1, 2):
        tune = Bottleneck(invertible=True, reduction=2)
        job = toy.job(encoder, [part], {"updates": 4, "lr": 5e-2}, tune=tune, seed=seed)
        fit(job, tmp_path / f"made-{seed}", tmp_path / f"scratch-{seed}")
        checkpoints.append(tmp_path / f"made-{seed}")
    stream = Stream({"en": PredictSet(prepared=part.train, examples=texts, indices=range(40))})
    side, heads = load_many(checkpoints, kind, Compute())
    found = outputs_of_each(side, heads, stream, Compute())
    guessed = []
    for checkpoint, got in zip(checkpoints, found, strict=True):
        model = load_model(checkpoint, kind, Compute())
        expected = outputs(model, head_key(kind), stream.row, stream.lengths, Compute())
        guessed.append([guess_M.tolist() for _, guess_M in expected])
        assert [guess_M.tolist() for _, guess_M in got] == guessed[-1]
    assert guessed[0] != guessed[1]


def test_checkpoints_on_different_encoders_are_refused_naming_both(
    encoder: Path, part: JobPart, checkpoints: dict[str, Path], sets: dict[str, PredictSet], tmp_path: Path
) -> None:
    fit(toy.job(encoder, [part], {"updates": 2}), tmp_path / "full", tmp_path / "scratch")
    given = [checkpoints["lora"], tmp_path / "full"]
    with pytest.raises(EncoderError, match=r"different encoders: '.*start.*encoder' holds .*full/encoder'"):
        predict_many(given, toy.KIND, sets, [tmp_path / "a", tmp_path / "b"])
    with pytest.raises(ValueError, match="1 checkpoints and 2 folders"):
        predict_many(given[:1], toy.KIND, sets, [tmp_path / "a", tmp_path / "b"])
    empty = {"de": PredictSet(prepared=sets["de"].prepared, examples=TESTS["de"], indices=())}
    with pytest.raises(DataError, match="nothing to predict for language 'de'"):
        predict_many(given[:1], toy.KIND, empty, [tmp_path / "a"])


def test_memory_that_runs_out_halves_the_passes(
    checkpoints: dict[str, Path], sets: dict[str, PredictSet], monkeypatch: pytest.MonkeyPatch
) -> None:
    stream, compute = Stream(sets), Compute()
    side, heads = load_many([checkpoints[name] for name in UPPER], toy.KIND, compute)
    expected = outputs_of_each(side, heads, stream, compute)
    forward, tried = Encoder.forward, []

    def small(encoder: Encoder, batch: Any, **rest: Any) -> Any:
        tried.append(batch.ids_T.numel())
        if tried[-1] > 100:
            raise RuntimeError("not enough memory")
        return forward(encoder, batch, **rest)

    monkeypatch.setattr(Encoder, "forward", small)
    again = outputs_of_each(side, heads, stream, compute)
    assert max(tried) > 100
    torch.testing.assert_close(torch.tensor(np.array(again)), torch.tensor(np.array(expected)), atol=1e-5, rtol=1e-5)


def _untimed(meta: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {language: {name: one[name] for name in one if name != "seconds"} for language, one in meta.items()}
