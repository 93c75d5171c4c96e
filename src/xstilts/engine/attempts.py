"""Attempts at steps, as others see them: where one runs, since when, and how far it has come.

An attempt writes `work/<key>/attempt.json` when it begins, and anew now and then as it goes on. Whether it still runs
is not in it, for it may be killed: it does while somebody holds the step's lock.
"""

from __future__ import annotations

import contextlib
import json
import time
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from xstilts.core.errors import StoreError
from xstilts.core.files import read_json
from xstilts.engine.step import Progress

_NAME = "attempt.json"
_EVERY = 5.0  # seconds between two notes of the progress


@dataclass(frozen=True, kw_only=True)
class StepAttempt:
    """An attempt at a step.

    Attributes:
        started, reported: when it began, and when it said how far it is ("" while it has not), in ISO 8601 (UTC).
        done, total, unit, text: how far it was then, as of `step.Progress`.
    """

    host: str
    process: int
    device: str
    started: str
    reported: str = ""
    done: float = 0.0
    total: float = 0.0
    unit: str = ""
    text: str = ""


def recorded(attempt: StepAttempt, folder: Path, progress: Progress) -> Progress:
    """Write down an attempt in the step's work folder, and return a progress that writes down its progress too."""
    _write(folder, attempt)
    last = time.monotonic()

    def record(done: float, total: float, unit: str = "", text: str = "") -> None:
        nonlocal last
        now = time.monotonic()
        if now - last >= _EVERY:
            last = now
            reported = datetime.now(UTC).isoformat(timespec="seconds")
            _write(folder, replace(attempt, reported=reported, done=done, total=total, unit=unit, text=text))
        progress(done, total, unit, text)

    return record


def read_attempt(folder: Path) -> StepAttempt | None:
    """Return the last attempt of the step with this work folder; None where there is none that can be read."""
    try:
        content: Any = read_json(folder / _NAME)
        return StepAttempt(**content)
    except (StoreError, TypeError):
        return None


def _write(folder: Path, attempt: StepAttempt) -> None:
    """Write an attempt down for whoever looks; nobody waits until it is on the disk, and no step fails by it."""
    draft = folder / f".{_NAME}.tmp"
    with contextlib.suppress(OSError):
        draft.write_text(json.dumps(asdict(attempt)), "utf-8")
        draft.replace(folder / _NAME)
