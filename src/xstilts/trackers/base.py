"""The base of all trackers: the record of each training, and the answer of the study. Plain values, no torch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

Points = tuple[tuple[int, float], ...]
Setting = str | int | float | bool | None


@dataclass(frozen=True, kw_only=True)
class TrainingRecord:
    """A training that has ended. `name`: the route with its seed; `key`: of its step, the same in every run.

    curves: "loss" -> (update, loss), "dev" -> (update, dev score in percent). totals: numbers of the whole training,
    such as "seconds" and "tokens". settings: as `xstilts show` prints them, "recipe.lr" -> 1e-05."""

    name: str
    key: str
    settings: Mapping[str, Setting]
    curves: Mapping[str, Points]
    totals: Mapping[str, float]

    @property
    def by_update(self) -> dict[int, dict[str, float]]:
        """Update -> curve -> value, in the order of the updates."""
        values: dict[int, dict[str, float]] = {}
        for name, points in self.curves.items():
            for update, value in points:
                values.setdefault(update, {})[name] = value
        return dict(sorted(values.items()))


@dataclass(frozen=True, kw_only=True)
class MeanScore:
    """The headline score of an arm on a target in percent: the mean over languages, then seeds, as the report's table
    has it. A missing one is not recorded."""

    arm: str
    target: str
    metric: str
    value: float


@dataclass(frozen=True, kw_only=True)
class AnswerRecord:
    """The answer of a study. `text`: its sentences; `files`: the report and its tables."""

    question: str
    study_yaml: str
    text: str
    scores: Sequence[MeanScore]
    files: Sequence[Path]


class Tracker(Protocol):
    """One place where records go. What it raises ends the tracking, never the run."""

    def training(self, record: TrainingRecord) -> None: ...

    def answer(self, record: AnswerRecord) -> None: ...
