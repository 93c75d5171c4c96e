"""A draft of a study: the skeleton that would measure a question which nobody has measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from xstilts.core.catalog import Catalog
from xstilts.core.errors import StudyError
from xstilts.core.visible_text import visible
from xstilts.evidence.query import Question
from xstilts.tasks.base import Task

TARGETS = ("xnli", "udpos", "xquad", "tatoeba")
MOST_TASKS = 4
_HEAD = """\
# A draft, made of the concepts of the question: {concepts}.
# Check the arms and targets, write down beforehand what you expect (docs/claims.md), then `xstilts plan` it.
"""


def draft_study(question: Question, tasks: Catalog[Task]) -> str:
    """Return a study file with a route through each task that the question is about, and through all of them.

    Raises StudyError for a question that names nothing to train on."""
    through = intermediate_tasks(question, tasks)
    if not through:
        raise StudyError(
            "A study cannot be drafted: the question names nothing that can be trained on.",
            where="--draft-study",
            hint="Name a task of `xstilts tasks` in it, or what such a task is about (dependency parsing, reasoning).",
        )
    names = {concept.name for concept in question.concepts}
    study: dict[str, Any] = {
        "question": question.text,
        "encoder": "tiny-e5",
        "arms": _arms(through, names),
        "targets": _targets(question, tasks),
        "seeds": [1, 2, 3],
    }
    if "data scaling" in names:
        study["take"] = {"intermediate": [1000, 4000, 16000], "budget": "epochs"}
    noises = ["keyboard", "swap"] if "robustness" in names else []
    if noises:
        study["stress"] = {"noise": noises, "rates": [0.1]}
    head = _HEAD.format(concepts=visible(", ".join(concept.name for concept in question.concepts)))
    return head + yaml.safe_dump(study, sort_keys=False, allow_unicode=True, width=100)


def intermediate_tasks(question: Question, tasks: Catalog[Task]) -> tuple[str, ...]:
    """Return the tasks that a question is about and that can be trained on: of each concept those it names, and the
    first of the catalogue of each of its kinds."""
    found: dict[str, None] = {}
    for concept in question.concepts:
        named = [name for name in concept.tasks if name in tasks and tasks[name].train is not None]
        of_kind = [_first_of(kind, tasks) for kind in concept.kinds]
        found |= dict.fromkeys(name for name in (*named, *of_kind) if name)
    return tuple(found)[:MOST_TASKS]


def _first_of(kind: str, tasks: Mapping[str, Task]) -> str:
    trained = (task.name for task in tasks.values() if task.kind.name == kind and task.train is not None)
    return next(trained, "")


def _arms(through: Sequence[str], concepts: set[str]) -> dict[str, dict[str, Any]]:
    tune = {"tune": {"adapter": "pfeiffer"}} if "adapters" in concepts else {}
    arms: dict[str, dict[str, Any]] = {"none": {"strategy": "direct"}}
    for task in through:
        arms[task] = {"strategy": "sequential", "through": [task], **tune}
    if len(through) > 1:
        if "sequential training" in concepts:
            arms["in sequence"] = {"strategy": "sequential", "through": list(through), **tune}
            arms["in sequence, reversed"] = {"strategy": "sequential", "through": list(through)[::-1], **tune}
        arms["jointly"] = {"strategy": "multitask", "through": list(through), **tune}
    return arms


def _targets(question: Question, tasks: Mapping[str, Task]) -> list[str]:
    """Return targets of different kinds, and with them the tasks that the question itself names, where they have tests
    in several languages."""
    named = [name for concept in question.concepts for name in concept.tasks if len(tasks[name].test) > 1]
    return list(dict.fromkeys((*(name for name in TARGETS if name in tasks), *named)))
