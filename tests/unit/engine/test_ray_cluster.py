"""The ray backend on a real Ray of three nodes here: workers and nodes that go, a run that is interrupted."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import run_toys as toys

from xstilts.engine.listener import Silent
from xstilts.engine.runner import Outcome, execute
from xstilts.engine.step import Step
from xstilts.engine.store import Store

pytest.importorskip("ray", reason="the package ray is not installed")
PATIENCE = 120.0  # seconds; only what hangs takes so long
# A node that is gone is noticed after three looks, one a second; workers are as important as other processes.
WATCHFUL = {
    "health_check_initial_delay_ms": 0,
    "health_check_period_ms": 1000,
    "health_check_failure_threshold": 3,
    "worker_niceness": 0,
}


class World:
    """The cluster, and for each test a store and a folder that steers the toys."""

    def __init__(self, cluster: Any, folder: Path) -> None:
        self.cluster, self.log, self.store = cluster, folder / "log", Store(folder / "store")
        self.log.mkdir()
        self.graph = toys.diamond(self.log)

    @property
    def name(self) -> str:
        return f"ray:{self.cluster.address}"

    def run(self, meanwhile: Callable[[], object] = lambda: None, **more: Any) -> Outcome:
        """Run the graph, and in a thread beside it what happens to the cluster; then no step is held any more."""

        def happen() -> None:
            try:
                meanwhile()
            finally:
                for mark in self.log.glob("wait-*"):
                    mark.unlink()

        with ThreadPoolExecutor(1) as beside, closing(self._backend()) as backend:
            happening = beside.submit(happen)
            outcome = execute(toys.goals_of(self.graph), self.store, backend=backend, **more)
        happening.result()
        return outcome

    def _backend(self) -> Any:
        return toys.backend_for(self.name, "diamond", self.store, self.log)

    def pid_of(self, name: str) -> int:
        """Wait until a step is held (`wait-...`); return its process."""
        until((self.log / f"started-{name}").exists)
        return int((self.log / f"started-{name}").read_text())

    def texts(self) -> list[str]:
        return sorted(path.read_text() for path in self.store.root.glob("steps/*/text.txt"))


class Hearing(Silent):
    def __init__(self) -> None:
        self.heard: list[tuple[Any, ...]] = []

    def step_started(self, step: Step, device: str) -> None:
        self.heard.append(("started", step.settings["name"], device.partition(" of ")[0]))

    def step_progress(self, step: Step, done: float, total: float, unit: str, text: str) -> None:
        self.heard.append(("progress", step.settings["name"], done, total, unit, text))

    def step_finished(self, step: Step, seconds: float) -> None:
        self.heard.append(("finished", step.settings["name"]))


def until(condition: Callable[[], object]) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)


def stat(pid: int) -> list[str]:
    """Fields of /proc/<pid>/stat from the third; none where it has ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except FileNotFoundError:
        return []


def alive(pid: int) -> bool:
    return stat(pid)[:1] not in ([], ["Z"])


def parent(pid: int) -> int:
    """The number of its parent; 0 where it has ended."""
    return int(fields[1]) if (fields := stat(pid)) else 0


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    from ray.cluster_utils import Cluster

    quiet = {"num_cpus": 1, "object_store_memory": 80 << 20, "include_dashboard": False}
    cluster = Cluster(initialize_head=True, head_node_args={**quiet, "_system_config": WATCHFUL})
    for _ in range(2):
        cluster.add_node(**quiet)
    cluster.wait_for_nodes()
    yield cluster
    cluster.shutdown()


@pytest.fixture
def world(cluster: Any, tmp_path: Path) -> World:
    return World(cluster, tmp_path)


def test_steps_run_once_are_heard_and_a_killed_worker_takes_only_its_step(world: World) -> None:
    """The step goes on from its snapshot, and no other runs twice."""
    (world.log / "wait-c").touch()
    gone = []

    def kill_worker() -> None:
        step = world.pid_of("c")
        worker = parent(step)
        (world.log / "started-c").unlink()
        os.kill(worker, signal.SIGKILL)
        until(lambda: not alive(step))  # it goes with its worker, before a second attempt
        gone.append(step)
        world.pid_of("c")

    ears = Hearing()
    outcome = world.run(kill_worker, listener=ears)
    assert len(outcome.done) == 5 and outcome.exit_code == 0 and gone
    assert toys.runs(world.log) == {"a": 1, "b": 1, "c": 2, "d": 1, "e": 1} and (world.log / "resumed-c").exists()
    assert world.texts() == ["a()", "b(a())", "c(a())", "d(b(a()),c(a()))", "e()"]
    for name in "abcde":
        assert ears.heard.count(("started", name, "cpu")) == ears.heard.count(("finished", name)) == 1
    assert ("progress", "d", 1, 2, "halves", "d") in ears.heard
    assert list((world.store.root / "work").iterdir()) == []


def test_a_run_that_is_interrupted_stops_its_steps_and_the_next_goes_on(world: World) -> None:
    (world.log / "wait-c").touch()
    words = toys.command("execute", "diamond", world.log, world.store.root, world.name)
    driver = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    step = world.pid_of("c")
    until(lambda: world.store.is_done(world.graph["b"]))
    driver.send_signal(signal.SIGINT)
    said, _ = driver.communicate(timeout=PATIENCE)
    assert driver.returncode == 130 and json.loads(said)["left"] >= 2 and not alive(step)
    assert (world.store.scratch(world.graph["c"]) / "half").exists()
    (world.log / "wait-c").unlink()
    assert world.run().exit_code == 0
    assert toys.runs(world.log) == {"a": 1, "b": 1, "c": 2, "d": 1, "e": 1} and (world.log / "resumed-c").exists()


def test_a_step_that_fails_by_itself_is_tried_once(world: World) -> None:
    (world.log / "fail-b").touch()
    outcome = world.run()
    assert list(outcome.failed) == [world.graph["b"].key] and list(outcome.not_run) == [world.graph["d"].key]
    assert toys.runs(world.log) == {"a": 1, "b": 1, "c": 1, "e": 1}


def test_two_runs_at_once_make_each_step_once(world: World) -> None:
    words = toys.command("execute", "diamond", world.log, world.store.root, world.name)
    runs = [subprocess.Popen(words, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    said = [json.loads(run.communicate(timeout=PATIENCE)[0]) for run in runs]
    assert [run.returncode for run in runs] == [0, 0] and sum(one["done"] for one in said) >= 5
    assert toys.runs(world.log) == dict.fromkeys("abcde", 1)


def test_a_node_that_goes_loses_no_step(world: World) -> None:
    """The last test, as the cluster is smaller afterwards. Each node has room for one step, two are held, and the node
    of the driver stays: one of them is elsewhere."""
    held = ("b", "c", "e")
    for name in held:
        (world.log / f"wait-{name}").touch()
    lost = []

    def away(name: str) -> Any:
        """The node, other than the driver's, that this step is running on."""
        if not (world.log / f"started-{name}").exists():
            return None
        raylet = parent(parent(world.pid_of(name)))
        return next((node for node in world.cluster.worker_nodes if raylet_of(node) == raylet), None)

    def remove_node() -> None:
        until(lambda: any(map(away, held)))
        name = next(filter(away, held))
        step = world.pid_of(name)
        world.cluster.remove_node(away(name), allow_graceful=False)
        lost.append(name)
        until(lambda: not alive(step))

    outcome = world.run(remove_node)
    assert outcome.exit_code == 0 and len(outcome.done) == 5
    runs = toys.runs(world.log)
    assert runs.pop(lost[0]) == 2 and set(runs.values()) == {1} and (world.log / f"resumed-{lost[0]}").exists()


def raylet_of(node: Any) -> int:
    (raylet,) = node.all_processes["raylet"]
    return int(raylet.process.pid)
