"""The state of a study as its store tells it: which cells are done, what runs, what failed. Read, never written."""

from __future__ import annotations

import contextlib
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from statistics import fmean
from typing import Any

from xstilts.app.run import report_folder
from xstilts.app.watch.live_curves import LiveCurves
from xstilts.core.errors import XstiltsError
from xstilts.engine.graph import blocked, steps_of
from xstilts.engine.live import LiveRun, LiveStep, live_runs
from xstilts.engine.step import Step
from xstilts.pipeline.options import Options
from xstilts.pipeline.results import training_language
from xstilts.pipeline.session import Session, open_session
from xstilts.report.scores.score_files import read_scores
from xstilts.report.scores.scoreboard import mean_over_seeds
from xstilts.report.scores.trainings import Points
from xstilts.study.schema import Study

DONE, RUNNING, FAILED, HELD_UP = "done", "running", "failed", "held up"
WAITING, NOT_RUN, MISSING = "waiting", "not run", "missing"
LAST_LINES = 15  # of what a failed attempt wrote


@dataclass(frozen=True, kw_only=True)
class SeedState:
    """One seed of a cell. steps_left: steps that are still to be made for its scores; score: the mean over its
    zero-shot languages, in percent (over all where there are no others), None while there is none; languages: how many
    that mean is over. It has failed where a step failed, or waits for one that did."""

    seed: int
    state: str  # "done", "running", "failed", "waiting" (a run in progress will come to it), "not run", "missing"
    steps: int
    steps_left: int
    score: float | None = None
    languages: int = 0
    reason: str = ""  # of a missing one


@dataclass(frozen=True, kw_only=True)
class CellState:
    """An arm on a target. mean: over the seeds that have a score, of the languages that all of these have."""

    arm: str
    target: str
    seeds: tuple[SeedState, ...]
    mean: float | None

    @property
    def scored(self) -> int:
        """How many seeds have a score."""
        return sum(one.score is not None for one in self.seeds)


@dataclass(frozen=True, kw_only=True)
class RunningStep:
    """A step that runs. Times in seconds; None where nothing tells: a step that another program started, or one that
    has said nothing yet."""

    key: str
    name: str
    label: str
    device: str
    seconds: float | None
    seconds_left: float | None
    done: float | None
    total: float | None
    unit: str
    text: str
    loss: Points = ()  # (update, loss), as far as they are on the disk
    dev_scores: Points = ()


@dataclass(frozen=True, kw_only=True)
class FailedStep:
    """A step whose last attempt failed. tail: the last lines of what it wrote; held_up: steps that wait for it."""

    key: str
    label: str
    error: str
    tail: str
    held_up: int


@dataclass(frozen=True, kw_only=True)
class StudyState:
    """A study at one moment. steps: how many of the steps that it has and asks for, or still needs, are in which state;
    report_seconds: how long ago its report was written, None where there is none."""

    name: str
    question: str
    arms: tuple[str, ...]
    targets: tuple[str, ...]
    seeds: tuple[int, ...]
    cells: tuple[CellState, ...]
    running: tuple[RunningStep, ...]
    failed: tuple[FailedStep, ...]
    steps: Mapping[str, int]
    runs: int  # runs in progress that need steps of this study
    run_seconds: float | None  # since the first of them began
    report_seconds: float | None

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain values: what `xstilts watch --json` prints."""
        return asdict(self)


class WatchedStudy:
    """A study that is looked at again and again."""

    def __init__(self, study: Study, options: Options, scale: str = "") -> None:
        """Raises what opening a study raises."""
        self._study, self._options, self._scale = study, options, scale
        self._session = open_session(study, options, planning=True)
        self._stamps: dict[str, tuple[int, int]] = {}  # of the done-markers of steps that are done
        self._known_runs: set[str] = set()
        self._curves = LiveCurves()

    @property
    def report_page(self) -> Path:
        """The page of the study's report in the store, whether it is there yet or not."""
        return report_folder(self._study, self._options, self._scale, None) / "index.html"

    def state(self) -> StudyState:
        """Look at the store. Raises StoreError where it cannot be read."""
        runs = live_runs(self._session.store.root)
        self._open_again(runs)
        return _Look(self._session, runs, self._stamps, self._curves).state(self.report_page)

    def _open_again(self, runs: Sequence[LiveRun]) -> None:
        """Look the study up again where a run began that knows none of its steps: files that were fetched since have
        other identities than their published sizes stood for."""
        strangers = [run for run in runs if run.name not in self._known_runs]
        self._known_runs |= {run.name for run in strangers}
        keys = {step.key for step in steps_of(self._session.goals)}
        if any(keys.isdisjoint(run.keys) for run in strangers):
            with contextlib.suppress(XstiltsError):  # the run says what is wrong with its study
                self._session = open_session(self._study, self._options, planning=True)


class _Look:
    """One look at the store."""

    def __init__(
        self, session: Session, runs: Sequence[LiveRun], stamps: dict[str, tuple[int, int]], curves: LiveCurves
    ) -> None:
        self.session, self.store, self.stamps, self.curves = session, session.store, stamps, curves
        self.now = time.time()
        keys = {step.key for step in steps_of(session.goals)}
        self.runs = [run for run in runs if not keys.isdisjoint(run.keys)]
        self.live: dict[str, LiveStep] = {key: step for run in self.runs for key, step in run.steps.items()}
        self.begun = {path.name for path in (self.store.root / "work").glob("*")}
        self._states: dict[str, str] = {}

    def state(self, page: Path) -> StudyState:
        study, needed = self.session.study, self._needed
        cells = tuple(self._cell(arm, target) for arm in study.arms for target in study.targets)
        counts = Counter(HELD_UP if step.key in self._held_up else self._states[step.key] for step in needed)
        return StudyState(
            name=study.name,
            question=study.question,
            arms=tuple(study.arms),
            targets=tuple(study.targets),
            seeds=study.seeds,
            cells=cells,
            running=tuple(self._running(step) for step in needed if self._states[step.key] == RUNNING),
            failed=tuple(self._failed(step) for step in needed if step.key in self._errors),
            steps={one: counts[one] for one in (DONE, RUNNING, FAILED, HELD_UP, WAITING, NOT_RUN) if counts[one]},
            runs=len(self.runs),
            run_seconds=max((self.now - run.began for run in self.runs if run.began is not None), default=None),
            report_seconds=self._age(page),
        )

    @cached_property
    def _needed(self) -> list[Step]:
        """The steps that are done and asked for, and those that are still to be made, inputs before readers. What lies
        behind a step that is done is not looked at, as a run would not."""
        order: dict[str, Step] = {}

        def visit(step: Step) -> None:
            if step.key in order:
                return
            self._states[step.key] = state = self._state(step)
            if state != DONE:
                for input_step in step.inputs.values():
                    visit(input_step)
            order[step.key] = step

        for goal in self.session.goals:
            visit(goal)
        return list(order.values())

    @cached_property
    def _errors(self) -> dict[str, str]:
        """What the last attempt at each failed step said."""
        said = {key: error for run in self.runs for key, error in run.failed.items()}
        failed = [step.key for step in self._needed if self._states[step.key] == FAILED]
        return {key: said.get(key, "") for key in failed}

    @cached_property
    def _held_up(self) -> dict[str, str]:
        """The steps that wait for a failed one, with its key."""
        return blocked([step for step in self._needed if self._states[step.key] != DONE], self._errors)

    def _state(self, step: Step) -> str:
        begun = step.key in self.begun
        if begun and self.store.is_held(step.key):
            return RUNNING
        if self._is_done(step):
            return DONE
        runs = [run for run in self.runs if step.key in run.keys]
        if any(step.key in run.failed for run in runs):
            return FAILED
        if runs:
            return WAITING
        return FAILED if begun and self.store.error_file(step).is_file() else NOT_RUN

    def _is_done(self, step: Step) -> bool:
        """Say whether a step is done; one whose marker is as it was at an earlier look is not read again."""
        try:
            there = (self.store.root / "steps" / step.key / "done.json").stat()
        except OSError:
            return self.store.is_done(step)  # elsewhere, perhaps
        stamp = (there.st_ino, there.st_mtime_ns)
        if self.stamps.get(step.key) != stamp:
            if not self.store.is_done(step):
                return False
            self.stamps[step.key] = stamp
        return True

    def _cell(self, arm: str, target: str) -> CellState:
        located = self.session.located
        missing = located.missing_targets.get(target) or located.missing_arms.get(arm) or ""
        seeds = self.session.study.seeds
        if missing:
            states = tuple(SeedState(seed=x, state=MISSING, steps=0, steps_left=0, reason=missing) for x in seeds)
            return CellState(arm=arm, target=target, seeds=states, mean=None)
        scores = {seed: self._scores(arm, target, seed) for seed in seeds}
        mean = mean_over_seeds(scores, tuple(dict.fromkeys(x for found in scores.values() for x in found)))
        return CellState(
            arm=arm,
            target=target,
            seeds=tuple(self._seed(arm, target, seed, scores[seed]) for seed in seeds),
            mean=mean.value if mean else None,
        )

    def _seed(self, arm: str, target: str, seed: int, scores: Mapping[str, float]) -> SeedState:
        steps = steps_of(self._goals(arm, target, seed))
        left = [step.key for step in steps if self._states.get(step.key, DONE) != DONE]
        return SeedState(
            seed=seed,
            state=self._state_of(left),
            steps=len(steps),
            steps_left=len(left),
            score=fmean(scores.values()) if scores else None,
            languages=len(scores),
        )

    def _state_of(self, left: Sequence[str]) -> str:
        """Return the state of a cell whose steps `left` are still to be made."""
        if not left:
            return DONE
        if any(key in self._errors or key in self._held_up for key in left):
            return FAILED
        states = {self._states[key] for key in left}
        return next(state for state in (RUNNING, WAITING, NOT_RUN) if state in states)

    def _goals(self, arm: str, target: str, seed: int) -> list[Step]:
        """Return all scores of a cell: its own, those of a sweep, those on perturbed inputs."""
        key, steps = (arm, target, seed), self.session.steps
        stressed = [one.step for one in steps.stressed.get(key, ()) if one.step is not None]
        return [steps.scores[key], *(one.step for one in steps.swept.get(key, ())), *stressed]

    def _scores(self, arm: str, target: str, seed: int) -> dict[str, float]:
        """Return the scores of a cell by language: the zero-shot ones, all where there are no others."""
        step = self.session.steps.scores[arm, target, seed]
        if not self._is_done(step):
            return {}
        record = read_scores(self.store.path(step))
        numbers = record.languages(record.main)
        found = {language: one.headline for language, one in numbers.items() if one.headline is not None}
        trained_in = training_language(self.session, target)
        return {language: value for language, value in found.items() if language != trained_in} or found

    def _running(self, step: Step) -> RunningStep:
        live = self.live.get(step.key)
        loss, dev_scores = self.curves.read(self.store.scratch(step) / "log.jsonl")
        has_told = live is not None and live.told > 0
        return RunningStep(
            key=step.key,
            name=step.name,
            label=step.label,
            device=live.device if live else "",
            seconds=max(0.0, self.now - live.began) if live else None,
            seconds_left=live.seconds_left(self.now) if live else None,
            done=live.done if live and has_told else None,
            total=live.total if live and has_told else None,
            unit=live.unit if live else "",
            text=live.text if live else "",
            loss=loss,
            dev_scores=dev_scores,
        )

    def _failed(self, step: Step) -> FailedStep:
        try:
            written = self.store.error_file(step).read_text("utf-8", errors="replace").strip()
        except OSError:
            written = ""
        lines = written.splitlines()
        return FailedStep(
            key=step.key,
            label=f"{step.name} {step.label}",
            error=self._errors[step.key] or (lines[-1] if lines else ""),
            tail="\n".join(lines[-LAST_LINES:]),
            held_up=sum(culprit == step.key for culprit in self._held_up.values()),
        )

    def _age(self, page: Path) -> float | None:
        try:
            return max(0.0, self.now - page.stat().st_mtime)
        except OSError:
            return None
