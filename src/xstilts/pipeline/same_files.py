"""Files that are trained on and scored, or that select, under any name: told by their content before anything runs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import NamedTuple

from xstilts.data.views import SplitView
from xstilts.engine.step import Step
from xstilts.pipeline.steps import file_uses
from xstilts.pipeline.steps.base import FileUse

_SAID = {
    "test": "the test set of {language} ({file}) is a file that is trained on, so its score is none of unseen data",
    "dev": "the dev set ({file}) is a file that is trained on, so it cannot select",
}


class _Files(NamedTuple):
    """The files of one step, by their digests: those that it trains on, and those that it selects with or scores."""

    trained: frozenset[str]
    judged: Mapping[str, list[tuple[FileUse, Path]]]


def same_files(goals: Iterable[Step]) -> tuple[str, ...]:
    """One sentence for each test and dev set whose file is trained on as well, by what a goal depends on: what only the
    route to another target trains on is no matter.

    A part that a task holds out of its own training file shares no group with the rest of it, and is none.
    """
    known: dict[str, dict[str, _Files]] = {}
    said = []
    for goal in goals:
        files = _files_behind(goal, known).values()
        trained: frozenset[str] = frozenset().union(*(one.trained for one in files))
        said += [sentence for one in files for sentence in _sentences(one.judged, trained)]
    return tuple(dict.fromkeys(said))


def _files_behind(step: Step, known: dict[str, dict[str, _Files]]) -> dict[str, _Files]:
    """The files of a step and of all that it depends on, by the key of the step; steps without any are left out."""
    if step.key not in known:
        found: dict[str, _Files] = {}
        for input_step in step.inputs.values():
            found |= known[input_step.key] if input_step.key in known else _files_behind(input_step, known)
        if uses := list(file_uses(step)):
            found[step.key] = _files(uses)
        known[step.key] = found
    return known[step.key]


def _files(uses: Iterable[FileUse]) -> _Files:
    trained: set[str] = set()
    judged: dict[str, list[tuple[FileUse, Path]]] = {}
    for use in uses:
        if use.use == "train":
            trained.update(use.source.files)
        elif use.use in _SAID and not any(isinstance(view, SplitView) for view in use.views):
            for path, digest in zip(use.source.paths, use.source.files, strict=False):
                judged.setdefault(digest, []).append((use, path))
    return _Files(frozenset(trained), judged)


def _sentences(judged: Mapping[str, list[tuple[FileUse, Path]]], trained: AbstractSet[str]) -> Iterator[str]:
    if judged.keys().isdisjoint(trained):  # of most steps: the rest is left out
        return
    for digest, uses in judged.items():
        if digest in trained:
            for use, path in uses:
                yield f"{use.task}: {_SAID[use.use].format(language=use.source.language, file=path.name)}"
