"""Messages by which a child process reports its progress: one JSON object a line on its standard output.

    {"progress": [120, 400, "updates", "loss 1.31"]}
    {"ended": {"status": "done", "seconds": 12.5, "error": ""}}

Other lines (a library that prints) are no events and are passed over.
"""

from __future__ import annotations

import json
import math
import time
from dataclasses import asdict
from typing import TextIO

from xstilts.engine.backends.base import Ended, Progressed
from xstilts.engine.execute import Result

_EVERY, _EVERY_IN_FILE = 0.2, 2.0  # seconds between two progress lines to a reader, and in a file that grows


def emit(stream: TextIO, event: Progressed | Ended) -> None:
    """Write one event. When nobody reads any more (the parent is gone) it raises KeyboardInterrupt: stop, like it."""
    if isinstance(event, Progressed):
        line = json.dumps({"progress": [event.done, event.total, event.unit, event.text]})
    else:
        line = json.dumps({"ended": asdict(event.result)})
    try:
        stream.write(line + "\n")
        stream.flush()
    except BrokenPipeError:
        raise KeyboardInterrupt from None


def parse(key: str, line: str) -> Progressed | Ended | None:
    """Return the event of the step `key` in one line, or None.

    >>> parse("train-1", '{"progress": [1, 2, "updates", ""]}')
    Progressed(key='train-1', done=1, total=2, unit='updates', text='')
    """
    try:
        match json.loads(line):
            case {"progress": [float() | int() as done, float() | int() as total, str(unit), str(text)]}:
                return Progressed(key, done, total, unit, text)
            case {"ended": {"status": str(), "seconds": float() | int(), "error": str()} as result}:
                return Ended(key, Result(**result))
    except (ValueError, TypeError):
        pass
    return None


class Reporter:
    """A `step.Progress` that emits, but not oftener than a display can use."""

    def __init__(self, stream: TextIO, key: str, *, is_file: bool = False) -> None:
        self._stream, self._key, self._last = stream, key, -math.inf
        self._every = _EVERY_IN_FILE if is_file else _EVERY

    def __call__(self, done: float, total: float, unit: str = "", text: str = "") -> None:
        now = time.monotonic()
        if done >= total or now - self._last >= self._every:
            self._last = now
            emit(self._stream, Progressed(self._key, done, total, unit, text))
