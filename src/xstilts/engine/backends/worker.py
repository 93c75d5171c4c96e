"""The worker: one step as a process of its own, as `xstilts step` runs it for a runner or a person."""

from __future__ import annotations

import os
import shlex
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from xstilts.core.environment import default_threads, whole_number
from xstilts.engine.backends.base import Ended
from xstilts.engine.backends.messages import Reporter, emit
from xstilts.engine.execute import DEVICES, Resources, Result, run_one
from xstilts.engine.step import Context, Step, Team
from xstilts.engine.store import Store

# What the parent chose for the child; a person may set them too.
DEVICE, THREADS, SUPERVISED = "XSTILTS_DEVICE", "XSTILTS_THREADS", "XSTILTS_SUPERVISED"
RANK, PORT = "XSTILTS_RANK", "XSTILTS_PORT"  # set by the first process of a team for the others
# A command line that is run once a step has stopped because it was asked to: a scheduler's requeueing.
ON_INTERRUPT = "XSTILTS_ON_INTERRUPT"
EXIT_CODES: Mapping[str, int] = {"done": 0, "reused": 0, "failed": 1, "busy": 75, "stale": 75, "interrupted": 130}


def serve(step: Step, store: Store) -> int:
    """Run `step`, write its events on standard output (see `messages`), and return the exit code.

    Takes over this process: SIGTERM, and SIGUSR1 as schedulers send it ahead of a time limit, interrupt the step like
    Ctrl-C, and what libraries print goes to standard error.
    Under a runner (`XSTILTS_SUPERVISED`) a step that another process holds is answered `busy`; otherwise it waits.
    A process of a team that is not its first (`XSTILTS_RANK`) works along and writes nothing.
    """
    team = _team()
    if team is not None and team.rank:
        return _work_along(step, store, team)
    events = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    signal.signal(signal.SIGUSR1, lambda number, frame: signal.raise_signal(signal.SIGTERM))
    resources = Resources(
        progress=Reporter(events, step.key, is_file=stat.S_ISREG(os.fstat(events.fileno()).st_mode)),
        device=_devices()[0],
        threads=whole_number(THREADS) or default_threads(),
        team=team,
    )
    try:
        result = run_one(step, store, resources, wait=SUPERVISED not in os.environ)
        emit(events, Ended(step.key, result))
    except KeyboardInterrupt:
        result = Result("interrupted")
        _end_group()
        if command := shlex.split(os.environ.get(ON_INTERRUPT, "")):
            subprocess.run(command, check=False)
    if result.status == "stale":
        sys.stderr.write(f"an input of {step.key} is not in the store, or not whole; run that first\n")
    elif result.error:
        sys.stderr.write(result.error + "\n")
    return EXIT_CODES[result.status]


def step_environment(device: str, threads: int) -> dict[str, str]:
    """Return the variables by which a runner tells a step's process what it may use."""
    variables = {DEVICE: device, THREADS: str(threads), SUPERVISED: "1"}
    return variables | dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "RAYON_NUM_THREADS"), str(threads))


def _devices() -> tuple[str, ...]:
    return tuple((os.environ.get(DEVICE) or "cpu").split(DEVICES))


def _team() -> Team | None:
    """Return the team that works on a step, where it has several devices."""
    devices = _devices()
    if len(devices) == 1:
        return None
    command = (sys.executable, *sys.orig_argv[1:])
    return Team(devices=devices, rank=whole_number(RANK) or 0, port=whole_number(PORT) or 0, command=command)


def _work_along(step: Step, store: Store, team: Team) -> int:
    """Do as the first process of the team says, which holds the step's lock, until it has ended."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGUSR1):  # it is for the first to stop, and then to say so
        signal.signal(number, signal.SIG_IGN)
    os.dup2(2, 1)
    with tempfile.TemporaryDirectory() as out:
        context = Context(
            out=Path(out),
            scratch=store.scratch(step),
            inputs={name: store.path(input_step) for name, input_step in step.inputs.items()},
            progress=_show_nothing,
            threads=whole_number(THREADS) or default_threads(),
            device=team.devices[team.rank],
            team=team,
        )
        step.call(step.settings, context)
    return 0


def _show_nothing(done: float, total: float, unit: str = "", text: str = "") -> None:
    pass


def _end_group() -> None:
    """Take the step's own worker processes along, where this process leads its group."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if os.getpgrp() == os.getpid():
        os.killpg(0, signal.SIGTERM)
