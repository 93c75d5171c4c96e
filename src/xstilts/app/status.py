"""The status of a study: what is done, what runs where, what waits, what failed. Anybody who sees the store can ask."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from xstilts.engine.attempts import StepAttempt, read_attempt
from xstilts.engine.graph import steps_of
from xstilts.engine.leases import RunInProgress, runs_in_progress
from xstilts.engine.runner import plan
from xstilts.engine.slurm.job_folder import JobFolder
from xstilts.engine.slurm.programs import QueuedJob, SlurmError, queue
from xstilts.engine.step import Step
from xstilts.engine.store import Store
from xstilts.pipeline.options import Options
from xstilts.pipeline.session import Session, open_session
from xstilts.study.schema import Study

STATES = ("done", "running", "queued", "failed", "waiting")


@dataclass(frozen=True, kw_only=True)
class StepStatus:
    """How a step of a study stands.

    Attributes:
        state: one of `STATES`; "queued" is a job that Slurm has and has not begun.
        attempt: where it runs, since when and how far it is; of one that failed or was stopped, the last attempt.
        job: Slurm's name of its job, `reason`: why that waits.
        log: of a step that failed, what its last attempt wrote.
    """

    key: str
    name: str
    label: str
    arms: tuple[str, ...]
    state: str
    attempt: StepAttempt | None = None
    job: str = ""
    reason: str = ""
    log: str = ""


@dataclass(frozen=True, kw_only=True)
class StudyStatus:
    """How a study stands. `runs`: those of its steps that are going on; `problem`: why Slurm's jobs are not known, ""
    where they are."""

    study: str
    steps: tuple[StepStatus, ...]
    runs: tuple[RunInProgress, ...]
    problem: str = ""

    def of(self, state: str) -> list[StepStatus]:
        return [step for step in self.steps if step.state == state]

    @property
    def by_kind(self) -> dict[str, Counter[str]]:
        """How many steps of each kind are in each state."""
        return {
            name: Counter(step.state for step in self.steps if step.name == name)
            for name in dict.fromkeys(step.name for step in self.steps)
        }

    @property
    def by_arm(self) -> dict[str, Counter[str]]:
        """How many steps of each arm are in each state; a step that arms share counts in each of them."""
        return {
            arm: Counter(step.state for step in self.steps if arm in step.arms)
            for arm in dict.fromkeys(arm for step in self.steps for arm in step.arms)
        }

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain values: what `xstilts status --json` prints."""
        runs = [{"process": run.process, "host": run.host, "started": run.started} for run in self.runs]
        return {
            "study": self.study,
            "problem": self.problem,
            "runs": runs,
            "kinds": {name: dict(states) for name, states in self.by_kind.items()},
            "arms": {name: dict(states) for name, states in self.by_arm.items()},
            "steps": [asdict(step) for step in self.steps],
        }


def study_status(study: Study, options: Options) -> StudyStatus:
    """Return how a study stands by what is in the store, and by what Slurm says of its jobs there. Nothing is run or
    written. Steps that nothing needs any more are left out.

    Raises what opening a study raises."""
    session = open_session(study, options, planning=True)
    store, arms = session.store, _arms(session)
    steps = steps_of(session.goals)
    needed = {step.key for step in plan(session.goals, store, session.steps.weights.parts).to_run}
    jobs, problem = study_jobs(store, [step.key for step in steps])
    found = []
    for step in steps:
        about = StepStatus(
            key=step.key,
            name=step.name,
            label=step.label,
            arms=tuple(arm for arm, keys in arms.items() if step.key in keys),
            state="done",
        )
        if step.key in needed:
            found.append(_unfinished(about, step, store, jobs.get(step.key)))
        elif store.is_done(step):
            found.append(about)
    runs = study_runs(store, steps)
    return StudyStatus(study=session.study.name, steps=tuple(found), runs=runs, problem=problem)


def study_runs(store: Store, steps: tuple[Step, ...]) -> tuple[RunInProgress, ...]:
    """Return the runs in progress of any of these steps."""
    keys = {step.key for step in steps}
    return tuple(run for run in runs_in_progress(store.root) if run.keys & keys)


def study_jobs(store: Store, keys: list[str]) -> tuple[dict[str, QueuedJob], str]:
    """Return Slurm's jobs of these steps that have not ended, by key, and why they are not known, "" where they are."""
    recorded = {key: JobFolder(store.root, key).place() for key in keys}
    places = {key: place for key, place in recorded.items() if place is not None}
    if not places:
        return {}, ""
    try:
        listed = queue()
    except SlurmError as error:
        return {}, f"{error}; what its jobs do is not known"
    found = {key: listed[place] for key, place in places.items() if place in listed}
    return {key: job for key, job in found.items() if job.is_alive}, ""


def _arms(session: Session) -> Mapping[str, set[str]]:
    """Return the keys of the steps that each arm's scores depend on."""
    goals: dict[str, list[Step]] = {}
    for (arm, _, _), goal in session.steps.scores.items():
        goals.setdefault(arm, []).append(goal)
    return {arm: {step.key for step in steps_of(steps)} for arm, steps in goals.items()}


def _unfinished(about: StepStatus, step: Step, store: Store, job: QueuedJob | None) -> StepStatus:
    """Return the status of a step that is to be made."""
    folder = store.scratch(step).parent
    attempt, state, log = read_attempt(folder), "waiting", ""
    if attempt is not None and store.is_held(step.key):
        state = "running"
    elif job is not None:
        state, attempt = "queued" if job.is_waiting else "running", None
    elif (error := store.error_file(step)).is_file():
        state, log = "failed", error.read_text("utf-8", errors="replace").strip()
    if job is not None:
        about = replace(about, job=job.id, reason=job.reason)
    return replace(about, state=state, attempt=attempt, log=log)
