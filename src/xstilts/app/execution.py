"""Execution of steps for every command that runs some: a study's, a recipe's."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from xstilts.core.canonical import fingerprint
from xstilts.core.environment import default_threads
from xstilts.core.errors import StudyError
from xstilts.core.files import write_atomic
from xstilts.core.path_names import inside
from xstilts.engine.backends.base import Backend, MachineShare, StepCommand
from xstilts.engine.backends.catalog import make_backend
from xstilts.engine.backends.worker import DEVICE, serve
from xstilts.engine.execute import DEVICES
from xstilts.engine.graph import steps_of
from xstilts.engine.listener import Listener, Silent
from xstilts.engine.remote.cached_store import upload_rest
from xstilts.engine.step import Step
from xstilts.engine.store import Store
from xstilts.pipeline.options import Options, data_folders, device_teams, devices
from xstilts.pipeline.steps import STEP_KINDS
from xstilts.pretrain.steps import PRETRAIN_STEP_KINDS

if TYPE_CHECKING:
    from xstilts.train.job import Compute


class RunListener(Listener, Protocol):
    """A listener of a whole run: of its steps, of its plan, and of what is fetched for it."""

    def say(self, text: str) -> None: ...
    def run_planned(self, to_run: int, reused: int) -> None: ...


class Quiet(Silent):
    """A listener that shows nothing."""

    def say(self, text: str) -> None: ...
    def run_planned(self, to_run: int, reused: int) -> None: ...


class PassingOn:
    """A listener that passes on to another one all that it hears."""

    def __init__(self, listener: RunListener) -> None:
        self._listener = listener

    def say(self, text: str) -> None:
        self._listener.say(text)

    def run_planned(self, to_run: int, reused: int) -> None:
        self._listener.run_planned(to_run, reused)

    def step_started(self, step: Step, device: str) -> None:
        self._listener.step_started(step, device)

    def step_progress(self, step: Step, done: float, total: float, unit: str, text: str) -> None:
        self._listener.step_progress(step, done, total, unit, text)

    def step_finished(self, step: Step, seconds: float) -> None:
        self._listener.step_finished(step, seconds)

    def step_failed(self, step: Step, error: str) -> None:
        self._listener.step_failed(step, error)

    def step_reused(self, count: int) -> None:
        self._listener.step_reused(count)

    def step_left(self, step: Step) -> None:
        self._listener.step_left(step)

    def step_damaged(self, problem: str) -> None:
        self._listener.step_damaged(problem)


@contextmanager
def opened_backend(
    options: Options, prepare_command: Callable[[], StepCommand], say: Callable[[str], None]
) -> Iterator[Backend]:
    """Make the backend of `options` for a run, with its devices, jobs and threads, and close it at the end.

    Args:
        prepare_command: writes down what child processes need to build the same steps, and returns the command that
            runs one; called where steps run in processes of their own.

    Raises StudyError as `make_backend` does.
    """
    backend_name = options.backend or ("local" if options.data_parallel > 1 else None)
    if backend_name == "inline" and options.data_parallel > 1:
        raise StudyError("one process cannot be several.", where="--data-parallel", hint="Leave --backend out.")
    share = MachineShare(
        prepare_command=prepare_command,
        jobs=options.jobs,
        threads=options.threads,
        devices=device_teams(devices(options), options),
        folders=data_folders(options.data),
        kinds=[kind.name for kind in (*STEP_KINDS, *PRETRAIN_STEP_KINDS)],
        say=say,
    )
    with closing(make_backend(share, backend_name)) as backend:
        yield backend


def say_unsent(store: Store, say: Callable[[str], None]) -> None:
    """Upload what is done here and not in the object store that `store` caches, if it caches one, and say what could
    not be uploaded."""
    for text in upload_rest(store):
        say(f"warning: {text}")


def compute_here(options: Options) -> Compute:
    """Return the device and the threads of a prediction in this process. Raises StudyError for a device that is not
    here."""
    from xstilts.train.job import Compute

    return Compute(device=devices(options)[0], threads=options.threads or default_threads())


def child_command(verb: str, folder: Path, name: str, text: str, options: Options) -> StepCommand:
    """Write down a study or a recipe, `text`, in `folder`. Return the command by which a child process runs a step
    of it, `xstilts VERB FILE KEY`."""
    path = inside(folder, f"{name[:40].strip()}-{fingerprint(text)}.yaml")
    write_atomic(path, text)
    words = _command_options(options)
    return lambda step: [sys.executable, "-m", "xstilts", verb, str(path), step.key, *words]


def _command_options(options: Options) -> list[str]:
    """Return the options a child process needs on its command line to find the same files and tasks."""
    words = ["--store", str(options.store)]
    for folder in options.data:
        words += ["--data", str(folder)]
    for module in options.tasks:
        words += ["--tasks", module]
    return words


def serve_step(goals: Sequence[Step], key: str, store: Store, noun: str = "study", absent: Sequence[str] = ()) -> int:
    """Run one of the steps that `goals` depend on, whose inputs are done, in this process. Returns an exit code.

    `noun`: whose steps they are, for the error. `absent`: what steps need and is not on this machine, in sentences.
    Raises StudyError when there is no such step, or no such device."""
    steps = {step.key: step for step in steps_of(goals)}
    if key not in steps:
        hint = "Where a run asked for it, the files that it reads are others on the machine of that run."
        if absent:
            hint = f"On node '{socket.gethostname()}', not all that it reads is there: {' '.join(absent)}"
        raise StudyError(f"This {noun} has no step '{key}'.", value=key, allowed=() if absent else steps, hint=hint)
    try:
        for device in (os.environ.get(DEVICE) or "cpu").split(DEVICES):
            devices(Options(device=device))
    except StudyError as error:
        raise error.moved(DEVICE) from error
    return serve(steps[key], store)
