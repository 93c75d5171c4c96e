"""Snapshots are whole or not there."""

from __future__ import annotations

from pathlib import Path

import torch

from xstilts.train.snapshot import Snapshots, random_state, restore_random_state


def save(snapshots: Snapshots, update: int) -> None:
    snapshots.save({"weights": {"w": torch.full((2,), float(update))}, "empty": {}}, {"update": update})


def test_the_two_newest_are_kept(tmp_path: Path) -> None:
    snapshots = Snapshots(tmp_path / "snapshots")
    assert snapshots.all() == []
    for update in (1, 2, 3):
        save(snapshots, update)
    assert [snapshot.state["update"] for snapshot in snapshots.all()] == [3, 2]
    assert snapshots.all()[0].tensors("weights")["w"].tolist() == [3.0, 3.0]
    assert snapshots.all()[0].tensors("empty") == {}


def test_a_damaged_snapshot_is_passed_over(tmp_path: Path) -> None:
    snapshots = Snapshots(tmp_path)
    for update in (1, 2, 3):
        save(snapshots, update)
    newest = tmp_path / "00000002"
    (newest / "weights.safetensors").write_bytes(b"half")
    assert [snapshot.state["update"] for snapshot in snapshots.all()] == [2]
    (newest / "state.json").unlink()
    assert [snapshot.state["update"] for snapshot in snapshots.all()] == [2]
    save(snapshots, 4)
    assert snapshots.all()[0].state["update"] == 4


def test_a_draft_left_by_a_kill_is_no_snapshot(tmp_path: Path) -> None:
    snapshots = Snapshots(tmp_path)
    (tmp_path / ".00000000.tmp").mkdir()
    (tmp_path / ".00000000.tmp" / "state.json").write_text("{}")
    assert snapshots.all() == []
    save(snapshots, 1)
    assert [path.name for path in sorted(tmp_path.iterdir())] == ["00000000"]


def test_random_numbers_go_on() -> None:
    state = random_state("cpu")
    drawn = torch.rand(3)
    restore_random_state(state, "cpu")
    assert torch.equal(drawn, torch.rand(3))
