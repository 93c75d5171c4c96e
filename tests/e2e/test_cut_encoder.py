"""A study on the first layers of an encoder: another identity, one step more, and an ordinary folder at the end."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from tiny_study import TinyStudy, texts

from toy_vectors import VectorSettings, build
from xstilts.cli import main

Make = Callable[..., TinyStudy]


@pytest.fixture
def deep(tmp_path: Path) -> Path:
    lines = {"en": [text for text, _ in texts("en", 60)]}
    settings = VectorSettings(vocabulary=200, width=16, layers=3, heads=2, positions=60, seed=0)
    build(lines, tmp_path / "deep", settings)
    return tmp_path / "deep"


def test_a_study_runs_on_the_first_layers(study: Make, deep: Path, tmp_path: Path):
    tiny = study(encoder={"name": str(deep), "layers": 2}, targets=["weather"], seeds=[1], keep="all")
    assert tiny.call("run") == 0
    (cut,) = tiny.records("cut")
    assert cut["label"].startswith("the first 2 layers of")
    report = json.loads((tiny.store / "reports" / "tiny" / "report.json").read_text("utf-8"))
    assert report["encoder"] == f"{deep}, first 2 layers"
    key = next(record["key"] for record in tiny.records("train") if "weather" in record["label"])
    own = ["--task", "weather", "--study", str(tiny.file), "--store", str(tiny.store)]
    assert main(["export", key, str(tmp_path / "out"), *own]) == 0
    assert json.loads((tmp_path / "out" / "config.json").read_text("utf-8"))["num_hidden_layers"] == 2


def test_the_number_of_layers_is_identity(study: Make, deep: Path):
    tiny = study(encoder={"name": str(deep), "layers": 2}, targets=["weather"], seeds=[1])
    assert tiny.call("run") == 0
    trained = len(tiny.records("train"))
    tiny.write(encoder={"name": str(deep), "layers": 1})
    assert tiny.call("run") == 0
    assert len(tiny.records("train")) == 2 * trained


def test_a_study_file_says_it_as_it_was_written(study: Make, deep: Path):
    from xstilts.study.load import dump_study, load_study

    for written in (str(deep), {"name": str(deep), "layers": 2}):
        tiny = study(encoder=written)
        assert yaml.safe_load(dump_study(load_study(str(tiny.file))))["encoder"] == written


def test_too_many_layers_are_refused_before_anything_runs(study: Make, deep: Path, capsys: pytest.CaptureFixture[str]):
    tiny = study(encoder={"name": str(deep), "layers": 4})
    assert tiny.call("run") == 2
    assert "has 3 layers, of which 4 cannot be kept" in " ".join(capsys.readouterr().err.split())
    assert not tiny.records("train")
