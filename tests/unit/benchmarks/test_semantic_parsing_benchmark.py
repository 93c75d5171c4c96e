"""The benchmark of intents and slots: what it measures, and when it says that the goal is reached."""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from toy_frames import frames
from toy_training import encoder_folder

SCRIPTS = Path(__file__).resolve().parents[3] / "benchmarks"


@pytest.fixture
def script() -> Iterator[ModuleType]:
    sys.path.insert(0, str(SCRIPTS))
    yield importlib.import_module("semantic_parsing")
    sys.path.remove(str(SCRIPTS))
    for name in ("semantic_parsing", "training_rows"):
        del sys.modules[name]


def test_every_line_is_measured(script: ModuleType, tmp_path: Path):
    options = argparse.Namespace(threads=1, rounds=1)
    lines = script.measured(encoder_folder(tmp_path / "encoder"), frames(6), options)
    assert [(line["states"], line["precision"]) for line in lines] == [
        ("first", "fp32"), ("first", "bf16"), ("mean", "fp32"), ("mean", "bf16"),
    ]  # fmt: skip
    assert all(line["rate"] > 0 and set(line["seconds"]) == set(script.PARTS) for line in lines)


def test_the_goal_is_reached_or_missed(script: ModuleType):
    seconds = dict.fromkeys(script.PARTS, 1.0)
    lines = [{"states": "first", "precision": "fp32", "rate": rate, "seconds": seconds} for rate in (1999.0, 2000.0)]
    said = script.table(lines).splitlines()
    assert len(said) == 4 and "1,999" in said[2] and "missed" in said[2] and "reached" in said[3]
