"""The choose step: which setting of a training its dev sets choose, read off trainings that are done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

from xstilts.core.errors import StudyError
from xstilts.core.files import read_json, write_json
from xstilts.engine.step import Context, Step
from xstilts.pipeline.steps.base import StepKind

VERSION = 1
FILE = "chosen.json"
SUMMARY = "summary.json"  # of a train artefact: it stays when weights go


def candidate(setting: int, seed: int) -> str:
    """The input that is the training with a setting and a seed."""
    return f"setting/{setting}/{seed}"


@dataclass(frozen=True, kw_only=True)
class ChooseSettings:
    """Trainings are the inputs `candidate(setting, seed)`. `seed`: that of the checkpoint which the choice is for; it
    changes nothing of it."""

    settings: tuple[tuple[tuple[str, Any], ...], ...]
    seeds: tuple[int, ...]
    seed: int


def run(settings: ChooseSettings, context: Context) -> None:
    """Writes `chosen.json`: the dev scores of every setting, and the number of the chosen one.

    Raises StudyError where no setting has a dev score with every seed.
    """
    scores = [
        [_dev_score(context.inputs[candidate(number, seed)]) for seed in settings.seeds]
        for number in range(len(settings.settings))
    ]
    chosen = best_setting(scores)
    if chosen is None:
        raise StudyError(
            "No setting has a dev score with every seed, so that none can be chosen.",
            hint="Trainings that diverge have none: name lower learning rates.",
        )
    tried = [
        {"values": dict(values), "dev": of_setting}
        for values, of_setting in zip(settings.settings, scores, strict=True)
    ]
    write_json(context.out / FILE, {"chosen": chosen, "seeds": list(settings.seeds), "settings": tried})


def best_setting(scores: Sequence[Sequence[float | None]]) -> int | None:
    """Return the setting with the highest mean over seeds, of equal ones the first; one without a score for some seed
    cannot be chosen.

    >>> best_setting([[60.0, 62.0], [70.0, None], [61.0, 61.5]])
    2
    """
    means = {
        number: fmean(score for score in of_setting if score is not None)
        for number, of_setting in enumerate(scores)
        if all(score is not None for score in of_setting)
    }
    return max(means, key=lambda number: (means[number], -number), default=None)


def _dev_score(training: Path) -> float | None:
    """The score of the checkpoint that a training kept, on the dev sets that select it, in percent."""
    score: float | None = read_json(training / SUMMARY).get("best_score")
    return score


def read_choice(artefact: Path) -> dict[str, Any]:
    """Return what `run` wrote. Raises StoreError where it cannot be read."""
    chosen: dict[str, Any] = read_json(artefact / FILE)
    return chosen


KIND = StepKind(name="choose", version=VERSION, run=run)


def choose_step(settings: ChooseSettings, trainings: Mapping[str, Step], *, task: str, label: str) -> Step:
    return KIND.step(settings, trainings, label=label, about={"task": task, "seed": str(settings.seed)})
