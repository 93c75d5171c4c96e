"""Word counts for a report: right words of each target that says something of single words, counted once and kept.

They are made when a report is, of the predictions that are there, so that they cost a study no step and a store that
was filled before has them too. A target of which they cannot be made has a reason.
"""

from __future__ import annotations

from xstilts.core.canonical import fingerprint
from xstilts.core.local_paths import without_local_paths
from xstilts.engine.step import Step
from xstilts.pipeline.report_steps import made
from xstilts.pipeline.session import Session
from xstilts.pipeline.steps.score import PREDICTIONS
from xstilts.pipeline.steps.train import train_rows
from xstilts.pipeline.steps.words import FILE, ORDERS, TrainedOn, WordsSettings, words_step
from xstilts.pipeline.study_steps import RouteKey
from xstilts.report.scores.inputs import WordCounts

OTHER_ROWS = "the arms are trained on different rows of the target, so nothing is said of words unseen in training"


def word_counts(session: Session) -> tuple[WordCounts, ...]:
    """Return the counts of every target with predictions, in the order of the study."""
    return tuple(found for name in session.study.targets if (found := _of_target(session, name)) is not None)


def _of_target(session: Session, name: str) -> WordCounts | None:
    task = session.located.targets[name]
    if task.kind.word_judge is None:
        return None
    scores = {
        key: step
        for key, step in session.steps.scores.items()
        if key[1] == name and session.store.is_done(step.inputs[PREDICTIONS])
    }
    if not scores:
        return None
    first = next(iter(scores.values()))
    trained = {fingerprint(one): one for key in scores if (one := _trained_on(session, key)) is not None}
    settings = WordsSettings(
        kind=task.kind,
        tests=first.settings.tests,
        parts=tuple(step.settings.part for step in scores.values()),
        trained_on=next(iter(trained.values())) if len(trained) == 1 else None,
    )
    step = words_step(settings, [step.inputs[PREDICTIONS] for step in scores.values()], task=name)
    return _counted(session, step, tuple(scores), OTHER_ROWS if len(trained) > 1 else "")


def _counted(session: Session, step: Step, keys: tuple[RouteKey, ...], note: str) -> WordCounts:
    folder, reason = made(step, session.store, "counts them")
    return WordCounts(
        target=step.about["task"],
        measures=step.settings.kind.word_judge.measures,
        cells=tuple((arm, seed) for arm, _, seed in keys),
        counts=folder and folder / FILE,
        orders=folder and folder / ORDERS,
        note=note,
        reason=without_local_paths(reason),
    )


def _trained_on(session: Session, key: RouteKey) -> TrainedOn | None:
    """Return the rows of the task that a route is fine-tuned on, as it has trained on them; None where it has not."""
    task = session.located.finetuned_on(key[1]).name
    for training in reversed(session.steps.trainings[key]):
        for number, part in enumerate(training.step.settings.parts):
            if part.name == task:
                source = training.step.inputs[train_rows(number)].settings.source
                return TrainedOn(source=source, views=part.train_views)
    return None
