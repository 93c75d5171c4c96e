"""Error tables for a report: of each target, where its arms are right and where they differ, made once and kept.

They are made when a report is, of the predictions of one seed, so that they cost a study no step and a store that was
filled before has them too.
"""

from __future__ import annotations

from xstilts.core.local_paths import without_local_paths
from xstilts.pipeline.report_steps import made
from xstilts.pipeline.session import Session
from xstilts.pipeline.steps.errors import FILE, ErrorSettings, errors_step
from xstilts.pipeline.steps.score import PREDICTIONS
from xstilts.report.scores.inputs import ErrorTables


def error_tables(session: Session) -> tuple[ErrorTables, ...]:
    """Return the tables of every target of which two arms have predictions, in the order of the study."""
    return tuple(found for name in session.study.targets if (found := _of_target(session, name)) is not None)


def _of_target(session: Session, name: str) -> ErrorTables | None:
    """Return the tables of the first seed with which the baseline and another arm have run; None without one, and of a
    kind whose guesses are neither right nor wrong."""
    base = session.study.base
    for seed in session.study.seeds:
        scores = {
            arm: step
            for arm in session.study.arms
            if (step := session.steps.scores.get((arm, name, seed))) is not None
            and session.store.is_done(step.inputs[PREDICTIONS])
        }
        if base in scores and len(scores) > 1:
            break
    else:
        return None
    first = scores[base].settings
    if not first.kind.has_right_answers:
        return None
    settings = ErrorSettings(
        kind=first.kind,
        metric=first.metrics[0],
        tests=first.tests,
        parts=tuple(step.settings.part for step in scores.values()),
        baseline=list(scores).index(base),
    )
    step = errors_step(settings, [step.inputs[PREDICTIONS] for step in scores.values()], task=name)
    folder, reason = made(step, session.store, "makes them")
    return ErrorTables(
        target=name,
        arms=tuple(scores),
        baseline=base,
        seed=seed,
        file=folder and folder / FILE,
        reason=without_local_paths(reason),
    )
