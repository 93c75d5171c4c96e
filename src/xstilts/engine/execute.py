"""Execute one step once: take its lock, look again, run, commit. Every backend ends here, in whichever process."""

from __future__ import annotations

import contextlib
import os
import platform
import socket
import time
import traceback
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, Literal

from xstilts.core.canonical import canonical
from xstilts.core.errors import XstiltsError
from xstilts.core.files import write_json
from xstilts.core.io_errors import writing
from xstilts.core.system_files import CPU_INFO, system_field
from xstilts.core.versions import library_versions
from xstilts.engine.artefact import sealed
from xstilts.engine.attempts import StepAttempt, recorded
from xstilts.engine.checksums import checksums
from xstilts.engine.energy import measured
from xstilts.engine.step import Context, Progress, Step, Team
from xstilts.engine.store import Store, remove, size

DEVICES = ","  # between the devices of a step that several processes work on
Status = Literal["done", "reused", "failed", "busy", "stale", "interrupted"]


@dataclass(frozen=True, slots=True)
class Result:
    """The end of an attempt. `busy`: another process holds the step or rebuilds an input; `stale`: an input is not
    there or not whole any more. Both mean: look at the store again; `error` then names a damaged input. `interrupted`:
    the user or the parent stopped it. `error` is text for the user."""

    status: Status
    seconds: float = 0.0
    error: str = ""


@dataclass(frozen=True, kw_only=True)
class Resources:
    """The device, threads and progress display that an attempt may use."""

    progress: Progress
    device: str = "cpu"
    threads: int = 1
    team: Team | None = None


def run_one(step: Step, store: Store, resources: Resources, *, wait: bool = False) -> Result:
    """Run `step` unless it is done and whole. Its inputs must be in the store.

    Without `wait` it returns `busy` instead of waiting for another process. Failures are returned, not raised: an
    XstiltsError by its own text, anything else by a line, with the traceback in `work/<key>/error.txt`. An interrupt
    (KeyboardInterrupt) passes through; the step's scratch stays for the next attempt.
    """
    started = time.monotonic()
    try:
        with store.lock(step.key, wait=wait) as is_held:
            if not is_held:
                return Result("busy")
            if store.is_whole(step) or store.install(step):
                return Result("reused")
            with _reading(step, store, wait) as free:
                if not free:
                    return Result("busy")
                if any(not store.is_whole(input_step, step.needs) for input_step in step.inputs.values()):
                    return Result("stale")
                damaged = _damaged_inputs(step, store)
                if not damaged:
                    return _attempt(step, store, resources)
            return _discard(damaged, store)
    except (XstiltsError, OSError) as error:
        return Result("failed", time.monotonic() - started, str(error))


@contextlib.contextmanager
def _reading(step: Step, store: Store, wait: bool) -> Iterator[bool]:
    """Hold the inputs' locks, shared, so that nobody trims or rebuilds what is being read."""
    with contextlib.ExitStack() as stack:
        keys = sorted({input_step.key for input_step in step.inputs.values()})
        yield all(stack.enter_context(store.lock(key, shared=True, wait=wait)) for key in keys)


def _damaged_inputs(step: Step, store: Store) -> dict[Step, str]:
    """Compare what `step` will read with its checksums; return inputs that differ, with what is wrong."""
    damages = {each: store.damage(each, step.needs) for each in step.inputs.values()}
    return {input_step: text for input_step, text in damages.items() if text}


def _discard(damaged: Mapping[Step, str], store: Store) -> Result:
    """Take damaged inputs out of the store; `busy` where somebody else holds one."""
    is_gone = [store.discard(input_step) for input_step in damaged]
    return Result("stale" if all(is_gone) else "busy", error="; ".join(damaged.values()))


def _attempt(step: Step, store: Store, resources: Resources) -> Result:
    out, scratch = store.begin(step)
    began, started = datetime.now(UTC), time.monotonic()
    attempt = StepAttempt(
        host=socket.gethostname(),
        process=os.getpid(),
        device=resources.device,
        started=began.isoformat(timespec="seconds"),
    )
    context = Context(
        out=out,
        scratch=scratch,
        inputs={name: store.path(input_step) for name, input_step in step.inputs.items()},
        progress=recorded(attempt, scratch.parent, resources.progress),
        threads=resources.threads,
        device=resources.device,
        team=resources.team,
    )
    try:
        with writing(out):
            with measured(resources.team.devices if resources.team else (resources.device,)) as energy:
                step.call(step.settings, context)
            seconds = time.monotonic() - started
            _seal(step, out, {**_record(step, resources, began, seconds), **energy.record})
    except Exception as error:  # noqa: BLE001 - a step may raise anything; the run goes on without it
        remove(out)
        details = store.write_error(step, traceback.format_exc())
        return Result("failed", time.monotonic() - started, _explain(error, details))
    except BaseException:
        remove(out)
        raise
    store.install(step)  # should this fail, the sealed artefact waits in `out` for the next attempt
    return Result("done", seconds)


def _explain(error: Exception, details: Path) -> str:
    if isinstance(error, XstiltsError):
        return str(error)
    message = " ".join(str(error).split())[:500]
    return f"{type(error).__name__}: {message} (traceback in {details})"


def _record(step: Step, resources: Resources, began: datetime, seconds: float) -> dict[str, Any]:
    return {
        "key": step.key,
        "name": step.name,
        "version": step.version,
        "label": step.label,
        "about": dict(step.about),
        "settings": canonical(step.settings),
        "inputs": {name: input_step.key for name, input_step in step.inputs.items()},
        "started": began.isoformat(timespec="seconds"),
        "seconds": round(seconds, 3),
        "threads": resources.threads,
        "device": DEVICES.join(resources.team.devices) if resources.team else resources.device,
        "versions": library_versions(),
        "machine": {"system": platform.system(), "processor": _processor()},
    }


def _seal(step: Step, out: Path, record: dict[str, Any]) -> None:
    """Bring what the step wrote to the disk, and then write the done-marker with its checksums, the last file."""
    for path in out.rglob("*"):
        if path.is_file():
            handle = os.open(path, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)
    write_json(out / "done.json", sealed({**record, "bytes": size(out), "files": checksums(out)}))


@cache
def _processor() -> str:
    return system_field(CPU_INFO, "model name") or platform.processor() or platform.machine()
