"""The benchmark of the leakage audit sets what is known beside what was found."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest

from xstilts.data.leak_audit import LeakedRows, LeaksFound

SCRIPTS = Path(__file__).resolve().parents[3] / "benchmarks"
FOUND = LeakedRows(target="panx dev", language="hi", training="panx hi", rows=1000, exact=190, normalised=9, near=3)


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    monkeypatch.syspath_prepend(str(SCRIPTS))
    yield importlib.import_module("leakage")
    sys.modules.pop("leakage", None)


def test_known_duplicates_are_printed_beside_those_found(script: ModuleType) -> None:
    xquad = replace(FOUND, target="xquad", language="en", training="squad2-dev-slice", rows=1190, exact=100, run=500)
    lines = list(script.lines(LeaksFound(leaks=(FOUND, xquad), examples=(), tests={}, trainings={})))
    assert "| panx dev hi | panx hi | 190 | 9 | 3 | 0 | 1000 |" in lines
    assert "panx dev hi in panx hi: 199 rows say the same, known are 199" in lines
    assert "panx dev sw in panx sw: 0 rows say the same, known are 90" in lines
    assert lines[-1] == "xquad en in squad2-dev-slice: 612 of 1190 rows"


def test_every_training_file_is_read_once_and_whole_test_sets(script: ModuleType) -> None:
    trainings = dict(script.trainings())
    assert {"mnli", "squad1", "panx", "panx hi", "mlm-ntrex"} <= set(trainings) and "mlqa" not in trainings
    tests = [(target, language) for target, language, _ in script.tests()]
    assert {("xnli", "sw"), ("tatoeba", "de"), ("panx dev", "hi")} <= set(tests)
