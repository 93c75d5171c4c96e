"""Run state: counters of a run that survive a kill, its log, and the machine that it ran on."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from xstilts.core.io_errors import writing
from xstilts.core.versions import library_versions
from xstilts.train.summary import plain


@dataclass(kw_only=True)
class RunState:
    """Counters of a run; a snapshot holds all of them. Costs count every attempt."""

    forward_tokens: int
    machine: dict[str, Any]
    attempt: int = 0
    update: int = 0  # updates done in this attempt
    tokens: int = 0
    seconds: float = 0.0
    log_bytes: int = 0
    stale: int = 0  # evaluations since the best one
    best: dict[str, Any] | None = None  # update, score, file, dev: {task: DevScore as a dict}
    curve: list[list[float]] = field(default_factory=list)  # [update, score]
    turns: dict[str, int] = field(default_factory=dict)  # updates of each part in this attempt
    tries: list[dict[str, Any]] = field(default_factory=list)  # attempts that were given up
    notes: list[str] = field(default_factory=list)


class Log:
    """JSON lines, appended to; others may read each at once. The first `size` bytes of the file stay: the others were
    written after the last snapshot."""

    def __init__(self, path: Path, size: int = 0) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        self.path = path
        self._file = path.open("r+b")  # open as long as the run
        self._file.truncate(size)
        self._file.seek(size)

    def write(self, record: Mapping[str, Any]) -> None:
        line = json.dumps({key: plain(value) for key, value in record.items()}, ensure_ascii=False)
        with writing(self.path):
            self._file.write(line.encode() + b"\n")
            self._file.flush()  # `xstilts watch` draws the curve while the run goes on

    def flush(self) -> int:
        """Write everything to the disk. Returns the size in bytes."""
        with writing(self.path):
            self._file.flush()
            os.fsync(self._file.fileno())
        return self._file.tell()

    def close(self) -> None:
        self._file.close()


def machine(device: str, threads: int, ranks: int = 1) -> dict[str, Any]:
    """Return all that the last digits of a CPU run depend on, and of several ranks the dropout masks as well."""
    processor = f"{platform.machine()} {torch.backends.cpu.get_cpu_capability()}"
    processes = {"ranks": ranks} if ranks > 1 else {}
    return {"device": device, "threads": threads, **processes, "processor": processor, "versions": library_versions()}


def differences(before: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    """Say what changed between two machines; empty when nothing did.

    >>> differences({"threads": 1, "versions": {"torch": "2"}}, {"threads": 2, "versions": {"torch": "2"}})
    'threads 1 to 2'
    """
    old, new = ({**m, **m.get("versions", {})} for m in (before, now))
    names = [name for name in {**new, **old} if name != "versions" and old.get(name) != new.get(name)]
    return ", ".join(f"{name} {old.get(name)} to {new.get(name)}" for name in names)
