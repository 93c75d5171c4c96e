"""Sweeps: a setting of a target written as a list. It stays one target, whose score is that of one of the values.

`settings: {tatoeba: {layer: [0, 7, 12], reported: {layer: 7}}}` scores tatoeba at layers 0, 7 and 12; its score is that
at layer 7. Where `reported` does not say which, it is the value that the task has without a sweep, in the list or not.
So no score decides it, least of all one of a test set.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

from xstilts.core.canonical import fingerprint
from xstilts.core.catalog import Catalog
from xstilts.core.errors import StudyError
from xstilts.kinds.base import Kind
from xstilts.study.kind_settings import REPORTED
from xstilts.study.schema import Study
from xstilts.tasks.base import Task


@dataclass(frozen=True, kw_only=True)
class SweepPoint:
    """One value of each swept setting, and the kind that has them."""

    values: tuple[tuple[str, Any], ...]  # (("layer", 7),)
    kind: Kind

    def __hash__(self) -> int:  # by what is identity: a field of a kind may be a mapping
        return hash(fingerprint(self.kind))

    @property
    def title(self) -> str:
        """The values in words: "layer 7"; "layer null" of one that the kind settles itself."""
        return ", ".join(f"{key} {'null' if value is None else value}" for key, value in self.values)


@dataclass(frozen=True, kw_only=True)
class Sweep:
    """The values that a target is scored with, in their order; the score of one of them is the target's own."""

    points: tuple[SweepPoint, ...]
    reported: SweepPoint  # one of the points
    is_stated: bool  # whether the study says which is reported; else it is the task's own value

    @property
    def others(self) -> tuple[SweepPoint, ...]:
        return tuple(point for point in self.points if point != self.reported)

    @property
    def note(self) -> str:
        """What a report must say of the target's score."""
        why = "as the study says" if self.is_stated else "the task's own value"
        others = "; ".join(point.title for point in self.others)
        return f"scored with {self.reported.title}, {why}; swept beside it: {others}"

    def one_pass(self, kind: Kind) -> tuple[Kind, ...]:
        """Return the kinds that one pass of an encoder serves together with `kind`, itself among them: those that read
        the same rows and have nothing trained for them. () where it is alone."""
        if not kind.is_retrieval:
            return ()
        kinds = tuple(point.kind for point in self.points if point.kind.as_encoded == kind.as_encoded)
        return kinds if len(kinds) > 1 else ()

    def at_depth(self, layers: int) -> Sweep:
        """Return this sweep for an encoder of so many blocks: every layer as a number, and values that are then the
        same once. Raises StudyError for a layer that the encoder has not."""
        points = [_at_depth(point, layers) for point in self.points]
        return replace(self, points=_in_order(dict.fromkeys(points)), reported=_at_depth(self.reported, layers))


def find_sweeps(study: Study, tasks: Catalog[Task]) -> dict[str, Sweep]:
    """Return the sweeps of a study, by target. Its settings have been checked value by value.

    Raises StudyError for a list in the settings of what is no target, for `reported` that names no swept value, and for
    values that are scored in different metrics.
    """
    sweeps = {}
    for name, settings in study.settings.items():
        lists = {key: list(value) for key, value in settings.items() if isinstance(value, list | tuple)}
        if lists and name not in study.targets:
            problem = f"A list of settings is a sweep over a target, and '{name}' is none."
            raise StudyError(problem, where=f"settings.{name}")
        stated = _stated(settings, lists, f"settings.{name}.{REPORTED}")
        if lists:
            kind = replace(tasks[name].kind, **plain_settings(settings))  # type: ignore[type-var]
            sweep = _sweep(kind, lists, stated)
            _check_metrics(sweep, tasks[name])
            sweeps[name] = sweep
    return sweeps


def plain_settings(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings of a task that are not swept.

    >>> plain_settings({"layer": [7, 14], "k": 4, "reported": {"layer": 7}})
    {'k': 4}
    """
    return {key: value for key, value in settings.items() if key != REPORTED and not isinstance(value, list | tuple)}


def former_name(name: str, tasks: Catalog[Task]) -> str | None:
    """Say what is written today for a target that was named after a value of its sweep; None for other names.

    >>> former_name("xnli", Catalog("task"))
    """
    task, mark, values = name.partition("@")
    if not mark or task not in tasks:
        return None
    settings = ", ".join(pair.replace("=", ": ", 1) for pair in values.split(","))
    return f"A target is named as its task, and its settings stand apart: `settings: {{{task}: {{{settings}}}}}`."


def _sweep(kind: Kind, lists: Mapping[str, Sequence[Any]], stated: Mapping[str, Any]) -> Sweep:
    """Return the sweep over all combinations. One that is reported and not among them is a point too."""

    def point(values: Mapping[str, Any]) -> SweepPoint:
        return SweepPoint(values=tuple(values.items()), kind=replace(kind, **values))  # type: ignore[type-var]

    own = {key: values[0] if len(values) == 1 else getattr(kind, key) for key, values in lists.items()}
    reported = point({**own, **stated})
    combinations = [point(dict(zip(lists, values, strict=True))) for values in product(*lists.values())]
    return Sweep(points=_in_order([*combinations, reported]), reported=reported, is_stated=bool(stated))


def _stated(settings: Mapping[str, Any], lists: Mapping[str, Sequence[Any]], where: str) -> dict[str, Any]:
    """Return the values that a study reports. Raises StudyError for any that it does not sweep over."""
    if settings.get(REPORTED) is None:
        return {}
    if not lists:
        raise StudyError(f"'{REPORTED}' says which value of a sweep is the score, and no setting here is a list.",
                         where=where)  # fmt: skip
    stated = settings[REPORTED]
    if not isinstance(stated, Mapping) or not stated:
        example = f"`{REPORTED}: {{{', '.join(f'{key}: {values[0]}' for key, values in lists.items())}}}`"
        raise StudyError(f"'{REPORTED}' gives one value of each swept setting.", where=where, hint=f"As {example}.")
    for key, value in stated.items():
        if key not in lists:
            raise StudyError(f"'{key}' is not swept here.", where=f"{where}.{key}", value=str(key), allowed=lists)
        if not any(type(value) is type(one) and value == one for one in lists[key]):
            raise StudyError(f"'{value}' is not among the swept values of '{key}'.", where=f"{where}.{key}",
                             value=str(value), allowed=map(str, lists[key]))  # fmt: skip
    return dict(stated)


def _check_metrics(sweep: Sweep, task: Task) -> None:
    metrics = {task.replace(kind=point.kind).scored[0].name for point in sweep.points}
    if len(metrics) > 1:
        raise StudyError(
            f"The values swept for '{task.name}' are scored in different metrics ({', '.join(sorted(metrics))}), so "
            "that none can stand beside another.",
            where=f"settings.{task.name}",
        )


def _in_order(points: Iterable[SweepPoint]) -> tuple[SweepPoint, ...]:
    """Sort points by their values where these are numbers, each once; others keep their order."""
    once = list(dict.fromkeys(points))
    if all(isinstance(value, int | float) for point in once for _, value in point.values):
        once.sort(key=lambda point: [value for _, value in point.values])
    return tuple(once)


def _at_depth(point: SweepPoint, layers: int) -> SweepPoint:
    kind = point.kind.at_depth(layers)
    return SweepPoint(values=tuple((key, getattr(kind, key)) for key, _ in point.values), kind=kind)
