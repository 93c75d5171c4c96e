"""The programs of Slurm, called as they are: what is submitted, what runs, what is cancelled.

`sacct` is not among them: it answers only where a cluster keeps accounts. `squeue` still lists a job for a while after
its end (`MinJobAge`, five minutes).
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from xstilts.core.errors import StudyError
from xstilts.engine.backends.base import OPTION

PROGRAMS = ("sbatch", "squeue", "scancel", "sinfo")
PATIENCE = 120.0  # seconds that a program has to answer
_MOST_IDS = 500  # jobs named in one command
_FIELDS = ("%i", "%j", "%K", "%T", "%r")  # id, name, index, state, reason
# States of a job that has not ended; a job in any other will not run again by itself.
QUEUED = frozenset({"PENDING", "CONFIGURING", "REQUEUED", "REQUEUE_HOLD", "REQUEUE_FED", "SPECIAL_EXIT"})
GOING = frozenset({"RUNNING", "COMPLETING", "STAGE_OUT", "SUSPENDED", "STOPPED", "SIGNALING", "RESIZING"})

Place = tuple[str, int]  # the name of an array and the index of a task in it


class SlurmError(Exception):
    """A program of Slurm did not do as it was asked; the text is its own. `is_silent`: it may have done it."""

    def __init__(self, text: str, is_silent: bool = False) -> None:
        super().__init__(text)
        self.is_silent = is_silent


@dataclass(frozen=True, slots=True)
class QueuedJob:
    """A task of an array as `squeue` lists it. `reason`: why it waits, "" where nothing is said."""

    id: str
    state: str
    reason: str

    @property
    def is_waiting(self) -> bool:
        return self.state in QUEUED

    @property
    def is_alive(self) -> bool:
        return self.is_waiting or self.state in GOING


def check_programs() -> None:
    """Raises StudyError where Slurm is not installed."""
    for program in PROGRAMS:
        if shutil.which(program) is None:
            raise StudyError(
                f"there is no program '{program}' here.", where=OPTION, value="slurm", hint="Is this a login node?"
            )


def partitions() -> tuple[str, ...]:
    """Return the names of the cluster's partitions. Raises StudyError where Slurm does not answer."""
    try:
        return tuple(dict.fromkeys(_call("sinfo", "--noheader", "--format=%R").split()))
    except SlurmError as error:
        raise StudyError(f"Slurm does not say its partitions: {error}.", where=OPTION, value="slurm") from error


def submit(script: str, options: Sequence[str]) -> str:
    """Submit a batch script and return the job's id. Raises SlurmError."""
    return _call("sbatch", "--parsable", *options, text=script).strip().partition(";")[0]  # `id;cluster`


def queue() -> Mapping[Place, QueuedJob]:
    """Return the tasks of this user's arrays, those that ended of late too. Raises SlurmError."""
    form = f"--format={'|'.join(_FIELDS)}"
    return parse_queue(_call("squeue", f"--user={os.getuid()}", "--noheader", "--array", "--states=all", form))


def parse_queue(text: str) -> dict[Place, QueuedJob]:
    """Return what a listing says of tasks of arrays.

    >>> parse_queue("12_0|train-xstilts-1|0|RUNNING|None\\n13|other|N/A|PENDING|Priority\\n")
    {('train-xstilts-1', 0): QueuedJob(id='12_0', state='RUNNING', reason='')}
    """
    found = {}
    for line in text.splitlines():
        fields = line.split("|", len(_FIELDS) - 1)
        if len(fields) == len(_FIELDS) and fields[2].isdecimal():
            job, name, index, state, reason = fields
            found[name, int(index)] = QueuedJob(job, state, "" if reason == "None" else reason)
    return found


def cancel_queued(ids: Sequence[str]) -> None:
    """Cancel those of these jobs that have not begun. Raises SlurmError where Slurm does not answer."""
    _cancel(ids, "--state=PENDING")


def ask_to_stop(ids: Sequence[str]) -> None:
    """Send SIGTERM to the processes of jobs that run, without Slurm's own deadline of some seconds after it."""
    _cancel(ids, "--batch", "--signal=TERM")


def cancel(ids: Sequence[str]) -> None:
    """End jobs: Slurm sends SIGTERM, and SIGKILL `KillWait` seconds after it."""
    _cancel(ids)


def _cancel(ids: Sequence[str], *options: str) -> None:
    for first in range(0, len(ids), _MOST_IDS):
        try:
            _call("scancel", "--quiet", *options, *ids[first : first + _MOST_IDS])
        except SlurmError as error:
            if error.is_silent:
                raise  # else one of them has ended meanwhile


def _call(*words: str, text: str = "") -> str:
    """Return what a program writes. Its own session, so that Ctrl-C does not end it halfway."""
    try:
        done = subprocess.run(
            words, input=text, capture_output=True, text=True, errors="replace", timeout=PATIENCE,
            start_new_session=True,
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise SlurmError(f"{words[0]} did not answer within {PATIENCE:.0f} s", is_silent=True) from error
    except OSError as error:
        raise SlurmError(f"{words[0]} cannot be started ({error.strerror})", is_silent=True) from error
    if done.returncode:
        raise SlurmError(_own_words(words[0], done.stderr) or f"{words[0]} ended with exit code {done.returncode}")
    return done.stdout


def _own_words(program: str, text: str) -> str:
    r"""Return the last line of what a program said, without its name.

    >>> _own_words("sbatch", "sbatch: error: Batch job submission failed: Invalid qos specification\n")
    'Batch job submission failed: Invalid qos specification'
    """
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1].removeprefix(f"{program}: ").removeprefix("error: ").strip().rstrip(".") if lines else ""
