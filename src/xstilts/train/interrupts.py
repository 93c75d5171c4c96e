"""Interrupts while something is being trained: they wait for the end of an update, so that a snapshot can be taken."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import FrameType
from typing import Any

_STDERR = 2
_SAID = b"\nStopping after this update, with a snapshot. Once more stops at once.\n"


@dataclass
class Waiting:
    """The interrupt that waits, if any."""

    deliver: Callable[[], Any] | None = field(default=None)

    @property
    def requested(self) -> bool:
        return self.deliver is not None


@contextlib.contextmanager
def waiting_interrupts() -> Iterator[Waiting]:
    """Hold the first SIGINT or SIGTERM back inside the block; `deliver` passes it on to who would have had it, which
    raises KeyboardInterrupt. A second one is passed on at once. A signal that is ignored (of a job in the background)
    stays so; outside the main thread nothing is held back."""
    state = Waiting()
    if threading.current_thread() is not threading.main_thread():
        yield state
        return
    found = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    before: dict[int, Any] = {
        number: handler for number, handler in found.items() if handler not in (None, signal.SIG_IGN)
    }

    def handle(number: int, frame: FrameType | None) -> None:
        handler = before[number] if callable(before[number]) else signal.default_int_handler
        if state.requested:
            handler(number, frame)
            return
        state.deliver = lambda: handler(number, frame)
        with contextlib.suppress(OSError):
            if os.isatty(_STDERR):
                os.write(_STDERR, _SAID)

    for number in before:
        signal.signal(number, handle)
    try:
        yield state
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
