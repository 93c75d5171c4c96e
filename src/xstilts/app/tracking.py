"""Experiment trackers beside a run: each training's curves when it ends, the scores and the report at the end."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from xstilts.app.answer import Answer
from xstilts.app.execution import PassingOn, RunListener
from xstilts.app.show import flat
from xstilts.core.canonical import canonical
from xstilts.core.visible_text import visible
from xstilts.engine.graph import steps_of
from xstilts.engine.step import Step
from xstilts.engine.store import Store
from xstilts.pipeline.session import Session
from xstilts.pipeline.steps import kind_of
from xstilts.report.scores.trainings import read_curves, read_summary
from xstilts.trackers.base import AnswerRecord, MeanScore, Tracker, TrainingRecord
from xstilts.trackers.catalog import NamedTracker

FoundTracker = tuple[NamedTracker, str]  # and the place behind the colon
_TOTALS = ("best_score", "best_update", "floor", "updates", "seconds", "tokens", "peak_memory", "trained_parameters")


class Tracking(PassingOn):
    """A listener that hands each training that ends to trackers, and passes everything on to the next listener.

    A tracker that fails is left, with a warning: a run is never lost to one."""

    def __init__(self, found: Mapping[str, FoundTracker], session: Session, listener: RunListener) -> None:
        """`found`: the trackers by the text that asked for them."""
        super().__init__(listener)
        self._session, self._store = session, session.store
        self._trackers: dict[str, Tracker] = {}
        for text, (named, place) in found.items():
            folder = self._store.root / "trackers" / named.name
            with self._leaving(text):
                self._trackers[text] = named.make(session.study.name, place, folder)

    def step_finished(self, step: Step, seconds: float) -> None:
        super().step_finished(step, seconds)
        self._training(step)

    def stored(self) -> None:
        """Hand over every training of the study that is in the store."""
        for step in steps_of(self._session.goals):
            if self._store.is_done(step):
                self._training(step)

    def _training(self, step: Step) -> None:
        """Hand over a step that is done, where it is a training."""
        if self._trackers and kind_of(step).is_training:
            record = training_record(step, self._store)
            self._send(lambda tracker: tracker.training(record))

    def answer(self, answer: Answer) -> None:
        """Hand over scores and report."""
        record = answer_record(answer)
        self._send(lambda tracker: tracker.answer(record))

    def _send(self, call: Callable[[Tracker], None]) -> None:
        for text, tracker in list(self._trackers.items()):
            with self._leaving(text):
                call(tracker)

    @contextmanager
    def _leaving(self, text: str) -> Iterator[None]:
        """Leave a tracker that fails within the context."""
        try:
            yield
        except Exception as error:  # noqa: BLE001 - a foreign package raises anything, and no run is lost to it
            self._trackers.pop(text, None)
            self.say(f"warning: the tracker {text} is left: {visible(str(error)) or type(error).__name__}")


def training_record(step: Step, store: Store) -> TrainingRecord:
    """Return what a tracker gets of a training that is done."""
    folder = store.path(step)
    loss, dev = read_curves(folder)
    summary = read_summary(folder)
    numbers = {name: summary.get(name) for name in _TOTALS}
    return TrainingRecord(
        name=step.label or step.key,
        key=step.key,
        settings={
            place: value if isinstance(value, str | int | float | None) else str(value)
            for place, value in flat(canonical(step.settings))
        },
        curves={
            name: tuple((int(update), value) for update, value in points if math.isfinite(value))
            for name, points in {"loss": loss, "dev": dev}.items()
        },
        totals={name: float(value) for name, value in numbers.items() if isinstance(value, int | float)},
    )


def answer_record(answer: Answer) -> AnswerRecord:
    """Return what a tracker gets of a study that was answered, in full or in part."""
    board, results = answer.report.scoreboard, answer.results
    means = [
        (arm, target, board.mean(arm, target, board.headline(target)).value)
        for arm in results.arms
        for target in results.targets
    ]
    pages = answer.pages
    return AnswerRecord(
        question=results.question,
        study_yaml=results.study_yaml,
        text="\n\n".join(answer.report.document.answer),
        scores=[
            MeanScore(arm=arm, target=target.name, metric=target.main, value=value)
            for arm, target, value in means
            if value is not None
        ],
        files=[pages.html, pages.markdown, pages.scores_csv, pages.contrasts_csv],
    )
