"""The run graph as plain data: which steps there are, who reads whom, and which of them must run."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from xstilts.engine.step import Step

Satisfied = Callable[[Step, tuple[str, ...]], bool]  # done, and whole in these parts


@dataclass(frozen=True, slots=True)
class Demand:
    """`to_run`: inputs before their readers. `reused`: done steps that someone asked for. `parts`: by key, the parts
    of a step that its readers need. The inputs of a reused step were not looked at."""

    to_run: tuple[Step, ...]
    reused: tuple[Step, ...]
    parts: Mapping[str, tuple[str, ...]]


def steps_of(goals: Sequence[Step]) -> tuple[Step, ...]:
    """Return every step that the goals depend on, once, inputs before readers, one goal's line before the next."""
    order: dict[str, Step] = {}

    def visit(step: Step) -> None:  # one that is not in the order yet: most inputs are, so they are not asked again
        for input_step in step.inputs.values():
            if input_step.key not in order:
                visit(input_step)
        order[step.key] = step

    for goal in goals:
        if goal.key not in order:
            visit(goal)
    return tuple(order.values())


def readers_of(steps: Sequence[Step]) -> dict[str, list[Step]]:
    """Return, by key, the steps among `steps` that read it."""
    readers: dict[str, list[Step]] = {step.key: [] for step in steps}
    for step in steps:
        for input_key in {input_step.key for input_step in step.inputs.values()}:
            readers.setdefault(input_key, []).append(step)
    return readers


def demand(goals: Sequence[Step], satisfied: Satisfied, kept: Mapping[str, tuple[str, ...]] | None = None) -> Demand:
    """Return what must run so that every goal is done.

    The inputs of a goal that is done are not looked at. A step that must run asks for its inputs, whole in the parts it
    `needs`; an input that is done but was trimmed of such a part must run again. `kept`: parts that goals must have, by
    key; a goal that is done but was trimmed of one must run again, too.
    """
    needed: dict[str, set[str]] = {}
    to_run: set[str] = set()
    requested: dict[str, Step] = {}

    def request(step: Step, parts: tuple[str, ...]) -> None:
        if step.key in requested and needed[step.key].issuperset(parts):
            return
        requested[step.key] = step
        needed.setdefault(step.key, set()).update(parts)
        if step.key in to_run:
            return
        if not satisfied(step, tuple(sorted(needed[step.key]))):
            to_run.add(step.key)
            needs = step.needs
            for input_step in step.inputs.values():
                if needs or input_step.key not in requested:
                    request(input_step, needs)

    for goal in goals:
        request(goal, (kept or {}).get(goal.key, ()))
    order = steps_of([step for step in requested.values() if step.key in to_run])
    return Demand(
        tuple(step for step in order if step.key in to_run),
        tuple(step for step in requested.values() if step.key not in to_run),
        {key: tuple(sorted(parts)) for key, parts in needed.items()},
    )


def blocked(order: Sequence[Step], failed: Mapping[str, object]) -> dict[str, str]:
    """Return, by key, the steps in `order` that depend on a failed one, with the key of the (first) failed one."""
    failed_by: dict[str, str] = {key: key for key in failed}
    for step in order:
        if step.key not in failed_by:
            for input_step in step.inputs.values():
                if input_step.key in failed_by:
                    failed_by[step.key] = failed_by[input_step.key]
                    break
    return {step.key: failed_by[step.key] for step in order if step.key in failed_by and step.key not in failed}
