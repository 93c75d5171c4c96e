"""Hyperparameters: the numbers that a phase trains with: defaults, then the study, then its sections, the
narrowest last."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields
from typing import Any

from xstilts.core.settings.training import Recipe
from xstilts.kinds.base import Kind
from xstilts.study.arms import ArmSpec
from xstilts.study.schema import Study
from xstilts.study.training_lists import Setting, settings_among
from xstilts.study.training_numbers import IntermediateNumbers, TrainNumbers
from xstilts.study.tune import LEARNING_RATE

DEFAULT_EPOCHS = 3.0

_RECIPE_FIELDS = {spec.name for spec in fields(Recipe)}


def _set(numbers: TrainNumbers) -> dict[str, Any]:
    """The numbers a section gives, a way to say the length displacing the other one."""
    return {key: value for key in TrainNumbers.model_fields if (value := getattr(numbers, key)) is not None}


def _merge(layers: Iterable[dict[str, Any]]) -> dict[str, Any]:
    merged: dict[str, Any] = {}
    for layer in layers:
        if "updates" in layer:
            merged.pop("epochs", None)
        if "epochs" in layer:
            merged.pop("updates", None)
        merged.update(layer)
    return merged


def _of_task(study: Study, task: str) -> dict[str, Any]:
    """What `train.tasks` gives a task: the numbers of the task that it stands in for, then those under its own name."""
    replaced = [old for old, new in study.substitute.items() if new == task]
    return _merge(_set(study.train.tasks[name]) for name in (*replaced, task) if name in study.train.tasks)


def numbers(study: Study, arm: ArmSpec, role: str, names: tuple[str, ...]) -> dict[str, Any]:
    """All numbers of one phase. `role`: "intermediate", "target", "joint" (which reads the target's section) or
    "language" (which reads neither: its adapter is the same one for every arm and target)."""
    sections = {"intermediate": study.train.intermediate, "language": TrainNumbers()}
    section = sections.get(role, study.train.target)
    fuses = arm.fuses and arm.tuned(role).mode == "frozen"  # a phase of the fusion's attention
    rate = LEARNING_RATE if fuses else arm.tuned(role).learning_rate
    defaults = {"epochs": DEFAULT_EPOCHS} | ({} if rate is None else {"lr": rate})
    layers = [defaults, _set(study.train), _set(section)]
    if len(names) == 1:
        layers.append(_of_task(study, names[0]))
    if role == "intermediate":
        layers.append(_shared_length(study.train.intermediate, arm, len(names)))
    if role != "language":
        layers.append(_set(arm.train_target if role == "target" else arm.train))
    return _merge(layers)


def _shared_length(numbers: IntermediateNumbers, arm: ArmSpec, tasks: int) -> dict[str, Any]:
    """The updates of one phase of `tasks` tasks where they are given for the whole arm, or for each task. A training
    that an arm composes has all of the arm's: it is the one that another arm makes of it alone."""
    if numbers.updates_an_arm is not None:
        return {"updates": max(1, numbers.updates_an_arm // (len(arm.through) if arm.way.is_chain else 1))}
    if numbers.updates_a_task is not None:
        return {"updates": numbers.updates_a_task * tasks}
    return {}


def recipes(study: Study, arm: ArmSpec, role: str, names: tuple[str, ...], precision: str) -> Mapping[Setting, Recipe]:
    """The recipe of a phase, by its setting: one where no number is a list, else one for each combination of values."""
    values = {key: value for key, value in numbers(study, arm, role, names).items() if key in _RECIPE_FIELDS}
    return {setting: Recipe(**{**values, **dict(setting)}, precision=precision) for setting in settings_among(values)}


def recipe(study: Study, arm: ArmSpec, role: str, names: tuple[str, ...], precision: str) -> Recipe:
    """The recipe of a phase whose numbers are no lists."""
    (only,) = recipes(study, arm, role, names, precision).values()
    return only


def max_length(study: Study, task: str, kind: Kind) -> int:
    """Tokens of a sequence of one task: its own number, the study's, or what its kind is used with."""
    return _of_task(study, task).get("max_length") or study.train.max_length or kind.default_max_length
