"""Sizes of training data: what a study may write for one, and which one an arm has.

A list of sizes is an axis: it becomes one arm a size (`study.size_arms`), whose scores are a curve
(`study.size_curves`), along which a budget is equal (`study.size_budget`).
"""

from __future__ import annotations

from collections.abc import Iterable
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


def sorted_sizes(sizes: Iterable[Size]) -> list[Size]:
    return sorted(sizes, key=lambda size: MOST_ROWS + 1 if size == ALL else size)


def sizes_along(study: Study, arm: ArmSpec, axis: str) -> SizesField:
    """The sizes that an arm's data has along an axis: its own, else those of the study."""
    own: SizesField = arm.take if axis == "intermediate" else arm.take_target
    whole: SizesField = study.take.intermediate if axis == "intermediate" else study.take.target
    return whole if own is None else own


def size_of(study: Study, arm: ArmSpec, axis: str) -> Size:
    """The size that an arm's data is cut to along an axis; ALL where it is not."""
    size = sizes_along(study, arm, axis)
    return size if isinstance(size, int) else "all"
