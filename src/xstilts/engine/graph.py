"""The run graph as plain data: which steps there are, who reads whom, and which of them must run."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from xstilts.engine.step import Step

Satisfied = Callable[[Step, tuple[str, ...]], bool]  # done, and whole in these parts


@dataclass(frozen=True, slots=True)
class Demand:
    """`to_run`: inputs before their readers. `reused`: done steps that someone asked for. `parts`: by key, the parts
    of a step that its readers need. Whatever lies behind a reused step was not looked at."""

    to_run: tuple[Step, ...]
    reused: tuple[Step, ...]
    parts: Mapping[str, tuple[str, ...]]


def steps_of(goals: Sequence[Step]) -> tuple[Step, ...]:
    """Every step that the goals stand on, once, inputs before readers, one goal's line finished before the next."""
    order: dict[str, Step] = {}

    def visit(step: Step) -> None:
        if step.key not in order:
            for below in step.inputs.values():
                visit(below)
            order[step.key] = step

    for goal in goals:
        visit(goal)
    return tuple(order.values())


def readers_of(steps: Sequence[Step]) -> dict[str, list[Step]]:
    """By key, the steps among `steps` that read it."""
    readers: dict[str, list[Step]] = {step.key: [] for step in steps}
    for step in steps:
        for below in {below.key: below for below in step.inputs.values()}:
            readers.setdefault(below, []).append(step)
    return readers


def demand(goals: Sequence[Step], satisfied: Satisfied) -> Demand:
    """What must run so that every goal is done.

    A goal that is done is not looked behind. A step that must run asks for its inputs, whole in the parts it `needs`;
    an input that is done but was trimmed of such a part must run again.
    """
    needed: dict[str, set[str]] = {}
    to_run: set[str] = set()
    asked: dict[str, Step] = {}

    def ask(step: Step, parts: tuple[str, ...]) -> None:
        if step.key in asked and needed[step.key].issuperset(parts):
            return
        asked[step.key] = step
        needed.setdefault(step.key, set()).update(parts)
        if step.key in to_run:
            return
        if not satisfied(step, tuple(sorted(needed[step.key]))):
            to_run.add(step.key)
            for below in step.inputs.values():
                ask(below, step.needs)

    for goal in goals:
        ask(goal, ())
    order = steps_of([step for step in asked.values() if step.key in to_run])
    return Demand(
        tuple(step for step in order if step.key in to_run),
        tuple(step for step in asked.values() if step.key not in to_run),
        {key: tuple(sorted(parts)) for key, parts in needed.items()},
    )


def blocked(order: Sequence[Step], failed: Mapping[str, object]) -> dict[str, str]:
    """By key, the steps in `order` that stand on a failed one, with the key of the (first) failed one."""
    culprit: dict[str, str] = {key: key for key in failed}
    for step in order:
        if step.key not in culprit:
            for below in step.inputs.values():
                if below.key in culprit:
                    culprit[step.key] = culprit[below.key]
                    break
    return {step.key: culprit[step.key] for step in order if step.key in culprit and step.key not in failed}
