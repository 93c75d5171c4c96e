"""An attempt at a step on another machine: its process, what it tells while it runs, and how it is stopped.

A generator, for whatever carries its messages to the machine that the run was started on. It ends its process when it
is interrupted or closed.
"""

from __future__ import annotations

import os
import select
import socket
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from xstilts.engine.backends.base import Progressed
from xstilts.engine.backends.child import EXIT_POLL, Child, Unreported
from xstilts.engine.backends.worker import step_environment
from xstilts.engine.execute import Result

_TICK = 0.2  # seconds between two looks at whether the process has ended, and until an interrupt is noticed
_EVERY = 1.0  # seconds between two messages of progress: they come from many machines to one


@dataclass(frozen=True, kw_only=True)
class Order:
    """What is to be run. `python`: the interpreter there, in whose place the node's own is taken. `folder`: where
    relative paths begin. `variables`: of the environment, those that are the program's own."""

    key: str
    command: tuple[str, ...]
    python: str
    folder: str
    variables: Mapping[str, str]
    device: str
    threads: int


@dataclass(frozen=True, slots=True)
class Begun:
    """The attempt has a place: the name of the node."""

    node: str


Message = Begun | Progressed | Result | Unreported


def attempt(order: Order) -> Iterator[Message]:
    """Run a step's command on this machine. Yields `Begun`, its progress, and last how it ended."""
    yield Begun(socket.gethostname())
    command = [sys.executable if word == order.python else word for word in order.command]
    environment = {**os.environ, **order.variables, **step_environment(order.device, order.threads)}
    folder = order.folder if Path(order.folder).is_dir() else None
    try:
        child = Child(order.key, command, environment, folder)
    except OSError as error:
        yield Result("failed", error=f"the step's process cannot be started: {error}")
        return
    try:
        yield from _progress(child)
    except BaseException:
        _stop(child)
        raise
    yield child.bury()


def _progress(child: Child) -> Iterator[Progressed]:
    """Yield the latest that the process says of its progress, not too often, until it has ended."""
    latest: Progressed | None = None
    told = 0.0
    while not child.exited():
        if child.silent:
            time.sleep(EXIT_POLL)
        else:
            select.select([child.stdout], [], [], _TICK)
        latest = [latest, *child.read()][-1]
        if latest is not None and time.monotonic() - told >= _EVERY:
            yield latest
            latest, told = None, time.monotonic()
    latest = [latest, *child.read()][-1]
    if latest is not None:
        yield latest


def _stop(child: Child) -> None:
    """Ask the process to stop and wait for it; a further interrupt ends it at once."""
    child.stop()
    try:
        _wait(child)
    except KeyboardInterrupt:
        child.kill()
        _wait(child)
    child.bury()


def _wait(child: Child) -> None:
    while not child.exited():
        child.read()  # a full pipe would hold it
        time.sleep(EXIT_POLL)
