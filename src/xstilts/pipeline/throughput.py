"""The throughput of this store's steps: the speeds a plan reckons with once something has been run. Loads no torch."""

from __future__ import annotations

import statistics
from collections.abc import Hashable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple

from xstilts.engine.store import Store
from xstilts.pipeline.estimates import Speed
from xstilts.pipeline.steps import STEP_KINDS, train
from xstilts.pipeline.steps.base import StepKind
from xstilts.pipeline.steps.predict import CHECKPOINT

Record = Mapping[str, Any]
MOST_START = 15.0  # seconds that a step may take to start; what is longer is work
PRIOR_STEPS = 4  # steps that the nominal start weighs as much as
LEAST_WORK = 0.5  # seconds that a step's tokens should take, at the nominal speed, for it to tell a speed


class Timing(NamedTuple):
    """The seconds that a done step took, and its tokens."""

    tokens: float
    seconds: float


def fitted(timings: Sequence[Timing], nominal: Speed) -> Speed:
    """The speed that these steps show.

    A step's seconds are those of its start (imports, loading, writing) and those of its tokens. The start is what the
    quickest step took beyond the nominal time of its tokens, at least the nominal start and at most `MOST_START`. The
    tokens a second are the median over steps that took at least twice the start and had enough tokens to tell; where
    there is none, the nominal ones. So a study of eight rows says how long a start takes, and nothing of the rest; and
    as a few steps may have met a busy machine, the nominal start counts as much as `PRIOR_STEPS` of them.
    """
    if not timings:
        return nominal
    quickest = min(timing.seconds - timing.tokens / nominal.tokens for timing in timings)
    start = min(max(quickest, nominal.start), max(MOST_START, nominal.start))
    enough = nominal.tokens * LEAST_WORK
    rates = [
        timing.tokens / (timing.seconds - start)
        for timing in timings
        if timing.tokens >= enough and timing.seconds >= 2 * start and timing.seconds > 0
    ]
    believed = (PRIOR_STEPS * nominal.start + len(timings) * start) / (PRIOR_STEPS + len(timings))
    return Speed(start=believed, tokens=statistics.median(rates) if rates else nominal.tokens, steps=len(timings))


class Throughput:
    """Speeds by kind of step, measured with the done steps of a store.

    Trainings and predictions count where the pretrained encoder below them is `encoder` (an identity) and, with a
    `device`, where they ran on one of its sort ("cpu", "cuda").
    """

    def __init__(self, store: Store, encoder: str, device: str | None = None) -> None:
        self.store, self.encoder = store, encoder
        self.device = device and _sort(device)
        self._speeds: dict[tuple[str, Hashable], Speed] = {}
        self._timings: dict[str, dict[Hashable, list[Timing]]] = {}

    def speed(self, kind: StepKind, nominal: Speed, key: Hashable = ()) -> Speed:
        """Return the speed of the steps of a kind whose settings have this key (see `StepKind.speed_key`)."""
        if (kind.name, key) not in self._speeds:
            if kind.name not in self._timings:
                self._timings[kind.name] = self._read_timings(kind)
            self._speeds[kind.name, key] = fitted(self._timings[kind.name].get(key, []), nominal)
        return self._speeds[kind.name, key]

    @property
    def measured(self) -> dict[str, int]:
        """Kind of step -> how many steps its speed was measured with, of those that were asked for."""
        steps = {name: speed.steps for (name, _), speed in self._speeds.items() if speed.steps}
        return {kind.name: steps[kind.name] for kind in STEP_KINDS if kind.name in steps}

    def _read_timings(self, kind: StepKind) -> dict[Hashable, list[Timing]]:
        timings: dict[Hashable, list[Timing]] = {}
        for folder, record in self.store.records(kind.name):
            if kind.tokens_done is None or (kind.speed_depends_on_encoder and not self._is_comparable(record)):
                continue
            inputs = {name: self.store.root / "steps" / key for name, key in record["inputs"].items()}
            if tokens := kind.tokens_done(folder, inputs):
                key = kind.speed_key(record["settings"])
                timings.setdefault(key, []).append(Timing(tokens, record["seconds"]))
        return timings

    def _is_comparable(self, record: Record) -> bool:
        if self.device is not None and _sort(record["device"]) != self.device:
            return False
        encoders = (step["settings"].get("encoder") for step in self._chain(record))
        return next((at.get("identity") for at in encoders if at), None) == self.encoder

    def _chain(self, record: Record | None) -> Iterator[Record]:
        """A training or a prediction and the trainings below it, down to the one that started from the encoder."""
        while record is not None:
            yield record
            inputs = record["inputs"]
            record = self._trainings.get(inputs.get(CHECKPOINT) or inputs.get(train.START, ""))

    @cached_property
    def _trainings(self) -> dict[str, Record]:
        return {record["key"]: record for _, record in self.store.records(train.KIND.name)}


def _sort(device: str) -> str:
    return device.partition(":")[0]
