"""Events of a job: what its attempts report in a file, which others read while it is written.

Beside the lines of `backends/messages`, each attempt begins with one that the batch script writes, and one that was
asked to stop ends with one of `requeue`:

    {"began": {"node": "node1", "at": 1764529495}}
    {"interrupted": {"then": "requeued", "why": ""}}
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from xstilts.core.files import whole_lines
from xstilts.engine.backends.base import Ended, Progressed
from xstilts.engine.backends.messages import parse


@dataclass(frozen=True, slots=True)
class Began:
    """An attempt began on `node`; `at` is in seconds since 1970."""

    node: str
    at: int


@dataclass(frozen=True, slots=True)
class Interrupted:
    """An attempt was asked to stop, and has. `then`: "requeued", "cancelled", or "left": not begun again, `why`."""

    then: str
    why: str = ""


JobEvent = Began | Interrupted | Progressed | Ended


def interrupted_line(then: str, why: str = "") -> str:
    return json.dumps({"interrupted": {"then": then, "why": why}}) + "\n"


def parse_event(key: str, line: str) -> JobEvent | None:
    """Return the event in one line; None for what a library wrote.

    >>> parse_event("train-1", '{"began": {"node": "node1", "at": 7}}')
    Began(node='node1', at=7)
    """
    try:
        match json.loads(line):
            case {"began": {"node": str(node), "at": int(at)}}:
                return Began(node, at)
            case {"interrupted": {"then": str(then), "why": str(why)}}:
                return Interrupted(then, why)
    except (ValueError, RecursionError):
        return None
    return parse(key, line)


class EventsReader:
    """A reader of a file of events that remembers how far it has come."""

    def __init__(self, key: str, path: Path) -> None:
        self._key, self._path = key, path
        self._offset = 0

    def read(self) -> Iterator[JobEvent]:
        """Yield the events of the whole lines that were written since."""
        try:
            lines, self._offset = whole_lines(self._path, self._offset)
        except OSError:  # not there yet
            return
        for line in lines.decode("utf-8", "replace").split("\n"):
            if (event := parse_event(self._key, line)) is not None:
                yield event
