"""Leases: which runs are going on, and what they need."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from xstilts.core.files import write_json
from xstilts.core.locks import locked
from xstilts.engine.leases import leased, leased_keys, no_new_runs, runs_in_progress


def test_a_run_is_known_while_it_holds_its_lease(tmp_path: Path) -> None:
    with leased(tmp_path, ["train-1", "score-1"]):
        [run] = runs_in_progress(tmp_path)
        assert (run.process, run.is_here, run.keys) == (os.getpid(), True, {"train-1", "score-1"})
        with no_new_runs(tmp_path):
            assert leased_keys(tmp_path) == {"train-1", "score-1"}
    assert runs_in_progress(tmp_path) == []


def test_a_lease_that_nobody_holds_is_no_run(tmp_path: Path) -> None:
    lease = tmp_path / "locks" / "leases" / "7-a.json"
    write_json(lease, {"process": 7, "host": "node", "started": "2026-01-01T00:00:00+00:00", "keys": ["a"]})
    assert runs_in_progress(tmp_path) == []
    with no_new_runs(tmp_path):
        assert leased_keys(tmp_path) == set()
    assert not lease.exists()


@pytest.mark.parametrize(
    "left", ["7-a.json", "7-a.lock", "7-a.progress", "nodes-a.lock", ".7-a.json.0123.tmp", ".7-a.progress.0123.tmp"]
)
def test_what_a_killed_run_left_goes_with_the_next_run(left: str, tmp_path: Path) -> None:
    """Killed at any moment: its lock is made before its lease, and both are drafts before they are there."""
    folder = tmp_path / "locks" / "leases"
    folder.mkdir(parents=True)
    (folder / left).touch()
    with leased(tmp_path, ["b"]) as first, leased(tmp_path, ["c"]) as second:
        assert {path.stem for path in folder.iterdir()} == {first.stem, second.stem, "gate"}
    assert [path.name for path in folder.iterdir()] == ["gate.lock"]


def test_what_a_run_of_an_earlier_version_needs_stays(tmp_path: Path) -> None:
    lease = tmp_path / "locks" / "leases" / "7-a.json"
    write_json(lease, ["train-1"])
    with locked(lease.with_suffix(".lock")), no_new_runs(tmp_path):
        assert leased_keys(tmp_path) == {"train-1"} and runs_in_progress(tmp_path) == []
