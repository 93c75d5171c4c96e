"""Chaos: workers, nodes and runs are killed, and a small study comes to the end of an undisturbed one."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

SCRIPTS = Path(__file__).resolve().parents[2] / "benchmarks"
MODULES = ("chaos", "chaos_machines", "chaos_steps")


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    monkeypatch.syspath_prepend(str(SCRIPTS))
    monkeypatch.delenv("SLURM_CONF", raising=False)
    monkeypatch.delenv("XSTILTS_CHAOS_RUN", raising=False)
    yield importlib.import_module("chaos")
    for name in MODULES:
        sys.modules.pop(name, None)


@pytest.mark.long
# Of each seed, a kill of a worker comes while many steps are still to run.
@pytest.mark.parametrize(("backend", "kills", "seed"), [("local", 4, 1), ("ray", 4, 1), ("slurm", 5, 3)])
def test_a_study_comes_to_the_same_end_whatever_is_killed(
    backend: str, kills: int, seed: int, script: ModuleType, tmp_path_factory: pytest.TempPathFactory
) -> None:
    if reason := script.missing(backend):
        pytest.skip(reason)
    found = script.endured(backend, 20, kills, seed, tmp_path_factory.mktemp("chaos"))
    assert found.equal, "all artefacts are those of an undisturbed run, byte for byte"
    assert not found.twice, "what was done stays done"
    assert not found.leftovers
    assert found.again == 0, "each training went on from its last snapshot"
    assert kills - 1 <= found.kills.total() <= kills and found.attempts > found.steps


def test_a_step_done_again_though_nothing_took_it_is_found(script: ModuleType) -> None:
    event = sys.modules["chaos_steps"].Event
    first, again = (event(what="began", key="a", process=number, above=(number, 1)) for number in (7, 8))
    made = [event(what="snapshot", key="a", process=7, update=10)]
    attempts = script.attempts_of([first, *made, again])
    assert attempts == {"a": [[first, *made], [again]]}
    assert script.untaken(attempts, set()) == ["a"] and not script.untaken(attempts, {7})
    assert script.update_losses(attempts["a"]) == [10], "it did not go on from the snapshot"
