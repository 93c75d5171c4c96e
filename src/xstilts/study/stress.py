"""Stress: a study's targets scored again on perturbed test inputs, by the checkpoints that are there anyway.

`stress: {noise: [keyboard, swap], rates: [0.1, 0.3]}` scores every target at 10 and 30 % of each noise. Each is one
more evaluation of the same checkpoint: nothing is trained for it, and the target's own score stays that of the clean
input.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any

from pydantic import Field

from xstilts.core.errors import StudyError
from xstilts.perturb.base import Perturbation
from xstilts.perturb.examples import cannot_take
from xstilts.study.field_types import EachOnce, Seed
from xstilts.study.perturbations import MissingFileError, NoiseReader, noise_name, unavailable
from xstilts.study.strict_model import StrictModel
from xstilts.tasks.base import Task

PLACE = "stress.noise"
Rate = Annotated[float, Field(gt=0, le=1)]


class StressSpec(StrictModel):
    """Perturbations of test inputs.

    noise: each a name, or a mapping (`{switch: dictionary, into: en}`) that may have a `rate` of its own. rates: how
    much of a text each of them changes. targets: None: all that can be perturbed so. seed: another one hits other
    places.
    """

    noise: tuple[Any, ...] = Field(min_length=1)
    rates: Annotated[tuple[Rate, ...], EachOnce] = Field((0.05, 0.1, 0.2, 0.3), min_length=1)
    targets: Annotated[tuple[str, ...], EachOnce] | None = None
    seed: Seed = 0


@dataclass(frozen=True, kw_only=True)
class StressCondition:
    """A perturbation of a target's test inputs. `noise`: its name without its rate. `refused`: why no input of the
    target can be perturbed so; "" where it can."""

    noise: str
    perturbation: Perturbation
    refused: str = ""

    @property
    def title(self) -> str:
        """What it is, in words: "keyboard 10 %"."""
        return f"{self.noise} {100 * self.perturbation.rate:g} %"

    def not_applicable(self, task: Task) -> dict[str, str]:
        """Return the test languages that cannot be perturbed so, and why."""
        return {language: reason for language, source in task.test.items() if (reason := self._reason(source.language))}

    def _reason(self, language: str) -> str | None:
        return self.refused or unavailable(self.perturbation, language)


def find_stress(
    spec: StressSpec | None, targets: Mapping[str, Task], reader: NoiseReader
) -> dict[str, tuple[StressCondition, ...]]:
    """Return the conditions of each target that is scored under stress, noise by noise, weakest first.

    Raises StudyError for an unknown noise or setting, a rate outside 0 to 1, a noise twice, a target that is not the
    study's, and a noise that no target, or one that is named, cannot take.
    """
    if spec is None:
        return {}
    noises = [_conditions(spec, number, reader) for number in range(len(spec.noise))]
    _check_names(noises)
    for number, name in enumerate(spec.targets or ()):
        if name not in targets:
            raise StudyError(f"'{name}' is no target of this study.", where=f"stress.targets[{number}]",
                             value=name, allowed=targets)  # fmt: skip
    chosen = {name: task for name, task in targets.items() if spec.targets is None or name in spec.targets}
    for number, conditions in enumerate(noises):
        _check_taken(conditions[0], chosen, spec, number)
    return {
        name: tuple(
            replace(condition, refused=cannot_take(task.kind.example, condition.perturbation) or "")
            for conditions in noises
            for condition in conditions
        )
        for name, task in chosen.items()
    }


def _conditions(spec: StressSpec, number: int, reader: NoiseReader) -> list[StressCondition]:
    """Return one noise at each of its rates, weakest first."""
    where = f"{PLACE}[{number}]"
    said = reader.said(spec.noise[number], where)
    rates: Sequence[float] = (said["rate"],) if "rate" in said else sorted(spec.rates)
    parsed = [reader.read({"seed": spec.seed, **said, "rate": rate}, where) for rate in rates]
    if not parsed[0].rate:
        raise StudyError("At rate 0 nothing is changed: that is the clean score, which is there anyway.",
                         where=f"{where}.rate")  # fmt: skip
    return [StressCondition(noise=noise_name(said), perturbation=one) for one in parsed]


def without_missing(spec: StressSpec, reader: NoiseReader) -> tuple[StressSpec | None, tuple[str, ...]]:
    """Return the stress whose lexicons and lists are here, None where none is; and why the others are left out."""
    kept, reasons = [], []
    for number, noise in enumerate(spec.noise):
        try:
            _conditions(spec, number, reader)
            kept.append(noise)
        except MissingFileError as error:
            reasons.append(f"stress: {noise_name(reader.said(noise, PLACE))} is missing: {error.what}")
    return spec.model_copy(update={"noise": tuple(kept)}) if kept else None, tuple(reasons)


def _check_names(noises: Sequence[Sequence[StressCondition]]) -> None:
    names = [conditions[0].noise for conditions in noises]
    for number, name in enumerate(names):
        if name in names[:number]:
            raise StudyError(f"'{name}' stands here twice.", where=f"{PLACE}[{number}]")


def _check_taken(condition: StressCondition, targets: Mapping[str, Task], spec: StressSpec, number: int) -> None:
    """Raises StudyError where a named target cannot be perturbed so, or none of all can."""
    reasons = {name: _why_not(condition, task) for name, task in targets.items()}
    refused = {name: reason for name, reason in reasons.items() if reason}
    if refused and (spec.targets is not None or len(refused) == len(targets)):
        name, reason = next(iter(refused.items()))
        takers = [one for one in reasons if one not in refused]
        hint = (
            f"These can be: {', '.join(takers)}. Without `targets` those that cannot are left out." if takers else None
        )
        raise StudyError(f"'{name}' cannot be perturbed by '{condition.noise}': {reason}.",
                         where=f"{PLACE}[{number}]", hint=hint)  # fmt: skip


def _why_not(condition: StressCondition, task: Task) -> str | None:
    """Say why no test language of a task can be perturbed so."""
    if reason := cannot_take(task.kind.example, condition.perturbation):
        return reason
    lacking = condition.not_applicable(task)
    return next(iter(lacking.values())) if task.test and len(lacking) == len(task.test) else None


def stress_notes(
    stress: Mapping[str, Sequence[StressCondition]], targets: Mapping[str, Task]
) -> dict[str, tuple[str, ...]]:
    """Return by target what a plan must say of it: which noise is not applicable where."""
    notes: dict[str, tuple[str, ...]] = {}
    for name, conditions in stress.items():
        said = []
        for noise, condition in {condition.noise: condition for condition in conditions}.items():
            lacking = condition.not_applicable(targets[name])
            if lacking:
                reasons = "; ".join(dict.fromkeys(lacking.values()))
                said.append(f"{noise} not applicable in {', '.join(lacking)} ({reasons})")
        if said:
            notes[name] = (f"stress: {'; '.join(said)}",)
    return notes
