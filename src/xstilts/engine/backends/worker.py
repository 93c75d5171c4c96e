"""The worker: one step as a process of its own, as `xstilts step` runs it for a runner or a person."""

from __future__ import annotations

import os
import shlex
import signal
import stat
import subprocess
import sys
from collections.abc import Mapping

from xstilts.core.environment import default_threads, whole_number
from xstilts.engine.backends.base import Ended
from xstilts.engine.backends.messages import Reporter, emit
from xstilts.engine.execute import Resources, Result, run_one
from xstilts.engine.step import Step
from xstilts.engine.store import Store

# What the parent chose for the child; a person may set them too.
DEVICE, THREADS, SUPERVISED = "XSTILTS_DEVICE", "XSTILTS_THREADS", "XSTILTS_SUPERVISED"
# A command line that is run once a step has stopped because it was asked to: a scheduler's requeueing.
ON_INTERRUPT = "XSTILTS_ON_INTERRUPT"
EXIT_CODES: Mapping[str, int] = {"done": 0, "reused": 0, "failed": 1, "busy": 75, "stale": 75, "interrupted": 130}


def serve(step: Step, store: Store) -> int:
    """Run `step`, write its events on standard output (see `messages`), and return the exit code.

    Takes over this process: SIGTERM, and SIGUSR1 as schedulers send it ahead of a time limit, interrupt the step like
    Ctrl-C, and what libraries print goes to standard error.
    Under a runner (`XSTILTS_SUPERVISED`) a step that another process holds is answered `busy`; otherwise it waits.
    """
    events = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    signal.signal(signal.SIGUSR1, lambda number, frame: signal.raise_signal(signal.SIGTERM))
    resources = Resources(
        progress=Reporter(events, step.key, is_file=stat.S_ISREG(os.fstat(events.fileno()).st_mode)),
        device=os.environ.get(DEVICE) or "cpu",
        threads=whole_number(THREADS) or default_threads(),
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


def _end_group() -> None:
    """Take the step's own worker processes along, where this process leads its group."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if os.getpgrp() == os.getpid():
        os.killpg(0, signal.SIGTERM)
