"""Machines of a chaos study: where its steps run, and what can be killed there.

A backend's machines are a class with the kinds of kills by their weights; each kill returns the processes that it took.
Ray is three nodes on this machine, Slurm a controller and two nodes (`tests/slurm_cluster.py`).
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from chaos_steps import Event, processes_above

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
import slurm_cluster

PATIENCE = 120.0  # seconds until what was started is there


class Machines(Protocol):
    backend: str  # as for `--backend`
    jobs: int
    weights: Mapping[str, float]  # of kinds of kills
    outlive: bool  # whether steps go on when their run is killed

    def kill(self, kind: str, running: Sequence[Event], draw: random.Random) -> set[int]:
        """Kill something, start again what a person would, and return the processes that went with it.

        running: steps that are at work, as they wrote down when they began."""

    def tend(self) -> None:
        """Do what an administrator would, where nothing has moved for a while."""


class ThisMachine:
    """Steps as child processes of the run: `worker` is one of them, `machine` all at once with the run."""

    backend, jobs, outlive = "local", 3, False
    weights: Mapping[str, float] = {"worker": 3, "driver": 2, "machine": 1}

    def kill(self, kind: str, running: Sequence[Event], draw: random.Random) -> set[int]:
        victims = [draw.choice(running)] if kind == "worker" else running
        return killed({victim.process for victim in victims} | ({victims[0].run} if kind == "machine" else set()))

    def tend(self) -> None:
        pass


class RayNodes:
    """A Ray of three nodes: `worker` is a step's process or Ray's own above it, `node` one without the run, `head` all
    of Ray, which is started again at the same address."""

    jobs, outlive = 3, False
    weights: Mapping[str, float] = {"worker": 3, "node": 3, "driver": 2, "head": 1}
    # A node that is gone is noticed after three looks, one a second.
    WATCHFUL: Mapping[str, Any] = {
        "health_check_initial_delay_ms": 0,
        "health_check_period_ms": 1000,
        "health_check_failure_threshold": 3,
        "worker_niceness": 0,
    }

    def __init__(self) -> None:
        [self._port] = slurm_cluster.free_ports(1)
        self._node = {"num_cpus": 1, "object_store_memory": 80 << 20, "include_dashboard": False}
        self.start()

    def start(self) -> None:
        from ray.cluster_utils import Cluster

        head = {**self._node, "gcs_server_port": self._port, "_system_config": self.WATCHFUL}
        self._cluster = Cluster(initialize_head=True, head_node_args=head)
        self.backend = f"ray:{self._cluster.address}"
        for _ in range(2):
            self._cluster.add_node(**self._node)

    def kill(self, kind: str, running: Sequence[Event], draw: random.Random) -> set[int]:
        if kind == "worker":
            victim = draw.choice(running)
            return killed({victim.above[draw.randrange(2)]}, also=victim.above[:2])
        if kind == "head":
            raylets = set(map(_raylet, [self._cluster.head_node, *self._cluster.worker_nodes]))
            self.stop()
            self.start()
            return raylets
        node = draw.choice(sorted(self._cluster.worker_nodes, key=_raylet))
        raylet = _raylet(node)
        self._cluster.remove_node(node, allow_graceful=False)
        self._cluster.add_node(**self._node)
        return {raylet}

    def tend(self) -> None:
        pass

    def stop(self) -> None:
        """End all at once, the head first."""
        for node in [self._cluster.head_node, *self._cluster.worker_nodes]:
            self._cluster.remove_node(node, allow_graceful=False)


def _raylet(node: Any) -> int:
    [raylet] = node.all_processes["raylet"]
    return int(raylet.process.pid)


class SlurmNodes:
    """A Slurm of two nodes: `worker` is a step's process, `daemon` that of a node alone, `node` with all that runs
    there, `controller` the controller; what Slurm's own is is started again."""

    jobs, outlive = 1, True
    weights: Mapping[str, float] = {"worker": 3, "node": 2, "daemon": 2, "driver": 3, "controller": 2}

    def __init__(self, daemons: slurm_cluster.Daemons, folder: Path) -> None:
        self._daemons = daemons
        options = folder / "slurm.yaml"
        options.write_text("partition: main\ngather: 0.3\npoll: 1\nrequeues: 30\n")
        self.backend = f"slurm:{options}"

    def kill(self, kind: str, running: Sequence[Event], draw: random.Random) -> set[int]:
        if kind == "worker":
            return killed({draw.choice(running).process})
        if kind == "controller":
            self._daemons.kill("slurmctld")
            self._daemons.start("slurmctld")
            return set()
        name = draw.choice(("node1", "node2"))
        self._daemons.kill(name)
        gone = killed(self._on(name)) if kind == "node" else set()
        self._daemons.start(name)
        return gone

    def tend(self) -> None:
        """Put nodes back and release jobs: a controller that was killed forgets the last jobs that it started, starts
        them once more, and takes a node away that has them already. A job that was given to a node just as that went
        is missed once nodes say what they have."""
        self._scontrol("reconfigure")
        self._scontrol("update", "nodename=node1,node2", "state=resume")
        words = ["squeue", "--noheader", "--format=%F", "--states=PENDING"]
        said = subprocess.run(words, env=self._daemons.environment, capture_output=True, text=True)
        for job in sorted(set(said.stdout.split())):
            self._scontrol("release", job)

    def _scontrol(self, *words: str) -> None:
        subprocess.run(["scontrol", *words], env=self._daemons.environment, capture_output=True)

    def _on(self, node: str) -> set[int]:
        """The processes of jobs on a node, and Slurm's own above each."""
        marks = {f"SLURMD_NODENAME={node}".encode(), f"SLURM_CONF={self._daemons.configuration}".encode()}
        found = {process for process in processes() if marks <= set(_environment(process))}
        return found | {above for process in found for above in processes_above(process)[1:2] if _is_stepd(above)}


def _is_stepd(process: int) -> bool:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{process}/cmdline").read_bytes().startswith(b"slurmstepd")
    return False


def _environment(process: int) -> list[bytes]:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{process}/environ").read_bytes().split(b"\0")
    return []


def processes() -> list[int]:
    return [int(folder.name) for folder in Path("/proc").glob("[0-9]*")]


def killed(those: set[int], also: Sequence[int] = ()) -> set[int]:
    """Kill processes at once; return them, and those that end with them."""
    for process in those:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)
    return {*those, *also}


def wait_until(condition: Callable[[], object], what: str) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(f"{what} in {PATIENCE:.0f} s")
        time.sleep(0.1)


@contextlib.contextmanager
def machines(backend: str, folder: Path) -> Iterator[Machines]:
    """Start the machines of a backend; `folder` has what they keep."""
    if backend == "local":
        yield ThisMachine()
    elif backend == "ray":
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
        nodes = RayNodes()
        try:
            yield nodes
        finally:
            nodes.stop()
    else:
        with slurm_cluster.daemons(folder, requeue_after=5) as daemons:
            os.environ["SLURM_CONF"] = str(daemons.configuration)
            yield SlurmNodes(daemons, folder)


def missing(backend: str) -> str:
    """Why there can be no such machines here; "" where there can."""
    if backend == "slurm":
        return slurm_cluster.missing()
    if backend == "ray" and subprocess.run([sys.executable, "-c", "import ray"], capture_output=True).returncode:
        return "the package ray is not installed"
    return ""
