"""Cancel the runs of a study that are going on: ask processes here, and Slurm's jobs, to stop. What is done stays."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from xstilts.app.status import study_jobs, study_runs
from xstilts.engine.graph import steps_of
from xstilts.engine.leases import RunInProgress
from xstilts.engine.slurm.job_folder import JobFolder
from xstilts.engine.slurm.programs import QueuedJob, SlurmError, ask_to_stop, cancel_queued
from xstilts.engine.store import Store
from xstilts.pipeline.options import Options
from xstilts.pipeline.session import open_session
from xstilts.study.schema import Study


@dataclass(frozen=True, kw_only=True)
class Cancelled:
    """What was asked to stop.

    Attributes:
        asked: runs on this machine, which stop their steps themselves, Slurm's jobs too.
        elsewhere: runs on other machines, which cannot be asked from here.
        jobs: Slurm's jobs that no run here follows: "queued" ones are cancelled, others write their snapshot and end.
        problems: what could not be asked, and why.
    """

    asked: tuple[RunInProgress, ...]
    elsewhere: tuple[RunInProgress, ...]
    jobs: tuple[QueuedJob, ...]
    problems: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain values: what `xstilts cancel --json` prints."""
        return {
            "asked": [{"process": run.process, "host": run.host} for run in self.asked],
            "elsewhere": [{"process": run.process, "host": run.host} for run in self.elsewhere],
            "jobs": [{"job": job.id, "state": job.state} for job in self.jobs],
            "problems": list(self.problems),
        }


def cancel_study(study: Study, options: Options) -> Cancelled:
    """Ask whatever makes steps of a study to stop, and return what was asked. Does not wait until it has.

    Raises what opening a study raises."""
    session = open_session(study, options, planning=True)
    store, steps = session.store, steps_of(session.goals)
    runs = study_runs(store, steps)
    asked, problems = _ask(run for run in runs if run.is_here)
    followed = {key for run in asked for key in run.keys}
    jobs, problem = study_jobs(store, [step.key for step in steps if step.key not in followed])
    found = [*problems, *([problem] if problem else []), *_cancel_jobs(store, jobs)]
    return Cancelled(
        asked=asked,
        elsewhere=tuple(run for run in runs if not run.is_here),
        jobs=tuple(jobs.values()),
        problems=tuple(found),
    )


def _ask(runs: Iterable[RunInProgress]) -> tuple[tuple[RunInProgress, ...], list[str]]:
    """Send SIGTERM to runs on this machine, which stop as by Ctrl-C; return those that got it, and what went wrong."""
    asked, problems = list[RunInProgress](), list[str]()
    for run in runs:
        try:
            os.kill(run.process, signal.SIGTERM)
        except OSError as error:
            problems.append(f"process {run.process} could not be asked ({error.strerror})")
        else:
            asked.append(run)
    return tuple(asked), problems


def _cancel_jobs(store: Store, jobs: dict[str, QueuedJob]) -> list[str]:
    """Cancel Slurm's jobs, which are marked first so that none requeues itself."""
    for key in jobs:
        JobFolder(store.root, key).mark_cancelled()
    try:
        if waiting := [job.id for job in jobs.values() if job.is_waiting]:
            cancel_queued(waiting)
        if running := [job.id for job in jobs.values() if not job.is_waiting]:
            ask_to_stop(running)
    except SlurmError as error:
        return [f"jobs may go on: {error}"]
    return []
