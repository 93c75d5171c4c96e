"""The benchmark of recovered curves: it counts what the bands hold, and a band that misses the truth is seen."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest

SCRIPTS = Path(__file__).resolve().parents[3] / "benchmarks"


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    monkeypatch.syspath_prepend(str(SCRIPTS))
    yield importlib.import_module("scaling_recovery")
    sys.modules.pop("scaling_recovery", None)


def test_each_truth_is_drawn_fitted_and_counted(script: ModuleType, tmp_path: Path):
    out = tmp_path / "found.json"
    script.main(["--draws", "3", "--resamples", "40", "--noise", "0.5", "--json", str(out)])
    found = json.loads(out.read_text("utf-8"))
    assert [one["truth"] for one in found] == ["constant", "log-linear", "power law", "logistic"]
    for one in found:
        assert all(1 <= held <= 3 for held in one["held"].values())
        assert sum(one["chosen"].values()) == sum(one["verdicts"].values()) == 3


def test_a_wrong_truth_is_not_held(script: ModuleType):
    wrong = replace(script.TRUTHS[1], parameters={"at_smallest": 70, "per_doubling": 3})
    found = script.recovered(wrong, 3, 0.5, 3, 40, choose=False)
    assert found.held["at_smallest"] == 0 and found.held["per_doubling"] > 0


def test_a_draw_is_the_same_each_time(script: ModuleType):
    one, other = (script.drawn_curve(script.TRUTHS[2], 1.0, 3, 7) for _ in range(2))
    assert one.runs == other.runs != script.drawn_curve(script.TRUTHS[2], 1.0, 3, 8).runs
