"""Leases: what runs in progress need, so that nobody deletes it under them.

A run writes the keys of all its steps, and which process it is, to `locks/leases/<name>.json` and holds a lock on
`<name>.lock` beside it until it ends, however it ends; a lease that nobody holds is left over, and is removed by the
next run, or the next who deletes something. Beside it lies `<name>.progress`, by which others see how far the run is
(see `live`).
"""

from __future__ import annotations

import contextlib
import os
import socket
import uuid
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from xstilts.core.errors import StoreError
from xstilts.core.files import read_json, write_json
from xstilts.core.locks import is_held, locked

_GATE = "gate.lock"


@dataclass(frozen=True, kw_only=True)
class RunInProgress:
    """A run that is going on: its process, the machine that is on, since when (ISO 8601, UTC), and its steps' keys."""

    process: int
    host: str
    started: str
    keys: frozenset[str]

    @property
    def is_here(self) -> bool:
        return self.host == socket.gethostname()


@contextlib.contextmanager
def leased(root: Path, keys: Iterable[str]) -> Iterator[Path]:
    """Hold a lease on these steps inside the block; yields its file. Waits for a removal in progress."""
    lease = _folder(root) / f"{os.getpid()}-{uuid.uuid4().hex[:8]}.json"
    with contextlib.ExitStack() as stack:
        with no_new_runs(root):
            _remove_left_over(root)
            stack.enter_context(locked(lease.with_suffix(".lock")))
            started = datetime.now(UTC).isoformat(timespec="seconds")
            here = {"process": os.getpid(), "host": socket.gethostname(), "started": started}
            write_json(lease, {**here, "keys": sorted(keys)})
        try:
            yield lease
        finally:
            _remove(lease)


def no_new_runs(root: Path) -> AbstractContextManager[bool]:
    """Hold what a run needs for a moment to start."""
    return locked(_folder(root) / _GATE)


def leased_keys(root: Path) -> set[str]:
    """Return the keys that runs in progress need, and remove leases that are left over. For use in `no_new_runs`."""
    keys: set[str] = set()
    for lease in _remove_left_over(root):
        with contextlib.suppress(StoreError):  # it ended just now
            keys |= keys_in(read_json(lease))
    return keys


def _remove_left_over(root: Path) -> list[Path]:
    """Remove what runs that were killed left, at whatever moment; return the leases that are held."""
    held = []
    for lease in sorted({_lease_of(path) for path in _folder(root).iterdir() if path.name != _GATE}):
        with locked(lease.with_suffix(".lock"), wait=False) as is_free:
            if is_free:
                _remove(lease)
            else:
                held.append(lease)
    return held


def _lease_of(path: Path) -> Path:
    """Return the lease that a file belongs to: its lock, its progress, a draft of either (`.<name>.json.<...>.tmp`)."""
    return path.with_name(f"{path.name.removeprefix('.').partition('.')[0]}.json")


def held_leases(root: Path) -> list[Path]:
    """Return the leases of runs in progress, by name. Nothing is written or removed."""
    return [lease for lease in sorted(_folder(root).glob("*.json")) if is_held(lease.with_suffix(".lock"))]


def progress_file(lease: Path) -> Path:
    """Return where the run of a lease says how far it is."""
    return lease.with_suffix(".progress")


def runs_in_progress(root: Path) -> list[RunInProgress]:
    """Return the runs that are going on, the earliest first."""
    runs = []
    for lease in held_leases(root):
        with contextlib.suppress(StoreError):  # it ended just now
            match read_json(lease):
                case {"process": int(process), "host": str(host), "started": str(started)} as content:
                    runs.append(RunInProgress(process=process, host=host, started=started, keys=keys_in(content)))
    return sorted(runs, key=lambda run: run.started)


def keys_in(content: Any) -> frozenset[str]:
    """Return the keys of steps in what a lease says; one of an earlier version is a list of them."""
    keys = content.get("keys") if isinstance(content, dict) else content
    return frozenset(key for key in keys if isinstance(key, str)) if isinstance(keys, list) else frozenset()


def _folder(root: Path) -> Path:
    return root / "locks" / "leases"


def _remove(lease: Path) -> None:
    with contextlib.suppress(OSError):
        lease.unlink(missing_ok=True)
        progress_file(lease).unlink(missing_ok=True)
        for draft in lease.parent.glob(f".{lease.stem}.*"):
            draft.unlink(missing_ok=True)
        lease.with_suffix(".lock").unlink(missing_ok=True)
