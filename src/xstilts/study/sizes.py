"""Sizes as an axis: `take: {intermediate: [250, 500, all], budget: updates}` makes of an arm one arm for each size.

Each is an arm like any other ("nli at 500"), which takes the first rows of one seeded order, so that a smaller set is
in every larger one. What they share with each other is trained once. Arms that differ in nothing but a size are a
curve, written by a list or one by one.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import ceil
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, PlainSerializer, WrapValidator

from xstilts.core.errors import StudyError
from xstilts.study.strict_model import refused

if TYPE_CHECKING:
    from xstilts.study.arms import ArmSpec
    from xstilts.study.schema import Study

ALL = "all"
MOST_ROWS = 10**12
AXES = ("intermediate", "target")
Size = int | Literal["all"]
SizePair = tuple[Size | None, Size | None]  # of the intermediate data, of the target's; None: not from a list


def _sizes(value: Any, check: Any) -> Any:
    """A number, `all`, or a list of them, which is an axis. Smallest first."""
    if value == ALL:
        return ALL
    if not isinstance(value, list | tuple):
        return check(value)
    if len(value) < 2:
        raise ValueError("a list of sizes is an axis of two or more; give one as a number")
    for number, one in enumerate(value):
        if one != ALL and (isinstance(one, bool) or not isinstance(one, int) or not 1 <= one <= MOST_ROWS):
            raise refused(StudyError(f"'{one}' is no size: a whole number of 1 or more, or `all`."), number)
        if one in value[:number]:
            raise refused(StudyError(f"The size '{one}' stands here twice."), number)
    return tuple(sorted_sizes(value))


if TYPE_CHECKING:
    SizesField = Size | tuple[Size, ...] | None
else:
    SizesField = Annotated[
        int | None,
        Field(ge=1, le=MOST_ROWS),
        WrapValidator(_sizes),
        PlainSerializer(lambda value: list(value) if isinstance(value, tuple) else value),
    ]


def number_of(size: SizesField) -> int | None:
    """The number that a size cuts off at; None where it does not cut. A list is none: it has become arms."""
    return size if isinstance(size, int) else None


def with_size_arms(study: Study, target_names: Mapping[str, str]) -> Study:
    """Return the study with one arm for each size, and contrasts of sized arms once for each of theirs.

    target_names: the task that each target is fine-tuned on. Raises StudyError for sizes without a `budget`, for
    lengths that do not go with it, and where an arm has the name of a sized one already."""
    takes = study.take
    arms: dict[str, ArmSpec] = {}
    made: dict[str, dict[str, ArmSpec]] = {}
    for name, arm in study.arms.items():
        sized = {name + _mark(*sizes): _of_sizes(arm, *sizes) for sizes in _sizes_of(study, arm)}
        if name in sized:
            arms[name] = arm
            continue
        made[name] = sized
        for one, spec in sized.items():
            if one in study.arms:
                raise StudyError(f"There is an arm '{one}' beside the sizes of '{name}'.", where=f"arms.{one}")
            arms[one] = spec
    if not made:
        return study
    _check_budget(study, target_names)
    if takes.budget == "matched":
        arms = _matched(study, arms, target_names)
    changes: dict[str, Any] = {"arms": arms, "contrasts": _contrasts(study, made)}
    if study.baseline in made:
        changes["baseline"] = list(made[study.baseline])[-1]
    lists = {axis: None for axis in AXES if isinstance(getattr(takes, axis), tuple)}
    changes["take"] = takes.model_copy(update=lists)
    return study.model_copy(update=changes)


def _sizes_of(study: Study, arm: ArmSpec) -> list[SizePair]:
    """The sizes of an arm's lists, of the intermediate data and of the target's; None in the place of no list."""
    before = _own(study, arm, "intermediate") if arm.way.needs_through else None
    last = _own(study, arm, "target")
    befores: Sequence[Size | None] = before if isinstance(before, tuple) else (None,)
    lasts: Sequence[Size | None] = last if isinstance(last, tuple) else (None,)
    return list(product(befores, lasts))


def _own(study: Study, arm: ArmSpec, axis: str) -> SizesField:
    own: SizesField = arm.take if axis == "intermediate" else arm.take_target
    whole: SizesField = study.take.intermediate if axis == "intermediate" else study.take.target
    return whole if own is None else own


def _of_sizes(arm: ArmSpec, before: Size | None, last: Size | None) -> ArmSpec:
    sizes = {key: size for key, size in (("take", before), ("take_target", last)) if size is not None}
    return arm.model_copy(update=sizes)


def _mark(before: Size | None, last: Size | None) -> str:
    """What stands behind the name of a sized arm: " at 500", ", target at 250"."""
    return (f" at {before}" if before is not None else "") + (f", target at {last}" if last is not None else "")


def _contrasts(study: Study, made: Mapping[str, Mapping[str, ArmSpec]]) -> dict[str, Mapping[str, float]]:
    """A contrast that names arms with lists, once for each size that all of them have; other arms stay as they are."""
    contrasts: dict[str, Mapping[str, float]] = {}
    for name, weights in study.contrasts.items():
        lists = {arm: _sizes_of(study, study.arms[arm]) for arm in weights if arm in made}
        if not lists:
            contrasts[name] = weights
            continue
        pairs = [pair for of_arm in lists.values() for pair in of_arm]
        for sizes in product(_distinct(before for before, _ in pairs), _distinct(last for _, last in pairs)):
            chosen = {arm: _at(of_arm, sizes) for arm, of_arm in lists.items()}
            if None not in chosen.values():
                sized = {arm: arm + _mark(*pair) for arm, pair in chosen.items() if pair is not None}
                contrasts[name + _mark(*sizes)] = {sized.get(arm, arm): weight for arm, weight in weights.items()}
    return contrasts


def _distinct(sizes: Iterable[Size | None]) -> Sequence[Size | None]:
    """Each size once, in order; None alone where there is none."""
    return sorted_sizes({size for size in sizes if size is not None}) or (None,)


def _at(pairs: Iterable[SizePair], sizes: SizePair) -> SizePair | None:
    """The first of the pairs that is at these sizes; where it has none of its own, it is at every one."""
    return next((pair for pair in pairs if all(x in (None, y) for x, y in zip(pair, sizes, strict=True))), None)


def sorted_sizes(sizes: Iterable[Size]) -> list[Size]:
    return sorted(sizes, key=lambda size: MOST_ROWS + 1 if size == ALL else size)


def base_of(study: Study, arm: str) -> str:
    """The arm that another one is compared with: the baseline, at the same size of the target's data if it has it."""
    base, size = study.arms[study.base], size_of(study, study.arms[arm], "target")
    if size_of(study, base, "target") == size:
        return study.base
    alike = (
        name
        for name, other in study.arms.items()
        if size_of(study, other, "target") == size
        and _without(study, other, "take_target") == _without(study, base, "take_target")
    )
    return next(alike, study.base)


def _lengths(study: Study, target_names: Mapping[str, str]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield the numbers of every phase whose rows are a list of sizes: arm, role, numbers."""
    from xstilts.study.hyperparameters import numbers

    for name, arm in study.arms.items():
        if arm.way.needs_through and isinstance(_own(study, arm, "intermediate"), tuple):
            for stage in arm.through:
                yield name, "intermediate", numbers(study, arm, "intermediate", _names(stage))
        if isinstance(_own(study, arm, "target"), tuple):
            for target in target_names.values():
                yield name, "target", numbers(study, arm, "target", (target,))


def _names(stage: str | tuple[str, ...]) -> tuple[str, ...]:
    return (stage,) if isinstance(stage, str) else tuple(stage)


def _check_budget(study: Study, target_names: Mapping[str, str]) -> None:
    budget = study.take.budget
    if budget is None:
        raise StudyError(
            "Sizes need a 'budget': `updates` (as many at every size: a small set is seen more often), `epochs` (each "
            "row as often at every size: a small set gets fewer updates), or `matched` (epochs, and the target phase "
            "makes up for what a smaller set leaves of the updates).",
            where="take.budget",
        )
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


def _matched(study: Study, arms: Mapping[str, ArmSpec], target_names: Mapping[str, str]) -> dict[str, ArmSpec]:
    """Give every target phase the updates that the arm with the most intermediate ones leaves."""
    before = {name: _updates_before(study, arm) for name, arm in arms.items()}
    lengths = {
        numbers_of(study, arm, target).get("updates") for arm in arms.values() for target in target_names.values()
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


def numbers_of(study: Study, arm: ArmSpec, target: str) -> dict[str, Any]:
    """The numbers of an arm's target phase."""
    from xstilts.study.hyperparameters import numbers

    return numbers(study, arm, "target", (target,))


def _updates_before(study: Study, arm: ArmSpec) -> int:
    """The updates of an arm's intermediate phases, from their epochs and the sizes of their data."""
    from xstilts.study.hyperparameters import numbers

    total, size = 0, _own(study, arm, "intermediate")
    for stage in arm.through:
        found = numbers(study, arm, "intermediate", _names(stage))
        if "updates" not in found and not isinstance(size, int):
            raise StudyError("'matched' counts updates before any file is read, and `all` has no number of rows.",
                             where="take", hint="Give the largest size as a number.")  # fmt: skip
        rows = size * len(_names(stage)) if isinstance(size, int) else 0
        total += found.get("updates") or ceil(found["epochs"] * rows / (found.get("batch") or _batch()))
    return total


def _batch() -> int:
    from xstilts.core.settings.training import Recipe

    return Recipe.batch


@dataclass(frozen=True, kw_only=True)
class SizeAxis:
    """Arms that are one curve: they differ in one size alone.

    axis: "intermediate" or "target". points: arm -> size, smallest first. other: the size that they share, of the other
    axis. budget: "updates", "epochs" or "matched"; "" where it was not said.
    """

    name: str
    axis: str
    points: Mapping[str, Size]
    other: Size
    budget: str = ""


def size_axes(study: Study) -> tuple[SizeAxis, ...]:
    """Return the curves of a study, its sizes made arms: two or more arms that are equal but for one size."""
    found: list[SizeAxis] = []
    for axis, key in (("intermediate", "take"), ("target", "take_target")):
        groups: dict[str, dict[str, Size]] = {}
        for name, arm in study.arms.items():
            if axis == "target" or arm.way.needs_through:
                groups.setdefault(_without(study, arm, key), {})[name] = size_of(study, arm, axis)
        for points in groups.values():
            if len(points) > 1 and len(set(points.values())) == len(points):
                other = size_of(study, study.arms[next(iter(points))], AXES[1 - AXES.index(axis)])
                ordered = {arm: size for size in sorted_sizes(points.values()) for arm in points if points[arm] == size}
                found.append(SizeAxis(name=_common_name(points, axis), axis=axis, points=ordered, other=other,
                                      budget=study.take.budget or ""))  # fmt: skip
    return tuple(found)


def _without(study: Study, arm: ArmSpec, key: str) -> str:
    """An arm without its size, and without the updates that `matched` gives it."""
    given = {"train_target": {"updates"}} if study.take.budget == "matched" else {}
    return json.dumps(arm.model_dump(mode="json", exclude={key: True, **given}), sort_keys=True)


def size_of(study: Study, arm: ArmSpec, axis: str) -> Size:
    """The size that an arm's data is cut to along an axis; ALL where it is not."""
    size = _own(study, arm, axis)
    return size if isinstance(size, int) else "all"


def _common_name(points: Mapping[str, Size], axis: str) -> str:
    """The name that a list of sizes was written under; else the arms' names."""
    mark = " at " if axis == "intermediate" else ", target at "
    names = set()
    for name, size in points.items():
        before, found, after = name.partition(f"{mark}{size}")
        names.add(before + after if found else name)
    return names.pop() if len(names) == 1 else ", ".join(points)
