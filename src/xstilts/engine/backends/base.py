"""Base of all backends: what a runner asks of whatever executes its steps (this process, child processes, ...)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from xstilts.core.environment import default_threads
from xstilts.engine.execute import DEVICES, Result
from xstilts.engine.step import Step
from xstilts.engine.store import Store


@dataclass(frozen=True, slots=True)
class Started:
    key: str
    device: str


@dataclass(frozen=True, slots=True)
class Progressed:
    """`done` of `total` `unit`s, with a short live remark."""

    key: str
    done: float
    total: float
    unit: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Ended:
    key: str
    result: Result


OPTION = "--backend"  # what names a backend, for errors
StepEvent = Started | Progressed | Ended
OnEvent = Callable[[StepEvent], None]
StepCommand = Callable[[Step], list[str]]  # the command line that runs one step as a process of its own


def gpus_of(device: str) -> int:
    """Return how many GPUs a step's device is: of "cpu" none, of a team ("cuda:0,cuda:1") those of all its processes.

    >>> [gpus_of(device) for device in ("cpu,cpu", "cuda", "cuda:2,cuda:3")]
    [0, 1, 2]
    """
    return len(device.split(DEVICES)) if device.startswith("cuda") else 0


class Backend(Protocol):
    """Every launched step is reported as `Started` and, exactly once, as `Ended`, during `launch` or a later `poll`."""

    def has_capacity(self, step: Step) -> bool:
        """Say whether `step` could start now. It may depend on what runs and on `step.compute`, on nothing else."""

    def launch(self, step: Step, store: Store, on_event: OnEvent) -> None:
        """Start an attempt at `step`. May return before it ends (a child process) or after (this process)."""

    def poll(self, seconds: float) -> None:
        """Report what has happened since; wait at most about `seconds` when nothing has."""

    def is_underway(self, step: Step, store: Store) -> bool:
        """Say whether an attempt at `step` that an earlier run started may still be going on, and hold the step's lock;
        `launch` then takes it over. False where no attempt outlives its run."""

    def cancel(self) -> None:
        """Ask everything that runs to stop and keep its scratch. Called from a signal handler, perhaps twice."""

    def kill(self) -> None:
        """Stop everything at once."""

    def close(self) -> None:
        """Give back what is held between steps, when a run is over; nothing runs any more."""


@dataclass(frozen=True, kw_only=True)
class MachineShare:
    """The share of this machine that a run may use, from which a backend is made.

    Arguments
        jobs: steps at the same time.
        threads: compute threads of one step; None: `OMP_NUM_THREADS`, else all cores, shared by the jobs. Fixed for a
            run however many steps are running, as the number decides the last digits.
        devices: the devices that computing steps take, one each.
        folders: folders with data that steps read, beside the store.
        prepare_command: writes down what a process of its own needs, and returns the command of each step.
        kinds: the names that steps may have, for a backend that is told something of each.
        say: shows a line to who watches the run.
    """

    prepare_command: Callable[[], StepCommand]
    jobs: int = 1
    threads: int | None = None
    devices: Sequence[str] = ("cpu",)
    folders: Sequence[Path] = ()
    kinds: Collection[str] = ()
    say: Callable[[str], None] = lambda text: None

    @property
    def step_threads(self) -> int:
        return self.threads or default_threads(self.jobs)
