"""Budgets: what is equal along an axis of sizes: updates, epochs, or (`matched`) how often a row of the intermediate
tasks is seen and the updates of all phases together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import ceil
from typing import Any

from xstilts.core.errors import StudyError
from xstilts.core.settings.training import Recipe
from xstilts.study.arms import ArmSpec
from xstilts.study.hyperparameters import numbers
from xstilts.study.schema import Study
from xstilts.study.sizes import sizes_along
from xstilts.study.training_lists import refuse_listed_lengths


def check_budget(study: Study, target_names: Mapping[str, str]) -> None:
    """Raise StudyError for sizes without a budget, and for phases whose length does not go with it. target_names: the
    task that each target is fine-tuned on."""
    budget = study.take.budget
    refuse_listed_lengths(study)
    if budget is None:
        raise StudyError(
            "Sizes need a 'budget': `updates` (as many at every size: a small set is seen more often), `epochs` (each "
            "row as often at every size: a small set gets fewer updates), or `matched` (epochs, and the target phase "
            "makes up for what a smaller set leaves of the updates).",
            where="take.budget",
        )
    if budget == "matched":
        _check_countable(study)
    for arm, role, found in _lengths(study, target_names):
        wanted = "updates" if budget == "updates" else "epochs"
        if budget == "matched" and role == "target":
            raise StudyError("'matched' is about sizes of intermediate data; give the target one size.",
                             where="take.budget")  # fmt: skip
        if wanted not in found:
            other = "epochs" if wanted == "updates" else "updates"
            raise StudyError(
                f"With `budget: {budget}` the length of the {role} phase of '{arm}' is given in {wanted}, and here it "
                f"is {other}: {found[other]:g}.",
                where="take.budget",
                hint=f"Give `train.{role}.{wanted}`, or another budget.",
            )


def _check_countable(study: Study) -> None:
    """Raise StudyError for arms whose updates nobody can count before files are read, or give to a target phase."""
    for name, arm in study.arms.items():
        if arm.way.mixes_target:
            raise StudyError(
                f"'matched' gives updates to target phases; arm '{name}' has none: its target is mixed with others.",
                where=f"arms.{name}.strategy",
                hint="Leave the arm out, or use another budget.",
            )
        if arm.translated is not None:
            raise StudyError(
                "'matched' counts updates before any file is read, and which rows have a translation is known later.",
                where=f"arms.{name}.translated",
                hint="Leave the arm out, or use another budget.",
            )


def _lengths(study: Study, target_names: Mapping[str, str]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield the numbers of every phase whose rows are a list of sizes: arm, role, numbers."""
    for name, arm in study.arms.items():
        if isinstance(sizes_along(study, arm, "intermediate"), tuple):
            for tasks in _phases_before(study, arm):
                yield name, "intermediate", numbers(study, arm, "intermediate", tasks)
        if isinstance(sizes_along(study, arm, "target"), tuple):
            for target in target_names.values():
                yield name, "target", numbers(study, arm, "target", (target,))


def _phases_before(study: Study, arm: ArmSpec) -> list[tuple[str, ...]]:
    """The tasks of each intermediate phase of an arm, substitutes in their place: of a mixture each once."""
    stages = [(stage,) if isinstance(stage, str) else tuple(stage) for stage in arm.through]
    if stages and not (arm.way.is_chain or arm.way.merges):
        stages = [tuple(name for stage in stages for name in stage)]
    return [tuple(dict.fromkeys(study.substitute.get(name, name) for name in stage)) for stage in stages]


def matched_arms(study: Study, arms: Mapping[str, ArmSpec], target_names: Mapping[str, str]) -> dict[str, ArmSpec]:
    """Give every target phase the updates that the arm with the most intermediate ones leaves.

    Raises StudyError where the target phases have no common length, and for `all` where updates are counted by rows."""
    before = {name: _updates_before(study, arm) for name, arm in arms.items()}
    lengths = {
        numbers(study, arm, "target", (target,)).get("updates")
        for arm in arms.values()
        for target in target_names.values()
    }
    if len(lengths) != 1 or None in lengths:
        raise StudyError(
            "With `budget: matched` the length of all target phases is one number of updates.",
            where="take.budget",
            hint="Give `train.target.updates`, and none of a single target.",
        )
    length = int(lengths.pop() or 0)
    matched = {}
    for name, arm in arms.items():
        longer = arm.train_target.model_copy(update={"updates": length + max(before.values()) - before[name]})
        matched[name] = arm.model_copy(update={"train_target": longer})
    return matched


def _updates_before(study: Study, arm: ArmSpec) -> int:
    """The updates of an arm's intermediate phases, as the schedule of each will have them (`train.schedule`): of the
    tasks, and those of texts on top."""
    times = 1.0 + (arm.mlm.ratio if arm.mlm else 0.0)
    return sum(round(_updates(study, arm, tasks) * times) for tasks in _phases_before(study, arm))


def _updates(study: Study, arm: ArmSpec, tasks: tuple[str, ...]) -> int:
    """The updates of the tasks of one phase. An epoch is all rows of one task, and of a mixture those below the cap."""
    found, size = numbers(study, arm, "intermediate", tasks), sizes_along(study, arm, "intermediate")
    if "updates" in found:
        return int(found["updates"])
    if not isinstance(size, int):
        raise StudyError("'matched' counts updates before any file is read, and `all` has no number of rows.",
                         where="take", hint="Give the largest size as a number.")  # fmt: skip
    cap = arm.sampling.cap if len(tasks) > 1 else None
    rows = min(size, cap or size) * len(tasks)
    return max(1, ceil(rows * found["epochs"] / found.get("batch", Recipe.batch)))
