"""The ray backend: each step is a task of a Ray cluster whose machines share the store.

What is next is decided here alone; Ray finds a node with room for the step. A step that is lost with its worker or node
is tried again, from its snapshot; one that fails is not. Where all of Ray goes away, the run waits for it to come back.
"""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, Self

from xstilts.core.errors import StudyError
from xstilts.engine.backends.attempt import Begun, Message, Order
from xstilts.engine.backends.base import Ended, MachineShare, OnEvent, Progressed, Started, StepCommand, gpus_of
from xstilts.engine.backends.child import Unreported
from xstilts.engine.backends.node_check import compare, make_look, ticket
from xstilts.engine.backends.ray_cluster import Lost, RayCluster
from xstilts.engine.backends.subprocesses import result_of
from xstilts.engine.backends.version_check import expected_versions
from xstilts.engine.execute import DEVICES, Result
from xstilts.engine.step import Step
from xstilts.engine.store import Store

_ATTEMPTS = 4  # at one step, where its worker or node goes away each time
_KILLED = -9
_RETURN = 120.0  # seconds for a Ray that went away to be back
_LOOK = 2.0  # seconds between two looks whether it is there
_OWN = "XSTILTS_"  # begins the names of the variables that steps heed


class Cluster(Protocol):
    """What is asked of `RayCluster`."""

    where: str

    def check_room(self, threads: int, gpus: int) -> None: ...
    def ask_nodes(self, function: Callable[..., dict[str, Any]], words: Sequence[Any]) -> list[dict[str, Any]]: ...
    def submit(self, order: Order, threads: int, gpus: int) -> Any: ...
    def ready(self, attempts: Sequence[Any], seconds: float) -> list[Any]: ...
    def message(self, ready: Any) -> Message | Lost: ...
    def interrupt(self, attempts: Sequence[Any]) -> None: ...
    def is_gone(self) -> bool: ...
    def close(self) -> None: ...


@dataclass(eq=False)
class _Running:
    step: Step
    store: Store
    on_event: OnEvent
    order: Order
    gpus: int
    task: Any
    attempts: int = 1
    is_started: bool = False


class Ray:
    """Run up to `jobs` steps at once, each with `threads` CPUs.

    A step that computes does so on `device`: "cpu", "cuda", or those of a team, "cuda:0,cuda:1", as a node numbers the
    GPUs that Ray gave the step.

    Args:
        connect: makes the connection; called when the first step is launched, as there may be none to run.
        folders: folders with data, which every node must see.
    """

    def __init__(
        self,
        command_for: StepCommand,
        connect: Callable[[], Cluster],
        *,
        jobs: int = 1,
        threads: int = 1,
        device: str = "cpu",
        folders: Sequence[Path] = (),
    ) -> None:
        self.command_for, self.jobs, self.threads, self.device = command_for, jobs, threads, device
        self._gpus = gpus_of(device)
        self.folders = tuple(folders)
        self._connect = connect
        self._cluster: Cluster | None = None
        self._held = contextlib.ExitStack()
        self._running: dict[str, _Running] = {}
        self._interrupts = self._passed_on = 0
        self._looked = 0.0  # when, by the monotonic clock
        self._gone: float | None = None  # since when Ray is away

    @classmethod
    def for_run(cls, share: MachineShare, address: str = "") -> Self:
        """Raises StudyError where ray is not installed."""
        RayCluster.check_installed()
        cpus = share.step_threads * share.jobs
        return cls(
            share.prepare_command(),
            lambda: RayCluster(address, cpus),
            jobs=share.jobs,
            threads=share.step_threads,
            device=_device(share.devices[0]),
            folders=share.folders,
        )

    def has_capacity(self, step: Step) -> bool:
        return len(self._running) < self.jobs and self._gone is None

    def launch(self, step: Step, store: Store, on_event: OnEvent) -> None:
        """Raises StudyError, at the first step, for a cluster that is not reached and a node that cannot run steps."""
        cluster = self._cluster or self._opened(store)
        gpus = self._gpus if step.compute else 0
        order = Order(
            key=step.key,
            command=tuple(self.command_for(step)),
            python=sys.executable,
            folder=str(Path.cwd()),
            variables={name: value for name, value in os.environ.items() if name.startswith(_OWN)}
            | expected_versions(),
            device=self.device if step.compute else "cpu",
            threads=self.threads,
        )
        task = cluster.submit(order, self.threads, gpus)
        self._running[step.key] = _Running(step, store, on_event, order, gpus, task)

    def poll(self, seconds: float) -> None:
        if not self._running or not self._is_there():
            time.sleep(seconds)
            return
        assert self._cluster is not None
        self._pass_on_interrupts(self._cluster)
        by_task = {id(running.task): running for running in self._running.values()}
        for task in self._cluster.ready([running.task for running in self._running.values()], seconds):
            self._hear(self._cluster, by_task[id(task)])

    def is_underway(self, step: Step, store: Store) -> bool:
        return False  # Ray ends what its driver started

    def cancel(self) -> None:
        self._interrupts = max(1, self._interrupts)  # passed on by the next poll: Ray is not to be asked in a handler

    def kill(self) -> None:
        self._interrupts = 2

    def close(self) -> None:
        self._held.close()
        self._cluster = None

    def _opened(self, store: Store) -> Cluster:
        """Connect, and look whether every node can run what this machine hands out."""
        cluster = self._connect()
        self._held.callback(cluster.close)
        cluster.check_room(self.threads, self._gpus)
        look = make_look()
        with ticket(store.root, self.folders) as asked:
            compare(look(*asked.words()), cluster.ask_nodes(look, asked.words()), asked, cluster.where)
        self._cluster = cluster
        return cluster

    def _is_there(self) -> bool:
        """Say whether Ray is there. Once it went away it is asked for again, and then gets the running steps anew.

        Raises StudyError where it stays away."""
        now = time.monotonic()
        if now - self._looked < _LOOK:
            return self._gone is None
        self._looked = now
        if self._gone is None:
            if self._cluster is None or not self._cluster.is_gone():
                return True
            self._gone = now
            self.close()
        running = list(self._running.values())
        if self._interrupts:
            for one in running:
                self._end(one, Result("interrupted"))
            return False
        try:
            cluster = self._opened(running[0].store)
        except StudyError as error:
            if now - self._gone < _RETURN:
                return False
            raise error.changed(
                what=f"Ray went away and is not back after {_RETURN:.0f} s: {error.what}",
                hint="What is done is kept: the same command goes on from there.",
            ) from error
        self._gone = None
        for one in running:
            self._lost(cluster, one, "Ray was started anew")
        return True

    def _pass_on_interrupts(self, cluster: Cluster) -> None:
        while self._passed_on < self._interrupts:
            self._passed_on += 1
            cluster.interrupt([running.task for running in self._running.values()])

    def _hear(self, cluster: Cluster, running: _Running) -> None:
        match cluster.message(running.task):
            case Begun(node=node):
                self._started(running, f"{running.order.device} of {node}")
            case Progressed() as event:
                running.on_event(event)
            case Lost(reason=reason):
                self._lost(cluster, running, reason)
            case Unreported(code=code) as ending if code == _KILLED:
                self._lost(cluster, running, ending.sentence)
            case Result() | Unreported() as ending:
                self._end(running, result_of(ending, running.step, running.store))

    def _lost(self, cluster: Cluster, running: _Running, reason: str) -> None:
        if self._interrupts:
            self._end(running, Result("interrupted"))
        elif running.attempts == _ATTEMPTS:
            text = f"the step was lost {_ATTEMPTS} times with its process, worker or node; the last time: {reason}"
            self._end(running, Result("failed", error=text))
        else:
            running.attempts += 1
            running.task = cluster.submit(running.order, self.threads, running.gpus)
            if running.is_started:
                running.on_event(Progressed(running.step.key, 0, 0, "", f"lost, and tried again: {reason}"))

    def _started(self, running: _Running, device: str) -> None:
        if not running.is_started:
            running.is_started = True
            running.on_event(Started(running.step.key, device))

    def _end(self, running: _Running, result: Result) -> None:
        self._started(running, running.order.device)
        del self._running[running.step.key]
        running.on_event(Ended(running.step.key, result))


def _device(device: str) -> str:
    """Return what a step's device is called on a node, where Ray shows it the GPUs that it was given alone.

    >>> [_device(device) for device in ("cpu,cpu", "cuda:3", "cuda:2,cuda:3")]
    ['cpu,cpu', 'cuda', 'cuda:0,cuda:1']
    """
    number = gpus_of(device)
    if number > 1:
        return DEVICES.join(f"cuda:{place}" for place in range(number))
    return "cuda" if number else device
