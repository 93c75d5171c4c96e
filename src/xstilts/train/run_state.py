"""What a run writes down: a log line an update, counters that survive a kill, and a summary at the end."""

from __future__ import annotations

import json
import math
import os
import platform
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from xstilts.core.io_errors import writing
from xstilts.core.versions import library_versions


@dataclass(kw_only=True)
class RunState:
    """Where a run stands; a snapshot holds all of it. Costs count every attempt."""

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


@dataclass(frozen=True, kw_only=True)
class Summary:
    """What `summary.json` holds. Scores in percent, memory in bytes.

    state: "ok", "diverged" (a loss or gradient that is no number) or "at chance" (the dev interval of every task that
    steers reaches the floor).
    dev: for each task that steers, its score at the best update, the 95 % interval and the floor.
    """

    state: str
    seed: int  # the seed of the attempt that counts
    best_update: int | None
    best_score: float | None
    floor: float | None  # mean over the tasks that steer
    interval: list[float | None] | None  # where one task steers
    dev: dict[str, dict[str, Any]]
    curve: list[list[float]]
    updates: int  # done; fewer than planned where patience ended the run
    planned_updates: int
    rows: int
    parts: list[dict[str, Any]]
    heads: dict[str, dict[str, Any]]
    restarts: int
    tries: list[dict[str, Any]]
    tokens: int
    seconds: float
    tokens_per_second: float
    peak_memory: int
    precision: str
    forward_tokens: int
    machine: dict[str, Any]
    notes: list[str]
    trained_parameters: int
    stored_bytes: int  # of the weight files


class Log:
    """JSON lines, appended to. `size` bytes are kept of what is there: the rest was written after the last snapshot."""

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

    def settle(self) -> int:
        """Hands everything to the disk; the size in bytes."""
        with writing(self.path):
            self._file.flush()
            os.fsync(self._file.fileno())
        return self._file.tell()

    def close(self) -> None:
        self._file.close()


def machine(device: str, threads: int) -> dict[str, Any]:
    """All that the last digits of a CPU run depend on."""
    processor = f"{platform.machine()} {torch.backends.cpu.get_cpu_capability()}"
    return {"device": device, "threads": threads, "processor": processor, "versions": library_versions()}


def differences(before: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    """What changed between two machines, in words; empty when nothing did.

    >>> differences({"threads": 1, "versions": {"torch": "2"}}, {"threads": 2, "versions": {"torch": "2"}})
    'threads 1 to 2'
    """
    old, new = ({**m, **m.get("versions", {})} for m in (before, now))
    names = [name for name in new if name != "versions" and old.get(name) != new[name]]
    return ", ".join(f"{name} {old.get(name)} to {new[name]}" for name in names)


def plain(value: Any) -> Any:
    """JSON has no nan and no infinity: they become null."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list | tuple) else value
