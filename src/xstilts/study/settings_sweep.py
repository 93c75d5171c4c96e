"""A setting written as a list: the target is scored once for each value, under a name of its own.

`settings: {tatoeba: {layer: [7, 14]}}` makes of the target `tatoeba` the targets `tatoeba@layer=7` and
`tatoeba@layer=14`: the same task, trained and tokenised once.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from typing import Any

from xstilts.core.catalog import Catalog
from xstilts.core.errors import StudyError
from xstilts.study.schema import Study
from xstilts.tasks.base import Task

MARK = "@"


def base_name(target: str) -> str:
    """The task of a target's name.

    >>> base_name("tatoeba@layer=7"), base_name("xnli")
    ('tatoeba', 'xnli')
    """
    return target.partition(MARK)[0]


def expand_sweeps(study: Study) -> Study:
    """The study with its sweeps written out. Raises StudyError for a list in the settings of what is no target."""
    targets: list[str] = []
    settings: dict[str, Mapping[str, Any]] = {}
    for target in study.targets:
        for name, values in variants(target, study.settings.get(target, {})).items():
            targets.append(name)
            settings |= {name: values} if values else {}
    for task, changed in study.settings.items():
        if task not in study.targets:
            if any(isinstance(value, list) for value in changed.values()):
                problem = f"A list of settings is a sweep over a target, and '{task}' is none."
                raise StudyError(problem, where=f"settings.{task}")
            settings[task] = changed
    if tuple(targets) == study.targets:
        return study
    return study.model_copy(update={"targets": tuple(targets), "settings": settings})


def variants(target: str, settings: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Name of a target -> its settings, each with one value for every key.

    >>> variants("tatoeba", {"layer": [7, 14], "k": 4})
    {'tatoeba@layer=7': {'layer': 7, 'k': 4}, 'tatoeba@layer=14': {'layer': 14, 'k': 4}}
    """
    lists = {key: value for key, value in settings.items() if isinstance(value, list)}
    if not lists:
        return {target: dict(settings)}
    targets = {}
    for values in product(*lists.values()):
        combination = dict(zip(lists, values, strict=True))
        targets[target + MARK + ",".join(f"{key}={value}" for key, value in combination.items())] = {
            **settings,
            **combination,
        }
    return targets


def add_sweep_variants(study: Study, tasks: Catalog[Task]) -> Catalog[Task]:
    """The tasks, and the study's targets that are tasks under another name."""
    names = [name for name in study.targets if name not in tasks and base_name(name) in tasks]
    return Catalog("task", *tasks.values(), *(tasks[base_name(name)].replace(name=name) for name in names))
