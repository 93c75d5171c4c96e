"""Sized arms: `take: {intermediate: [250, 500, all], budget: updates}` makes of an arm one arm for each size.

Each is an arm like any other ("nli at 500"), which takes the first rows of one seeded order, so that a smaller set is
in every larger one. What they share with each other is trained once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import product
from typing import Any

from xstilts.core.errors import StudyError
from xstilts.study.arms import ArmSpec
from xstilts.study.schema import Study
from xstilts.study.size_budget import check_budget, matched_arms
from xstilts.study.sizes import AXES, Size, sizes_along, sorted_sizes

SizePair = tuple[Size | None, Size | None]  # of the intermediate data, of the target's; None: not from a list


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
    check_budget(study, target_names)
    if takes.budget == "matched":
        arms = matched_arms(study, arms, target_names)
    changes: dict[str, Any] = {"arms": arms, "contrasts": _contrasts(study, made)}
    if study.baseline in made:
        changes["baseline"] = list(made[study.baseline])[-1]
    lists = {axis: None for axis in AXES if isinstance(getattr(takes, axis), tuple)}
    changes["take"] = takes.model_copy(update=lists)
    return study.model_copy(update=changes)


def _sizes_of(study: Study, arm: ArmSpec) -> list[SizePair]:
    """The sizes of an arm's lists, of the intermediate data and of the target's; None in the place of no list."""
    before = sizes_along(study, arm, "intermediate") if arm.way.needs_through else None
    last = sizes_along(study, arm, "target")
    befores: Sequence[Size | None] = before if isinstance(before, tuple) else (None,)
    lasts: Sequence[Size | None] = last if isinstance(last, tuple) else (None,)
    return list(product(befores, lasts))


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
