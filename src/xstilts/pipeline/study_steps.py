"""The steps of a study: which score and which trainings belong to each route."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from xstilts.engine.step import Step
from xstilts.pipeline.kept_weights import KeptWeights
from xstilts.study.forgetting import ForgettingProbe
from xstilts.study.settings_sweep import SweepPoint
from xstilts.study.stress import StressCondition

RouteKey = tuple[str, str, int]  # arm, target, seed


class RouteTraining(NamedTuple):
    """One training of a route: its step, what it trains ("mnli + squad1"), and the role of that in this route."""

    step: Step
    name: str
    role: str


class SweptScore(NamedTuple):
    """A route's score with other values of a sweep than the reported ones, and what is trained for it alone."""

    point: SweepPoint
    step: Step
    trainings: tuple[RouteTraining, ...]


class RouteChoice(NamedTuple):
    """A choice of a route: the step that makes it, what the training that it is about trains, and its role."""

    step: Step
    name: str
    role: str
    chosen: int | None


class StressedScore(NamedTuple):
    """A route's score on perturbed inputs, by the checkpoint of its own score. None: no language of the target can be
    perturbed so. `lacking`: languages that cannot, and why."""

    condition: StressCondition
    step: Step | None
    lacking: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class StudySteps:
    """The steps of a study.

    Attributes:
        scores: the score step of each route.
        trainings: what each route's score stands on, first to last.
        swept: the same routes with the other values of their targets' sweeps.
        stressed: the same routes on perturbed inputs.
        weights: what becomes of the weights of all trainings.
        forgetting_probes: earlier tasks that are scored again, and the steps that do so.
        choices: what is chosen on dev sets for the same routes, first to last.
    """

    scores: Mapping[RouteKey, Step]
    trainings: Mapping[RouteKey, tuple[RouteTraining, ...]]
    weights: KeptWeights
    forgetting_probes: tuple[tuple[ForgettingProbe, Step], ...] = ()
    swept: Mapping[RouteKey, tuple[SweptScore, ...]] = field(default_factory=dict)
    stressed: Mapping[RouteKey, tuple[StressedScore, ...]] = field(default_factory=dict)
    choices: Mapping[RouteKey, tuple[RouteChoice, ...]] = field(default_factory=dict)

    @property
    def stress_steps(self) -> tuple[Step, ...]:
        """The score steps on perturbed inputs, each once: routes that end in one checkpoint share them."""
        steps = (score.step for scores in self.stressed.values() for score in scores)
        return tuple({step.key: step for step in steps if step is not None}.values())

    def all_trainings(self, key: RouteKey) -> tuple[RouteTraining, ...]:
        """Return the trainings of a route, those of its target's sweep behind them."""
        swept = (training for score in self.swept.get(key, ()) for training in score.trainings)
        return (*self.trainings[key], *swept)
