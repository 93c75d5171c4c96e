"""Requeue a job whose step was asked to stop: `python -m xstilts.engine.slurm.requeue FOLDER TIMES`, called by the
step's own process when it has written its snapshot.

Slurm starts a job again that is requeued while it is being cancelled, so only one that runs is.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from xstilts.engine.slurm.job_events import Began, EventsReader, interrupted_line

_PATIENCE = 20.0  # seconds that a program of Slurm has; after SIGTERM the job itself has about thirty


def main(folder: Path, times: int) -> int:
    """Requeue this job, unless it is cancelled, is ending by itself, or has begun more than `times` times already."""
    with (folder / "events.jsonl").open("a", encoding="utf-8") as file:
        file.write(_requeue(folder, times))
    return 0


def _requeue(folder: Path, times: int) -> str:
    # Not SLURM_JOB_ID: of an array's last task that is the name of the whole array.
    job = f"{os.environ['SLURM_ARRAY_JOB_ID']}_{os.environ['SLURM_ARRAY_TASK_ID']}"
    if (folder / "cancelled").exists():
        return interrupted_line("cancelled")
    attempts = sum(isinstance(event, Began) for event in EventsReader(folder.name, folder / "events.jsonl").read())
    if attempts > times:
        return interrupted_line("left", too_often("was asked to stop", attempts, times))
    try:
        state = _answer("squeue", "--noheader", f"--jobs={job}", "--format=%T")
        if state != "RUNNING":
            return interrupted_line("left")
        _answer("scontrol", "requeue", job)
    except (OSError, subprocess.SubprocessError):
        return interrupted_line("left")
    return interrupted_line("requeued")


def too_often(stopped: str, attempts: int, times: int) -> str:
    return f"{stopped}; it has been begun {attempts}×, as often as `requeues: {times}` allows"


def _answer(*words: str) -> str:
    done = subprocess.run(words, capture_output=True, text=True, timeout=_PATIENCE, check=True)
    return done.stdout.strip()


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), int(sys.argv[2])))
