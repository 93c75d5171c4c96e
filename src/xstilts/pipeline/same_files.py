"""Files that are trained on and scored, or that select, under any name: told by their content before anything runs."""

from __future__ import annotations

from collections.abc import Iterable

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
    """One sentence for each test and dev set whose file is trained on as well, in any task of the study.

    A part that a task holds out of its own training file shares no group with the rest of it, and is none.
    """
    uses = all_uses(goals)
    trained = {digest for use in uses if use.use == "train" for digest in use.source.files}
    said = []
    for use in uses:
        if use.use not in _SAID or any(isinstance(view, SplitView) for view in use.views):
            continue
        for path, digest in zip(use.source.paths, use.source.files, strict=False):
            if digest in trained:
                sentence = _SAID[use.use].format(language=use.source.language, file=path.name)
                said.append(f"{use.task}: {sentence}")
    return tuple(dict.fromkeys(said))
