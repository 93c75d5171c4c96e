"""The simulation of a run: no step is forgotten, and no number is better than it can be."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

SCRIPTS = Path(__file__).resolve().parents[3] / "benchmarks"


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    monkeypatch.syspath_prepend(str(SCRIPTS))
    yield importlib.import_module("scheduling")
    sys.modules.pop("scheduling", None)


def test_all_steps_end_and_many_gpus_are_kept_busy(script: ModuleType) -> None:
    goals = script.study(1000)
    found = script.simulate(1000, 16, 1)
    assert found["steps"] == len(script.runner.steps_of(goals)) and found["hours"] >= found["bound"]
    assert found["busy"] > 0.9 and found["hours"] < 1.1 * found["bound"]


def test_the_cost_of_a_step_does_not_grow_with_the_run(script: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the calls of the backend: each step is asked about a few times, however many there are."""
    asked = 0
    real = script.Simulated.has_capacity

    def counted(backend: object, step: object) -> bool:
        nonlocal asked
        asked += 1
        return bool(real(backend, step))

    monkeypatch.setattr(script.Simulated, "has_capacity", counted)
    found = script.simulate(2000, 16, 1)
    assert asked < 6 * found["steps"]
