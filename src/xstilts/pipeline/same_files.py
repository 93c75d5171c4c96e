"""Files that are trained on and scored, or that select, under any name: told by their content before anything runs."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from xstilts.data.views import SplitView
from xstilts.engine.graph import steps_of
from xstilts.engine.step import Step
from xstilts.pipeline.steps import file_uses
from xstilts.pipeline.steps.base import FileUse

_SAID = {
    "test": "the test set of {language} ({file}) is a file that is trained on, so its score is none of unseen data",
    "dev": "the dev set ({file}) is a file that is trained on, so it cannot select",
}


def all_uses(goals: Iterable[Step]) -> list[FileUse]:
    """All that the steps that `goals` depend on read, and for what."""
    return [use for step in steps_of(list(goals)) for use in file_uses(step)]


def same_files(goals: Iterable[Step]) -> tuple[str, ...]:
    """One sentence for each test and dev set whose file is trained on as well, by what a goal depends on: what only the
    route to another target trains on is no matter.

    A part that a task holds out of its own training file shares no group with the rest of it, and is none.
    """
    known: dict[str, list[FileUse]] = {}
    said = []
    for goal in goals:
        uses = [use for step in steps_of([goal]) for use in _uses(step, known)]
        trained = {digest for use in uses if use.use == "train" for digest in use.source.files}
        said += [sentence for use in uses for sentence in _sentences(use, trained)]
    return tuple(dict.fromkeys(said))


def _uses(step: Step, known: dict[str, list[FileUse]]) -> list[FileUse]:
    if step.key not in known:
        known[step.key] = list(file_uses(step))
    return known[step.key]


def _sentences(use: FileUse, trained: Collection[str]) -> Iterator[str]:
    if use.use not in _SAID or any(isinstance(view, SplitView) for view in use.views):
        return
    for path, digest in zip(use.source.paths, use.source.files, strict=False):
        if digest in trained:
            yield f"{use.task}: {_SAID[use.use].format(language=use.source.language, file=path.name)}"
