"""The overhead of a study: how much of its time is not training, but reading, tokenising, predicting, scoring."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from xstilts.report.elements import formatting
from xstilts.report.scores.inputs import StepInfo


@dataclass(frozen=True, kw_only=True)
class TimeSpent:
    """Compute seconds by kind of step. `training`: the kinds that are training.

    >>> spent = TimeSpent(seconds={"prepare": 4.0, "train": 90.0, "predict": 6.0}, training=frozenset({"train"}))
    >>> spent.beyond_training
    0.1
    >>> spent.others
    'predict 6.0 s, prepare 4.0 s'
    >>> spent.sentence
    '10.0% of the time was not training: predict 6.0 s, prepare 4.0 s.'
    """

    seconds: Mapping[str, float]
    training: frozenset[str] = frozenset()

    @classmethod
    def of_steps(cls, steps: Sequence[StepInfo]) -> TimeSpent:
        """Kinds in the order of the run graph; the cost of reused steps is included."""
        seconds = dict.fromkeys((step.name for step in steps), 0.0)
        for step in steps:
            seconds[step.name] += step.seconds or 0.0
        return cls(seconds=seconds, training=frozenset(step.name for step in steps if step.is_training))

    def plus(self, kind: str, seconds: float) -> TimeSpent:
        return replace(self, seconds={**self.seconds, kind: seconds})

    @property
    def beyond_training(self) -> float | None:
        """The share (0 to 1) of the time of all kinds that is not training; None where no time is known."""
        total = sum(self.seconds.values())
        return (
            sum(seconds for kind, seconds in self.seconds.items() if kind not in self.training) / total
            if total
            else None
        )

    @property
    def has_training(self) -> bool:
        return any(self.seconds.get(kind) for kind in self.training)

    @property
    def others(self) -> str:
        """What was not training, the longest first."""
        kinds = [(seconds, kind) for kind, seconds in self.seconds.items() if seconds and kind not in self.training]
        return ", ".join(f"{kind} {formatting.seconds(seconds)}" for seconds, kind in sorted(kinds, reverse=True))

    @property
    def sentence(self) -> str:
        """The line of a report; "" where no time is known or nothing was trained."""
        if self.beyond_training is None or not self.has_training:
            return ""
        return f"{self.beyond_training:.1%} of the time was not training{f': {self.others}' if self.others else ''}."
