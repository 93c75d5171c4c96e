"""Snapshots are whole or not there."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from xstilts.train.snapshot import DamagedSnapshot, Snapshots, random_state, restore_random_state


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


def damaged_file(file, how: str) -> None:
    content = bytearray(file.read_bytes())
    if how == "flipped":
        content[-1] ^= 1
    file.write_bytes(b"" if how == "emptied" else content if how == "flipped" else content[:-9])


@pytest.mark.versions
@pytest.mark.parametrize("how", ["flipped", "cut", "emptied"])
@pytest.mark.parametrize("name", ["state.json", "weights.safetensors"])
def test_a_damaged_newest_snapshot_gives_way_to_the_older_one(tmp_path, how, name):
    snapshots = Snapshots(tmp_path / "snapshots")
    for number in (1.0, 2.0):
        snapshots.save({"weights": {"w": torch.full((3,), number)}}, {"update": number})
    damaged_file(tmp_path / "snapshots" / "00000001" / name, how)
    with pytest.warns(DamagedSnapshot, match="00000001"):
        (left,) = Snapshots(tmp_path / "snapshots").whole()
    assert left.state == {"update": 1.0} and torch.equal(left.tensors("weights")["w"], torch.ones(3))


def test_a_snapshot_whose_best_weights_changed_is_none(tmp_path):
    (tmp_path / "best-1.safetensors").write_bytes(b"best")
    snapshots = Snapshots(tmp_path / "snapshots")
    snapshots.save({"weights": {"w": torch.ones(1)}}, {"update": 1}, beside=["best-1.safetensors"])
    assert [snapshot.state for snapshot in snapshots.whole()] == [{"update": 1}]
    (tmp_path / "best-1.safetensors").write_bytes(b"bast")
    with pytest.warns(DamagedSnapshot):
        assert not list(snapshots.whole())
