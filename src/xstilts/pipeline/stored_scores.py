"""Scores of a study as they lie in the store: of every cell, of earlier tasks, of sweeps, of perturbed inputs."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from xstilts.core.local_paths import without_local_paths
from xstilts.core.short_keys import short_key
from xstilts.engine.runner import Outcome
from xstilts.engine.step import Step
from xstilts.metrics.tallies import Metric
from xstilts.pipeline.session import Session
from xstilts.pipeline.steps.score import PREDICTIONS
from xstilts.report.scores.inputs import ForgettingScores, StressScores, StudyCell, SweepScores
from xstilts.study.expand import phase_name, phases


def cells_of(session: Session, outcome: Outcome | None) -> Iterable[StudyCell]:
    for arm in session.study.arms:
        for target in session.study.targets:
            for seed in session.study.seeds:
                yield _cell(session, outcome, (arm, target, seed))


def _cell(session: Session, outcome: Outcome | None, key: tuple[str, str, int]) -> StudyCell:
    arm, target, seed = key
    missing = session.located.missing_targets.get(target) or session.located.missing_arms.get(arm)
    if missing:
        return StudyCell(arm=arm, target=target, seed=seed, status="missing", reason=missing)
    status, reason, scores = _state(session, session.steps.scores[key], outcome)
    trained = [training for training in session.steps.trainings[key] if session.store.is_done(training.step)]
    return StudyCell(
        arm=arm,
        target=target,
        seed=seed,
        status=status,
        reason=reason,
        scores=scores,
        trainings=tuple(session.store.path(training.step) for training in trained),
        training_names=tuple(training.name for training in trained),
        training_roles=tuple(training.role for training in trained),
    )


def forgetting_scores(session: Session, outcome: Outcome | None) -> Iterable[ForgettingScores]:
    for probe, step in session.steps.forgetting_probes:
        arm, _, seed = probe.route
        chain = list(phases(probe.end))
        status, reason, scores = _state(session, step, outcome)
        main = step.settings.metrics[0]
        yield ForgettingScores(
            arm=arm,
            seed=seed,
            task=probe.part.name,
            metric=main.name,
            headline=headline_of(main),
            phases=tuple(phase_name(phase) for phase in chain),
            learnt=chain.index(probe.learnt),
            targets=probe.targets,
            status=status,
            reason=reason,
            scores=scores,
        )


def sweep_scores(cells: Iterable[StudyCell], session: Session, outcome: Outcome | None) -> Iterable[SweepScores]:
    sweeps = session.located.sweeps
    for cell in (cell for cell in cells if cell.target in sweeps):
        sweep, key = sweeps[cell.target], (cell.arm, cell.target, cell.seed)
        steps = {score.point: score.step for score in session.steps.swept.get(key, ())}
        of_cell = cell.status, cell.reason, cell.scores
        for point in sweep.points:
            state = _state(session, steps[point], outcome) if point in steps else of_cell
            yield SweepScores(
                target=cell.target,
                arm=cell.arm,
                seed=cell.seed,
                values=dict(point.values),
                is_reported=point == sweep.reported,
                status=state[0],
                reason=state[1],
                scores=state[2],
            )


def stress_scores(session: Session, outcome: Outcome | None) -> Iterable[StressScores]:
    for (arm, target, seed), scores in session.steps.stressed.items():
        clean = _predictions(session, session.steps.scores[arm, target, seed])
        is_comparable = not session.located.targets[target].kind.copies_text
        for condition, step, lacking in scores:
            why = "; ".join(dict.fromkeys(lacking.values())) or "no test file here"
            state = ("not applicable", why, None) if step is None else _state(session, step, outcome)
            yield StressScores(
                target=target,
                arm=arm,
                seed=seed,
                noise=condition.noise,
                rate=condition.perturbation.rate,
                status=state[0],
                reason=state[1],
                scores=state[2],
                predictions=_predictions(session, step) if step and is_comparable else None,
                clean_predictions=clean if is_comparable else None,
                not_applicable=lacking,
            )


def _predictions(session: Session, score: Step) -> Path | None:
    """Return the folder that a score step has read, where it is there."""
    predictions = score.inputs[PREDICTIONS]
    return session.store.path(predictions) / score.settings.part if session.store.is_done(predictions) else None


def _state(session: Session, step: Step, outcome: Outcome | None) -> tuple[str, str, Path | None]:
    """Return the status of a score step, its reason, and where the scores are."""
    if session.store.is_sound(step):
        return "done", "", session.store.path(step)
    return (*_why_not(step, outcome), None)


def _why_not(step: Step, outcome: Outcome | None) -> tuple[str, str]:
    if outcome is None:
        return "not run", "it has not been run"
    if step.key in outcome.failed:
        return "failed", without_local_paths(outcome.failed[step.key])
    culprit = outcome.not_run.get(step.key)
    if culprit is None:
        return "not run", "the run was interrupted before it"
    why = without_local_paths(outcome.failed.get(culprit, ""))
    return "not run", f"it waited for {short_key(culprit)}, which failed: {why}"


def headline_of(metric: Metric) -> str:
    """Name the values that a score is the mean of, or is."""
    named = " and ".join(name.replace("_", " ") for name in metric.headline)
    return f"mean of {named}" if len(metric.headline) > 1 else named
