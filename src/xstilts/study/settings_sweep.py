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

NAMED_VALUES = 6  # of a sweep, in a sentence


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
        return _title(self.values)


@dataclass(frozen=True, kw_only=True)
class Sweep:
    """The values that a target is scored with, in their order; the score of one of them is the target's own."""

    points: tuple[SweepPoint, ...]
    reported: SweepPoint  # one of the points
    stated: frozenset[str]  # settings whose reported value the study says; others have the task's own

    @property
    def others(self) -> tuple[SweepPoint, ...]:
        return tuple(point for point in self.points if point != self.reported)

    @property
    def note(self) -> str:
        """What a report must say of the target's score."""
        by_study = [(key, value) for key, value in self.reported.values if key in self.stated]
        own = [(key, value) for key, value in self.reported.values if key not in self.stated]
        said = [f"{_title(by_study)}, as the study says"] if by_study else []
        if own:
            said.append(f"{_title(own)}, the task's own value{'s' if len(own) > 1 else ''}")
        others = _value_list([point.values for point in self.others])
        return f"scored with {', and '.join(said)}; swept beside it: {others}"

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
        return replace(self, points=_in_order(points), reported=_at_depth(self.reported, layers))


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


def _sweep(kind: Kind, lists: Mapping[str, Sequence[Any]], stated: Mapping[str, Any]) -> Sweep:
    """Return the sweep over all combinations. One that is reported and not among them is a point too."""

    def point(values: Mapping[str, Any]) -> SweepPoint:
        return SweepPoint(values=tuple(values.items()), kind=replace(kind, **values))  # type: ignore[type-var]

    own = {key: values[0] if len(values) == 1 else getattr(kind, key) for key, values in lists.items()}
    reported = point({**own, **stated})
    combinations = [point(dict(zip(lists, values, strict=True))) for values in product(*lists.values())]
    by_study = frozenset({*stated, *(key for key, values in lists.items() if len(values) == 1)})
    return Sweep(points=_in_order([*combinations, reported]), reported=reported, stated=by_study)


def _title(values: Iterable[tuple[str, Any]]) -> str:
    return ", ".join(f"{key} {'null' if value is None else value}" for key, value in values)


def _value_list(each: Sequence[Sequence[tuple[str, Any]]]) -> str:
    """Return values in words: consecutive numbers of one setting as a range, the first of many and how many more.

    >>> _value_list([[("layer", n)] for n in (0, 1, 2, 3, 5, 8)])
    'layer 0 to 3; layer 5; layer 8'
    """
    runs: list[list[Sequence[tuple[str, Any]]]] = []
    for values in each:
        if runs and _follows(values, runs[-1][-1]):
            runs[-1].append(values)
        else:
            runs.append([values])
    parts = [(_title(run[0]) if len(run) == 1 else f"{_title(run[0])} to {run[-1][0][1]}", len(run)) for run in runs]
    named = parts if len(parts) <= NAMED_VALUES else parts[: NAMED_VALUES - 1]
    left = len(each) - sum(number for _, number in named)
    return "; ".join([*(part for part, _ in named), *([f"{left} more"] if left else [])])


def _follows(values: Sequence[tuple[str, Any]], before: Sequence[tuple[str, Any]]) -> bool:
    """Say whether these are the same single setting, one higher."""
    if len(values) != 1 or len(before) != 1:
        return False
    one, other = values[0][1], before[0][1]
    return type(one) is type(other) is int and one == other + 1


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
