"""The adapter benchmark: what its contestants train and predict, and the ratios its tables say."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

import toy_training as toy
from toy_vectors import VectorSettings, build
from xstilts.data.examples import TextExample
from xstilts.train import attempt

SCRIPTS = Path(__file__).resolve().parents[3] / "benchmarks"
NAMES = ("adapters", "adapters_one", "adapters_memory", "prediction", "training_one", "training_rows")
SHARED = {"device": "cpu", "threads": 1, "precision": "fp32"}


@pytest.fixture(scope="module")
def scripts() -> Iterator[dict[str, ModuleType]]:
    sys.path.insert(0, str(SCRIPTS))
    yield {name: importlib.import_module(name) for name in NAMES[:3]}
    sys.path.remove(str(SCRIPTS))
    for name in NAMES:
        sys.modules.pop(name, None)


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("start") / "encoder"
    lines = [example.text for example in toy.texts(80)]
    build({"en": lines}, folder, VectorSettings(vocabulary=150, width=16, layers=2, heads=2, positions=60))
    return folder


def test_contestants_train_the_same_rows_and_the_table_is_left_whole(
    scripts: dict[str, ModuleType], encoder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attempt, "FULL_TABLE_SHARE", attempt.FULL_TABLE_SHARE)  # put back afterwards
    toy.prepare(toy.texts(64), toy.KIND, encoder, tmp_path / "rows")
    asked = {"folder": str(encoder), "rows": str(tmp_path / "rows"), "updates": 4, "batch": 8}
    one, made = scripts["adapters_one"], []
    for trimmed, name in ((True, "full"), (False, "full"), (False, "pfeiffer"), (False, "lora")):
        built = attempt.Attempt
        monkeypatch.setattr(attempt, "Attempt", lambda *given, built=built: made.append(built(*given)) or made[-1])
        found = one.train(one.TUNES[name], toy.KIND, SimpleNamespace(**asked, **SHARED, trimmed=trimmed))
        monkeypatch.setattr(attempt, "Attempt", built)
        assert found["tokens_a_second"] > 0 and found["above_bytes"] >= 0
    assert [one.model.encoder.kept_embeddings is None for one in made] == [False, True, True, True]
    assert made[1].trained_parameters > 5 * made[2].trained_parameters
    assert made[2].trained_parameters != made[3].trained_parameters


def test_adapters_in_every_layer_and_in_the_upper_half_predict_the_same_texts(
    scripts: dict[str, ModuleType], encoder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = scripts["adapters_one"]
    pairs = [TextExample(id=e.id, group=e.id, text=e.text, pair="the old", label="neutral") for e in toy.texts(12)]
    monkeypatch.setattr(one, "texts", lambda data, number, place: {"de": pairs[:number], "fr": pairs[:number]})
    asked: dict[str, Any] = {"folder": str(encoder), "data": [], "examples": 12}
    made = one.make(SimpleNamespace(folder=str(encoder), place=str(tmp_path)))
    settings = [json.loads((Path(made[name]) / "adapter.json").read_text()) for name in ("every", "upper")]
    assert [one["adapters"][0]["settings"]["from_layer"] for one in settings] == [1, 2]
    found = []
    for name in ("every", "upper"):
        place = tmp_path / "evaluated" / name
        found.append(one.evaluate(Path(made[name]), SimpleNamespace(**asked, **SHARED, place=str(place))))
        assert list(json.loads((place / "scores" / "scores.json").read_text())["metrics"])
    assert found[0]["tokens"] == found[1]["tokens"] > 0
    assert all(0 < run["passes"] < run["seconds"] for run in found)


ABOVE = """
import torch
from adapters_memory import Above
before = torch.ones(50_000_000)
del before
above = Above("cpu")
held = torch.ones(25_000_000)
print(above.bytes)
"""


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="the system does not say what is held")
def test_memory_counts_from_a_moment_on() -> None:
    """In a process of its own: one that has computed keeps memory that it was given back."""
    done = subprocess.run([sys.executable, "-c", ABOVE], cwd=SCRIPTS, capture_output=True, text=True, check=True)
    assert 80e6 < int(done.stdout) < 180e6


def test_ratios_are_of_the_same_run(scripts: dict[str, ModuleType]) -> None:
    script = scripts["adapters"]

    def run(speed: float, held: float) -> dict[str, float]:
        return {"trained": 7, "tokens_a_second": speed, "above_bytes": held * 1e9, "loss": 1.0}

    table = script.training_table({"full": run(100, 4), "pfeiffer": run(150, 1), "lora": run(130, 2)})
    assert "| 150 | 1.50 × | 1.00 | 25% |" in table and "| 130 | 1.30 × | 2.00 | 50% |" in table

    def spent(seconds: float, passes: float, held: float) -> dict[str, float]:
        return {"seconds": seconds, "passes": passes, "above_bytes": held * 1e9}

    table = script.evaluation_table({"upper": spent(3, 1, 1), "every": spent(7, 5, 2.5)})
    assert "in the upper half | 3.00 | 1.00 | 1.00 |" in table and "in every layer | 7.00 | 5.00 | 2.50 |" in table


def test_the_run_in_the_middle_is_shown(scripts: dict[str, ModuleType]) -> None:
    seconds = iter([3.0, 1.0, 2.0])
    found = scripts["adapters"].medians({"a": ""}, 3, "seconds", lambda _: {"seconds": next(seconds)})
    assert found == {"a": {"seconds": 2.0}}
    assert scripts["adapters"].parsed(["xlmr-base", "--only", "evaluation"]).only == "evaluation"
