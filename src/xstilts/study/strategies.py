"""Strategies: pure functions from an arm's settings to the checkpoint that is evaluated.

Each takes the pretrained encoder (or the language adapter that lies below all tasks), the intermediate stages (tuples
of parts; a stage of several parts is a mixture), the target's part (None for a target without training data, such as
retrieval) and how to build a phase; it returns the end of the route: a Phase, phases joined, or the encoder itself. The
training loop never hears the word.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from xstilts.core.settings.merging import Composition
from xstilts.study.phase import MergedCheckpoint, MixtureTask, Phase, Start

Stage = tuple[MixtureTask, ...]


class Build(Protocol):
    """Makes one phase. `role` is "intermediate" or "target" and chooses the numbers of the recipe."""

    def __call__(self, start: Start, mix: Stage, role: str) -> Phase: ...


def finish(start: Start, target: MixtureTask | None, build: Build) -> Start:
    """Fine-tunes on the target, or leaves the encoder as it is when the target has no training data."""
    return start if target is None else build(start, (target,), "target")


def direct(encoder: Start, through: tuple[Stage, ...], target: MixtureTask | None, build: Build) -> Start:
    """No intermediate phase: the baseline."""
    return finish(encoder, target, build)


def sequential(encoder: Start, through: tuple[Stage, ...], target: MixtureTask | None, build: Build) -> Start:
    """One phase after the other, then the target."""
    start: Start = encoder
    for stage in through:
        start = build(start, stage, "intermediate")
    return finish(start, target, build)


def multitask(encoder: Start, through: tuple[Stage, ...], target: MixtureTask | None, build: Build) -> Start:
    """All intermediate tasks mixed in one phase, then the target."""
    return finish(build(encoder, _flat(through), "intermediate"), target, build)


def joint(encoder: Start, through: tuple[Stage, ...], target: MixtureTask | None, build: Build) -> Start:
    """The intermediate tasks and the target mixed in one phase; the target's dev score steers selection. A target
    without training data is evaluated after the mixture of the intermediates."""
    if target is None:
        return build(encoder, _flat(through), "intermediate")
    return build(encoder, (*_flat(through), target), "joint")


def compose(how: Composition) -> Strategy:
    """Each stage alone from the encoder, what they learnt joined, then the target."""

    def composed(encoder: Start, through: tuple[Stage, ...], target: MixtureTask | None, build: Build) -> Start:
        parts = tuple(build(encoder, stage, "intermediate") for stage in through)
        return finish(MergedCheckpoint(parts=parts, how=how), target, build)

    return composed


def _flat(through: tuple[Stage, ...]) -> Stage:
    return tuple(dict.fromkeys(part for stage in through for part in stage))


Strategy = Callable[[Start, tuple[Stage, ...], MixtureTask | None, Build], Start]

# `compose` is one for each way to join.
STRATEGIES: Mapping[str, Strategy] = {
    "direct": direct,
    "sequential": sequential,
    "multitask": multitask,
    "multitask-then-target": multitask,
    "joint": joint,
}
