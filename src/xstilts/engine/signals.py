"""Signals that end a run: the first Ctrl-C or SIGTERM asks it to stop, the second one ends it at once."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import FrameType


@dataclass
class Interrupt:
    requested: bool = False


@contextlib.contextmanager
def interruptible(ask: Callable[[], None], insist: Callable[[], None]) -> Iterator[Interrupt]:
    """Call `ask` at the first signal and `insist` at every later one, inside the block. Outside the main thread,
    where Python delivers no signals, nothing is installed."""
    state = Interrupt()

    def handle(number: int, frame: FrameType | None) -> None:
        was_requested, state.requested = state.requested, True
        (insist if was_requested else ask)()

    if threading.current_thread() is not threading.main_thread():
        yield state
        return
    before = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield state
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
