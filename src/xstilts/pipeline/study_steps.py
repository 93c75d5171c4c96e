"""The steps of a study: which score and which trainings belong to each route."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from xstilts.engine.step import Step
from xstilts.pipeline.kept_weights import KeptWeights
from xstilts.study.forgetting import ForgettingProbe

RouteKey = tuple[str, str, int]  # arm, target, seed


class RouteTraining(NamedTuple):
    """One training of a route: its step, what it trains ("mnli + squad1"), and the role of that in this route."""

    step: Step
    name: str
    role: str


@dataclass(frozen=True, kw_only=True)
class StudySteps:
    """The steps of a study.

    Attributes:
        scores: the score step of each route.
        trainings: what each route's score stands on, first to last.
        weights: what becomes of the weights of all trainings.
        forgetting_probes: earlier tasks that are scored again, and the steps that do so.
    """

    scores: Mapping[RouteKey, Step]
    trainings: Mapping[RouteKey, tuple[RouteTraining, ...]]
    weights: KeptWeights
    forgetting_probes: tuple[tuple[ForgettingProbe, Step], ...] = ()
