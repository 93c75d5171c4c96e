"""A forecast of a run: which steps are reused, which run, and what they will cost. Loads no torch."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from xstilts.core.collection import deferred_collection
from xstilts.engine.graph import demand, steps_of
from xstilts.engine.step import Step
from xstilts.pipeline.estimates import Size, Speed, encoder_bytes
from xstilts.pipeline.sampled_sizes import Sampler
from xstilts.pipeline.session import Session
from xstilts.pipeline.steps import kind_of, prepare
from xstilts.pipeline.steps.base import Cost, StepKind
from xstilts.pipeline.throughput import Throughput
from xstilts.study.expand import Sharing, sharing

MOST_LOOKS = 60  # files that a plan looks into


@dataclass(frozen=True, kw_only=True)
class StepForecast:
    key: str
    name: str
    label: str
    reused: bool
    tokens: float
    updates: int
    seconds: float
    bytes: float
    flops: float | None  # floating-point operations; None where nobody counts them
    counted: bool  # False: tokens are estimated from file sizes


@dataclass(frozen=True, kw_only=True)
class Forecast:
    steps: tuple[StepForecast, ...]
    sharing: Sharing
    peak_bytes: float  # weights and prepared files on disk at once, at most
    again: tuple[str, ...]  # keys of done steps that run again, since their weights were not kept
    again_seconds: float  # what training all targets takes: the price of a further test language without their weights
    measured: Mapping[str, int]  # kind of step -> how many steps of this store its speed was measured with
    dear_dev_sets: Mapping[str, float] = field(default_factory=dict)  # see `dear_dev_sets`

    @property
    def notes(self) -> list[str]:
        """What is to be said of its costs, a sentence each."""
        return [
            f"{task}: looking at its dev set costs {times:.1f} times what its training does; less `dev_examples` or a "
            "longer `evaluate_every` under `train` costs less."
            for task, times in self.dear_dev_sets.items()
        ]

    @property
    def to_run(self) -> list[StepForecast]:
        return [step for step in self.steps if not step.reused]

    @property
    def flops(self) -> float | None:
        """The operations of the trainings and predictions that are to be run; None where the encoder is not known."""
        counted = [step.flops for step in self.to_run if step.flops is not None]
        return sum(counted) if counted or not self.to_run else None

    @property
    def seconds(self) -> dict[str, float]:
        """Kind of step -> seconds that are to be spent on it."""
        spent = dict.fromkeys((step.name for step in self.to_run), 0.0)
        for step in self.to_run:
            spent[step.name] += step.seconds
        return spent


class StoreEstimator:
    """An estimator that knows the study's encoder and what its store holds: each is looked up once."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.device = session.options.device or "cpu"
        self.throughput = Throughput(session.store, session.encoder.ref.identity, session.options.device)
        self.sampler = Sampler(session.encoder)
        self._sizes: dict[str, Size] = {}
        self._looked = 0

    @cached_property
    def encoder_config(self) -> Mapping[str, Any]:
        return self.session.encoder.config()

    @cached_property
    def encoder_bytes(self) -> float:
        return encoder_bytes(self.session.encoder)

    def size(self, step: Step) -> Size:
        known = self._sizes.get(step.key)
        if known is None:
            store = self.session.store
            done = store.files(step, prepare.COUNT_FILES) if store.is_done(step) else None
            looked = self._sampled(step) if done is None else None
            known = self._sizes[step.key] = looked or prepare.size(step, done)
        return known

    def _sampled(self, step: Step) -> Size | None:
        """The size of a training or dev file, as its first rows tell; None of others, and after many of them."""
        if step.about["use"] not in ("train", "dev") or self._looked >= MOST_LOOKS:
            return None
        self._looked += 1
        return self.sampler.size(step.settings)

    def speed(self, kind: StepKind, nominal: Speed, key: Hashable = ()) -> Speed:
        return self.throughput.speed(kind, nominal, key)


@deferred_collection()
def forecast(session: Session) -> Forecast:
    """Looks at the store and adds up; nothing is run and nothing written."""
    estimator = StoreEstimator(session)
    goals = session.goals
    to_run = {step.key for step in demand(goals, session.store.is_whole, session.steps.weights.parts).to_run}
    steps = steps_of(goals)
    for step in {step.name: step for step in steps}.values():
        kind_of(step).estimate(step, estimator)  # a plan names the measured speeds where nothing is left to run as well
    costs = {step.key: kind_of(step).estimate(step, estimator) for step in steps if step.key in to_run}
    by_key = {step.key: step for step in steps}
    kept_bytes = sum(cost.bytes for key, cost in costs.items() if key not in session.steps.weights.trims)
    trains = any(kind_of(step).is_training for step in steps if step.key in to_run)
    return Forecast(
        steps=tuple(_step_forecast(step, costs.get(step.key)) for step in steps),
        sharing=sharing(list(session.routes)),
        peak_bytes=kept_bytes + (3 * estimator.encoder_bytes if trains else 0.0),
        again=tuple(key for key in costs if session.store.is_done(by_key[key])),
        again_seconds=sum(
            (costs.get(step.key) or kind_of(step).estimate(step, estimator)).seconds
            for step in session.steps.weights.targets
        ),
        measured=estimator.throughput.measured,
        dear_dev_sets=dear_dev_sets((step, costs[step.key]) for step in steps if step.key in costs),
    )


def dear_dev_sets(costs: Iterable[tuple[Step, Cost]]) -> dict[str, float]:
    """Return the trainings whose dev sets cost more than they do, each with how many times as much; of several seeds
    and arms the most."""
    found: dict[str, float] = {}
    for step, cost in costs:
        if cost.dev_tokens > cost.tokens > 0:
            name = step.about.get("task", step.label)
            found[name] = max(found.get(name, 0.0), cost.dev_tokens / cost.tokens)
    return found


def _step_forecast(step: Step, cost: Cost | None) -> StepForecast:
    """`cost`: None for a step that is reused."""
    spent = cost or Cost()
    return StepForecast(
        key=step.key,
        name=step.name,
        label=step.label,
        reused=cost is None,
        tokens=spent.tokens,
        updates=spent.updates,
        seconds=spent.seconds,
        bytes=spent.bytes,
        flops=spent.flops,
        counted=spent.counted,
    )
