"""The folder of a step's job in the store: which task of which array it is, what it reports, and marks for it.

    jobs/<key>/job.json       {"array", "task", "submitted"}, written before `sbatch` is called: a run that is killed
                              between the two finds its job by these
    jobs/<key>/events.jsonl   standard output of the job, every attempt behind the one before (see `job_events`)
    jobs/<key>/output.txt     its standard error
    jobs/<key>/cancelled      there where the job is to stop and not to begin again

It is gone when the step has ended. Who submits or takes over a job holds `locks/jobs.lock`.
"""

from __future__ import annotations

import contextlib
import shutil
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path

from xstilts.core.errors import StoreError
from xstilts.core.files import read_json, write_json
from xstilts.core.locks import locked
from xstilts.engine.slurm.programs import Place

FOLDER = "jobs"


class JobFolder:
    """The folder of the job of the step `key` in the store at `root`."""

    def __init__(self, root: Path, key: str) -> None:
        self.key, self.path = key, root / FOLDER / key

    @property
    def events(self) -> Path:
        return self.path / "events.jsonl"

    @property
    def output(self) -> Path:
        return self.path / "output.txt"

    @property
    def is_there(self) -> bool:
        return (self.path / "job.json").exists()

    @property
    def is_cancelled(self) -> bool:
        return (self.path / "cancelled").exists()

    def record(self, place: Place) -> None:
        """Write down which task the job is. Raises StoreError."""
        submitted = datetime.now(UTC).isoformat(timespec="seconds")
        write_json(self.path / "job.json", {"array": place[0], "task": place[1], "submitted": submitted})

    def place(self) -> Place | None:
        """Return which task the job is; None where there is no record of one."""
        try:
            match read_json(self.path / "job.json"):
                case {"array": str(array), "task": int(task)}:
                    return array, task
        except StoreError:
            pass
        return None

    def mark_cancelled(self) -> None:
        with contextlib.suppress(OSError):  # gone meanwhile
            (self.path / "cancelled").touch()

    def last_output(self, most: int = 65536) -> str:
        """Return the end of what it wrote on standard error."""
        try:
            with self.output.open("rb") as file:
                file.seek(0, 2)
                file.seek(max(0, file.tell() - most))
                return file.read().decode("utf-8", "replace").strip()
        except OSError:
            return ""

    def remove(self) -> None:
        shutil.rmtree(self.path, ignore_errors=True)


def submitting(root: Path) -> AbstractContextManager[bool]:
    """Hold what one needs to submit jobs of a store, or to take them over."""
    return locked(root / "locks" / "jobs.lock")


def folders_of_done(root: Path) -> list[JobFolder]:
    """Return the folders of jobs whose steps are in the store: none followed them to their end, or they are made again
    for a part of theirs."""
    try:
        keys = sorted(path.name for path in (root / FOLDER).iterdir())
    except OSError:
        return []
    return [JobFolder(root, key) for key in keys if (root / "steps" / key / "done.json").exists()]
