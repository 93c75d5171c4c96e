"""Curves of arms: those that differ in nothing but a size, written by a list or one by one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from xstilts.study.arms import ArmSpec
from xstilts.study.schema import Study
from xstilts.study.sizes import AXES, Size, size_of, sorted_sizes


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


def _without(study: Study, arm: ArmSpec, key: str) -> str:
    """An arm without its size, and without the updates that `matched` gives it."""
    given = {"train_target": {"updates"}} if study.take.budget == "matched" else {}
    return json.dumps(arm.model_dump(mode="json", exclude={key: True, **given}), sort_keys=True)


def _common_name(points: Mapping[str, Size], axis: str) -> str:
    """The name that a list of sizes was written under; else the arms' names."""
    mark = " at " if axis == "intermediate" else ", target at "
    names = set()
    for name, size in points.items():
        before, found, after = name.partition(f"{mark}{size}")
        names.add(before + after if found else name)
    return names.pop() if len(names) == 1 else ", ".join(points)
