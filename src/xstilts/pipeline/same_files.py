"""Files that are trained on and scored, or that select, under any name: told by their content before anything runs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from xstilts.data.views import SplitView
from xstilts.engine.graph import steps_of
from xstilts.engine.step import Step
from xstilts.pipeline.steps.score import ScoreSettings
from xstilts.pipeline.steps.train import TrainSettings, train_rows


def same_files(goals: Iterable[Step]) -> tuple[str, ...]:
    """One sentence for each test and dev set whose file is trained on as well, in any task of the study.

    A part that a task holds out of its own training file shares no group with the rest of it, and is none.
    """
    steps = list(steps_of(list(goals)))
    trained = set(_trained_files(steps))
    return tuple(dict.fromkeys([*_seen_tests(steps, trained), *_seen_dev_sets(steps, trained)]))


def _trained_files(steps: Iterable[Step]) -> Iterator[str]:
    for step in steps:
        if isinstance(step.settings, TrainSettings):
            for i, _ in enumerate(step.settings.parts):
                yield from step.inputs[train_rows(i)].settings.source.files


def _seen_tests(steps: Iterable[Step], trained: set[str]) -> Iterator[str]:
    for step in steps:
        for test in step.settings.tests if isinstance(step.settings, ScoreSettings) else ():
            held = any(isinstance(view, SplitView) for view in test.views)
            for path, digest in zip(test.source.paths, test.source.files, strict=False):
                if digest in trained and not held and test.use == "test":
                    yield (
                        f"{step.about['task']}: the test set of {test.language} ({path.name}) is a file that is "
                        "trained on, so its score is none of unseen data"
                    )


def _seen_dev_sets(steps: Iterable[Step], trained: set[str]) -> Iterator[str]:
    for step in steps:
        for part in step.settings.parts if isinstance(step.settings, TrainSettings) else ():
            held = any(isinstance(view, SplitView) for view in part.dev_views)
            for path, digest in zip(part.dev.paths, part.dev.files, strict=False):
                if digest in trained and not held:
                    yield f"{part.name}: the dev set ({path.name}) is a file that is trained on, so it cannot select"
