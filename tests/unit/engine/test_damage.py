"""Damaged artefacts are noticed, named and made again; what a run needs is not removed beside it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from run_toys import backend_for, chain, command, diamond, goals_of, runs

from xstilts.engine.backends.inline import Inline
from xstilts.engine.listener import Silent
from xstilts.engine.runner import Outcome, execute, plan
from xstilts.engine.step import Step
from xstilts.engine.store import Store


class Heard(Silent):
    def __init__(self) -> None:
        self.problems: list[str] = []

    def step_damaged(self, problem: str) -> None:
        self.problems.append(problem)


def cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-5])


def flipped(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    stat = file.stat()
    file.write_bytes(content)
    os.utime(file, ns=(stat.st_atime_ns, stat.st_mtime_ns))


def emptied(file: Path) -> None:
    file.write_bytes(b"")


def removed(file: Path) -> None:
    file.unlink()


def folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


def link(file: Path) -> None:
    other = file.with_name("elsewhere")
    shutil.copy(file, other)
    file.unlink()
    file.symlink_to(other)


DAMAGES = (cut, flipped, emptied, removed, folder, link)


@pytest.fixture
def toys(tmp_path: Path) -> tuple[Store, Path, dict[str, Step]]:
    log = tmp_path / "log"
    log.mkdir()
    return Store(tmp_path / "store"), log, chain(log)


def run_all(store: Store, graph: dict[str, Step], heard: Heard) -> Outcome:
    return execute(goals_of(graph), store, backend=Inline(), listener=heard)


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("name", ["text.txt", "done.json"])
def test_a_damaged_goal_is_made_again(toys, damage: Callable[[Path], None], name: str) -> None:
    store, log, graph = toys
    run_all(store, graph, Heard())
    file = store.path(graph["score1"]) / name
    before, heard = file.read_text(), Heard()
    damage(file)
    assert not store.is_sound(graph["score1"])
    assert [problem for key, problem in store.check() if problem and key == graph["score1"].key]
    assert run_all(store, graph, heard).exit_code == 0
    assert runs(log)["score1"] == 2 and runs(log)["score2"] == 1 and runs(log)["train"] == 1
    assert name == "done.json" or (f"'{name}'" in heard.problems[0] and graph["score1"].key in heard.problems[0])
    assert name == "done.json" or file.read_text() == before
    assert not any(problem for _, problem in store.check())


@pytest.mark.parametrize("kind", ["inline", "local"])
@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("name", ["model.bin", "text.txt", "parts.json"])
def test_a_damaged_input_is_made_again(toys, kind: str, damage: Callable[[Path], None], name: str) -> None:
    store, log, graph = toys
    execute([graph["train"]], store, backend=Inline())
    file = store.path(graph["train"]) / name
    before, heard = file.read_bytes(), Heard()
    damage(file)
    outcome = execute([graph["score1"]], store, backend=backend_for(kind, "chain", store, log), listener=heard)
    assert outcome.exit_code == 0 and runs(log)["train"] == 2 and runs(log)["a"] == 1
    assert file.read_bytes() == before and not file.is_symlink()
    if not (name == "parts.json" and damage in (removed, cut, emptied, folder)):
        assert name in heard.problems[0] and graph["train"].key in heard.problems[0]


def test_weights_that_were_thrown_away_are_no_damage(toys) -> None:
    store, log, graph = toys
    run_all(store, graph, Heard())
    store.trim(graph["train"], "weights")
    heard = Heard()
    run_all(store, graph, heard)
    assert not heard.problems and runs(log)["train"] == 1 and not any(problem for _, problem in store.check())


def test_markers_of_earlier_versions_are_taken_as_they_are(toys) -> None:
    store, log, graph = toys
    run_all(store, graph, Heard())
    for marker in store.root.glob("steps/*/done.json"):
        record = json.loads(marker.read_text())
        marker.write_text(json.dumps({name: value for name, value in record.items() if name not in ("files", "sum")}))
    run_all(store, graph, Heard())
    assert max(runs(log).values()) == 1


def test_a_marker_that_says_something_else_is_none(toys) -> None:
    store, _, graph = toys
    run_all(store, graph, Heard())
    marker = store.path(graph["a"]) / "done.json"
    marker.write_text(marker.read_text().replace('"seconds": ', '"seconds": 1'))
    assert not store.is_done(graph["a"])


def test_a_plan_reads_no_content(toys, monkeypatch: pytest.MonkeyPatch) -> None:
    store, _, graph = toys
    run_all(store, graph, Heard())
    monkeypatch.setattr("xstilts.engine.checksums.file_checksum", lambda path: pytest.fail(f"{path} was read"))
    assert not plan(goals_of(graph), store).to_run


def test_gc_removes_a_link_and_not_what_it_points_at(toys, tmp_path: Path) -> None:
    store, _, graph = toys
    run_all(store, graph, Heard())
    step, elsewhere = store.path(graph["a"]), tmp_path / "elsewhere"
    step.rename(elsewhere)
    step.symlink_to(elsewhere)
    assert not store.is_done(graph["a"])
    store.gc(keep=())
    assert (elsewhere / "done.json").exists() and not os.path.lexists(step)


def test_a_step_that_is_a_link_is_made_again_in_its_place(toys, tmp_path: Path) -> None:
    store, _, graph = toys
    execute([graph["a"]], store, backend=Inline())
    step, elsewhere = store.path(graph["a"]), tmp_path / "elsewhere"
    step.rename(elsewhere)
    for target in (elsewhere, tmp_path / "nowhere"):
        step.symlink_to(target)
        assert execute([graph["a"]], store, backend=Inline()).exit_code == 0
        assert step.is_dir() and not step.is_symlink() and (elsewhere / "done.json").exists()
        shutil.rmtree(step)


@pytest.mark.parametrize("name", ["", "out", "scratch"])
def test_work_that_is_a_link_is_left_behind_where_it_points(toys, tmp_path: Path, name: str) -> None:
    store, _, graph = toys
    (elsewhere := tmp_path / "elsewhere" / "out").mkdir(parents=True)
    (elsewhere / "mine.txt").write_text("x")
    link = store.root / "work" / graph["a"].key / name
    link.parent.mkdir(parents=True)
    link.symlink_to(elsewhere if name else elsewhere.parent)
    assert execute([graph["a"]], store, backend=Inline()).exit_code == 0
    assert (elsewhere / "mine.txt").exists() and not os.path.lexists(store.root / "work" / graph["a"].key)
    link.parent.mkdir(parents=True, exist_ok=True)
    link.symlink_to(elsewhere if name else elsewhere.parent)
    store.gc(keep=())
    assert (elsewhere / "mine.txt").exists() and not list((store.root / "work").iterdir())


def test_trimming_removes_nothing_behind_a_link(toys, tmp_path: Path) -> None:
    store, _, graph = toys
    run_all(store, graph, Heard())
    step = store.path(graph["train"])
    (step / "parts.json").write_text(json.dumps({"weights": ["sub/model.bin"]}))
    (elsewhere := tmp_path / "elsewhere").mkdir()
    (elsewhere / "model.bin").write_bytes(b"x")
    (step / "sub").symlink_to(elsewhere)
    assert store.trim(graph["train"], "weights") == 0 and (elsewhere / "model.bin").exists()


def test_gc_leaves_what_a_running_study_needs(tmp_path: Path) -> None:
    """A process that has done a and waits in b; a removal beside it takes what it does not need."""
    log, store = tmp_path / "log", Store(tmp_path / "store")
    log.mkdir()
    graph = diamond(log)
    other = chain(log)["look"]
    execute([other], store, backend=Inline())
    (log / "wait-b").touch()
    process = subprocess.Popen(command("execute", "diamond", log, store.root, "inline"))
    try:
        for _ in range(1000):
            if (log / "started-b").exists():
                break
            time.sleep(0.02)
        assert store.gc(keep=()) > 0
        assert store.is_done(graph["a"]) and not store.is_done(other)
    finally:
        (log / "wait-b").unlink()
        assert process.wait(60) == 0
    assert max(runs(log).values()) == 1  # a of the chain and of the diamond is one step
    assert store.gc(keep=()) > 0 and not store.is_done(graph["a"])
    assert not list((store.root / "locks" / "leases").glob("*.json"))


def test_the_lease_of_a_killed_run_holds_nothing(tmp_path: Path) -> None:
    log, store = tmp_path / "log", Store(tmp_path / "store")
    log.mkdir()
    (log / "wait-b").touch()
    process = subprocess.Popen(command("execute", "diamond", log, store.root, "inline"), stderr=sys.stderr)
    for _ in range(1000):
        if (log / "started-b").exists():
            break
        time.sleep(0.02)
    process.kill()
    process.wait(60)
    store.gc(keep=())
    assert not store.is_done(diamond(log)["a"]) and not list((store.root / "locks" / "leases").glob("*.json"))
