"""Rows behind the sizes of a study: the examples that each arm is trained on, once its files are read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from xstilts.data.read import apply_views
from xstilts.data.source import View
from xstilts.data.views import Subsample
from xstilts.engine.step import Step
from xstilts.kinds.tokenized import TokenizedRows
from xstilts.pipeline.session import Session
from xstilts.pipeline.steps.train import train_rows
from xstilts.report.scores.inputs import SizedArms
from xstilts.study.size_curves import base_of, size_axes
from xstilts.study.sizes import ALL, size_of

_ROLES = {"intermediate": ("intermediate",), "target": ("target", "joint")}


def rows_of_arm(session: Session, axis: str, arm: str) -> dict[str, int]:
    """Return task -> the examples that there are to train an arm's size on, before the size cuts them; {} where they
    are not read yet."""
    steps = (
        training.step
        for target in session.study.targets
        for seed in session.study.seeds
        for training in session.steps.trainings.get((arm, target, seed), ())
        if training.role in _ROLES[axis]
    )
    rows: dict[str, int] = {}
    for step in dict.fromkeys(steps):
        parts = step.settings.parts
        for i, part in enumerate(parts):
            prepared = step.inputs[train_rows(i)]
            if part.name not in rows and part.added is None and session.store.is_done(prepared):
                rows[part.name] = _examples(session, prepared, part.train_views)
    return rows


def _examples(session: Session, prepared: Step, views: Sequence[View]) -> int:
    uncut = [view for view in views if not isinstance(view, Subsample)]
    place = f"examples of {prepared.key} through {uncut}"
    if place not in session.remembered:
        session.remembered[place] = len(apply_views(uncut, TokenizedRows(session.store.path(prepared)).keys))
    return int(session.remembered[place])


def examples_of_arm(session: Session, axis: str, arm: str) -> int | None:
    """Return the examples of each task that an arm is trained on, along an axis; None where `all` is not read yet, or
    nothing is trained."""
    most = max(rows_of_arm(session, axis, arm).values(), default=None)
    size = size_of(session.study, session.study.arms[arm], axis)
    if size == ALL:
        return most
    return int(size) if most is None else min(int(size), most)


def too_large(session: Session) -> Iterator[str]:
    """One sentence for each size of an axis that no task of its arm has the rows for."""
    for axis in size_axes(session.study):
        for arm, size in axis.points.items():
            rows = rows_of_arm(session, axis.axis, arm)
            if isinstance(size, int) and rows and max(rows.values()) < size:
                there = ", ".join(f"{name} {number:,}" for name, number in rows.items())
                yield (
                    f"take.{axis.axis}: the size {size:,} of '{axis.name}' is larger than the data ({there} examples): "
                    "it would be another name for all of them. Leave it out, or write `all`."
                )


def sized_arms(session: Session) -> Iterator[SizedArms]:
    """Yield the curves of a study, with the examples that each of their arms is trained on."""
    for axis in size_axes(session.study):
        first = next(iter(axis.points))
        has_phase = axis.axis == "target" and session.study.arms[first].way.needs_through
        bases = {arm: base_of(session.study, arm) for arm in axis.points}
        yield SizedArms(
            name=axis.name,
            axis=axis.axis,
            sizes={arm: examples_of_arm(session, axis.axis, arm) for arm in axis.points},
            budget=axis.budget,
            without=tuple(dict.fromkeys(base for arm, base in bases.items() if arm != base)),
            phase_examples=examples_of_arm(session, "intermediate", first) if has_phase else None,
        )
