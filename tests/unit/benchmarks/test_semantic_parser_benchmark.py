"""The benchmark of the parser: what it measures, and when it says that a goal is reached."""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest

from toy_training import encoder_folder
from xstilts.tasks.catalog import TASKS

SCRIPTS = Path(__file__).resolve().parents[3] / "benchmarks"


@pytest.fixture
def script() -> Iterator[ModuleType]:
    sys.path.insert(0, str(SCRIPTS))
    yield importlib.import_module("semantic_parser")
    sys.path.remove(str(SCRIPTS))
    for name in ("semantic_parser", "training_rows"):
        del sys.modules[name]


def test_everything_is_measured(script: ModuleType, shared_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    task = TASKS["geoquery-funql"]
    small = task.replace(kind=replace(task.kind, width=16, layers=1, heads=2, longest=16))  # type: ignore[type-var]
    monkeypatch.setattr(script, "TASKS", {"geoquery-funql": small})
    options = argparse.Namespace(
        task="geoquery-funql", updates=2, lr=1e-3, head_lr=1e-3, limit=3, threads=1, rounds=1, data=[shared_data]
    )
    found = script.measured(encoder_folder(tmp_path / "encoder"), options, tmp_path)
    assert found["questions"] == 24 and set(found["learnt"]) == {"train", *TASKS["geoquery-funql"].test}
    assert set(found["ours"]) == set(found["theirs"]) == {1, 4} and found["length"] > 1
    assert all(rate > 0 for rates in (found["ours"], found["theirs"]) for rate in rates.values())


def test_goals_are_reached_or_missed(script: ModuleType):
    ours, theirs = {1: 300.0, 4: 90.0}, {1: 100.0, 4: 31.0}
    said = script.table({"train": 94.9, "en": 60.0}, ours, theirs).splitlines()
    assert "94.9 %" in said[0] and "missed" in said[0] and "en 60.0" in said[1]
    assert "reached" in said[-2] and "3.0" in said[-2] and "missed" in said[-1] and "2.9" in said[-1]
