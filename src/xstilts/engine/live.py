"""Live progress of a run: what it says of its steps in a small file, so that another process can follow it.

The file lies beside the lease of the run and goes with it:

    {"began": 1700000000.0, "failed": {KEY: error},
     "steps": {KEY: {"device", "began", "first_done", "first_told", "told", "done", "total", "unit", "text"}}}

Times are seconds since 1970 by the clock of the machine that runs; the steps are those that run.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from xstilts.core.errors import StoreError
from xstilts.core.files import read_json, write_json
from xstilts.engine.leases import held_leases, keys_in, progress_file
from xstilts.engine.listener import Listener
from xstilts.engine.step import Step

EVERY = 2.0  # seconds between two writes at least, failures aside


@dataclass(frozen=True, kw_only=True)
class LiveStep:
    """How far a step said it is: `done` of `total` `unit`s at the time `told`, `first_done` of them at `first_told`; a
    training that goes on from a snapshot has made some before. `told` is 0 where it has said nothing yet."""

    began: float
    device: str = ""
    first_done: float = 0.0
    first_told: float = 0.0
    told: float = 0.0
    done: float = 0.0
    total: float = 0.0
    unit: str = ""
    text: str = ""

    def seconds_left(self, now: float) -> float | None:
        """Return about how many seconds it still takes, by the pace since it first said something; None where that
        cannot be told."""
        made, spent = self.done - self.first_done, self.told - self.first_told
        if made <= 0 or spent <= 0 or self.done >= self.total:
            return None
        return max(0.0, (self.total - self.done) * spent / made - max(0.0, now - self.told))


@dataclass(frozen=True, kw_only=True)
class LiveRun:
    """A run in progress: its name, the keys of all that it may need, its running steps, and what failed in it."""

    name: str
    keys: frozenset[str]
    began: float | None = None
    steps: Mapping[str, LiveStep] = field(default_factory=dict)
    failed: Mapping[str, str] = field(default_factory=dict)


class ProgressFile:
    """A listener that writes down how far the running steps are, and passes everything on to the next listener.

    A disk that is full, or a folder that is gone, ends nothing but the writing."""

    def __init__(self, path: Path, listener: Listener) -> None:
        self._path, self._listener = path, listener
        self._began = time.time()
        self._written = float("-inf")
        self._steps: dict[str, LiveStep] = {}
        self._failed: dict[str, str] = {}

    def step_started(self, step: Step, device: str) -> None:
        self._steps[step.key] = LiveStep(began=time.time(), device=device)
        self._write()
        self._listener.step_started(step, device)

    def step_progress(self, step: Step, done: float, total: float, unit: str, text: str) -> None:
        now = time.time()
        if (known := self._steps.get(step.key)) is not None:
            if not known.told:
                known = replace(known, first_done=done, first_told=now)
            self._steps[step.key] = replace(known, told=now, done=done, total=total, unit=unit, text=text)
        self._write()
        self._listener.step_progress(step, done, total, unit, text)

    def step_finished(self, step: Step, seconds: float) -> None:
        self._ended(step)
        self._listener.step_finished(step, seconds)

    def step_failed(self, step: Step, error: str) -> None:
        self._failed[step.key] = error
        self._ended(step, at_once=True)
        self._listener.step_failed(step, error)

    def step_reused(self, count: int) -> None:
        self._listener.step_reused(count)

    def step_left(self, step: Step) -> None:
        self._ended(step)
        self._listener.step_left(step)

    def step_damaged(self, problem: str) -> None:
        self._listener.step_damaged(problem)

    def _ended(self, step: Step, at_once: bool = False) -> None:
        self._steps.pop(step.key, None)
        self._write(at_once)

    def _write(self, at_once: bool = False) -> None:
        now = time.monotonic()
        if not at_once and now - self._written < EVERY:
            return
        self._written = now
        steps = {key: asdict(step) for key, step in self._steps.items()}
        with contextlib.suppress(StoreError, ValueError):  # ValueError: a step that says it is nan of something
            write_json(self._path, {"began": self._began, "failed": self._failed, "steps": steps})


def live_runs(root: Path) -> list[LiveRun]:
    """Return the runs that have a lease in the store, with what they say. Nothing is written."""
    return [_read(lease) for lease in held_leases(root)]


def _read(lease: Path) -> LiveRun:
    content, said = _json(lease), _json(progress_file(lease))
    record = said if isinstance(said, dict) else {}
    began, steps, failed = record.get("began"), record.get("steps"), record.get("failed")
    return LiveRun(
        name=lease.stem,
        keys=keys_in(content),
        began=began if isinstance(began, float) else None,
        steps={key: step for key, one in _items(steps) if (step := _step(one)) is not None},
        failed={key: error for key, error in _items(failed) if isinstance(error, str)},
    )


def _json(path: Path) -> Any:
    try:
        return read_json(path)
    except StoreError:  # it ended just now, or has said nothing yet
        return None


def _items(value: Any) -> list[tuple[str, Any]]:
    return list(value.items()) if isinstance(value, dict) else []


def _step(value: Any) -> LiveStep | None:
    """Return what was written of a step; None for what another version may have written otherwise."""
    known = {one.name: one.type for one in fields(LiveStep)}
    if not isinstance(value, dict) or value.keys() != known.keys():
        return None
    is_sound = all(isinstance(value[name], str if kind == "str" else int | float) for name, kind in known.items())
    return LiveStep(**value) if is_sound else None
