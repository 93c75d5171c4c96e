"""The seam between the runner and wherever steps are executed: this process, child processes, a cluster.

The runner decides which step is next; a backend owns the means (devices, threads, how many at once). It starts a step,
tells what it hears, and can be asked to stop. Every attempt ends in `attempt.run_one`, in whichever process.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from xstilts.engine.execute import Result
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


Report = Started | Progressed | Ended
Tell = Callable[[Report], None]


class Backend(Protocol):
    """Every launched step is told as `Started` and, exactly once, as `Ended`, during `launch` or a later `poll`."""

    def has_capacity(self, step: Step) -> bool:
        """Whether `step` could start now."""

    def launch(self, step: Step, store: Store, tell: Tell) -> None:
        """Starts an attempt at `step`. May return before it ends (a child process) or after (this process)."""

    def poll(self, seconds: float) -> None:
        """Tells what has happened since; waits at most about `seconds` when nothing has."""

    def cancel(self) -> None:
        """Asks everything that runs to stop and keep its scratch. Called from a signal handler, perhaps twice."""

    def kill(self) -> None:
        """Stops everything at once."""
