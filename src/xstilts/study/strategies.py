"""Strategies: values with a pure function from an arm's tasks to the checkpoint that is evaluated.

A new one is a function and a line in `STRATEGIES`: the study's schema and its checks are made of them. The training
loop never hears the word.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from xstilts.core.settings.merging import Composition
from xstilts.study.merging import check_merged_arm
from xstilts.study.phase import MergedCheckpoint, MixtureTask, Phase, Start

if TYPE_CHECKING:
    from xstilts.study.arms import ArmSpec

Stage = tuple[MixtureTask, ...]


class BuildPhase(Protocol):
    """Makes one phase. `role` is "intermediate", "target" or "joint" and chooses the numbers of the recipe."""

    def __call__(self, start: Start, mix: Stage, role: str) -> Phase: ...


@dataclass(frozen=True, kw_only=True)
class RouteParts:
    """The parts of an arm that a strategy makes a route of.

    start: the pretrained encoder, a published adapter, or the language adapter below all tasks.
    stages: the intermediate tasks; a stage of several is a mixture.
    target: None for a target without training data, such as retrieval.
    merge: how trainings from one start become one, None where the arm says none.
    """

    start: Start
    stages: tuple[Stage, ...]
    target: MixtureTask | None
    build: BuildPhase
    merge: Composition | None = None

    @property
    def mixture(self) -> Stage:
        """All intermediate tasks, each once."""
        return tuple(dict.fromkeys(part for stage in self.stages for part in stage))

    def finish(self, start: Start) -> Start:
        """Fine-tune on the target, or leave the checkpoint as it is when the target has no training data."""
        return start if self.target is None else self.build(start, (self.target,), "target")


@dataclass(frozen=True, kw_only=True)
class Strategy:
    """A way from an arm to a route.

    run: returns the end of the route: a phase, phases merged, or the start itself.
    needs_through: whether it has intermediate phases.
    is_chain: its stages are trained one after the other, and share the updates of the arm.
    merges: it joins what was trained apart, as the arm's `join` says.
    mixes_target: the target may be trained in one phase with other tasks.
    checks: each raises ValueError for an arm that the strategy cannot run.
    """

    name: str
    run: Callable[[RouteParts], Start]
    needs_through: bool = True
    is_chain: bool = False
    merges: bool = False
    mixes_target: bool = False
    checks: tuple[Callable[[ArmSpec], None], ...] = ()


def direct(parts: RouteParts) -> Start:
    """No intermediate phase: the baseline."""
    return parts.finish(parts.start)


def sequential(parts: RouteParts) -> Start:
    """One phase after the other, then the target."""
    start = parts.start
    for stage in parts.stages:
        start = parts.build(start, stage, "intermediate")
    return parts.finish(start)


def multitask(parts: RouteParts) -> Start:
    """All intermediate tasks mixed in one phase, then the target."""
    return parts.finish(parts.build(parts.start, parts.mixture, "intermediate"))


def joint(parts: RouteParts) -> Start:
    """The intermediate tasks and the target mixed in one phase; the target's dev score steers selection. A target
    without training data is evaluated after the mixture of the intermediates."""
    if parts.target is None:
        return parts.build(parts.start, parts.mixture, "intermediate")
    return parts.build(parts.start, (*parts.mixture, parts.target), "joint")


def compose(parts: RouteParts) -> Start:
    """Each stage alone from the start, what they learnt merged, then the target."""
    assert parts.merge is not None  # the checks of an arm see to it
    trainings = tuple(parts.build(parts.start, stage, "intermediate") for stage in parts.stages)
    return parts.finish(MergedCheckpoint(parts=trainings, how=parts.merge))


STRATEGIES: tuple[Strategy, ...] = (
    Strategy(name="direct", run=direct, needs_through=False),
    Strategy(name="sequential", run=sequential, is_chain=True),
    Strategy(name="multitask", run=multitask),
    Strategy(name="multitask-then-target", run=multitask),
    Strategy(name="joint", run=joint, mixes_target=True),
    Strategy(name="compose", run=compose, merges=True, checks=(check_merged_arm,)),
)


def strategy_names() -> list[str]:
    return [strategy.name for strategy in STRATEGIES]


def strategy_named(name: str) -> Strategy:
    """The strategy of this name; the schema has checked that there is one."""
    return next(strategy for strategy in STRATEGIES if strategy.name == name)
