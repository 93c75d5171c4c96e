"""Perturbations as a study says them: read into values, their files found, their names made."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import Field

from xstilts.core.errors import DataError, StudyError
from xstilts.kinds.catalog import KINDS
from xstilts.perturb.base import Perturbation
from xstilts.perturb.catalog import NOISE, SWITCHING, parse
from xstilts.perturb.examples import cannot_take
from xstilts.study.field_types import Seed
from xstilts.study.progressive import ProgressiveField, check_chooses_words, progressive_spec
from xstilts.study.strict_model import StrictModel
from xstilts.tasks.augmentation import Augmentation
from xstilts.tasks.base import Task

SECTIONS = ("noise", "switch")


class PerturbedSpec(StrictModel):
    """The training rows of an arm's intermediate tasks, or of its targets, a share of them perturbed.

    noise: each a name, or a mapping with a `rate` of its own; every perturbed row has one of them. rate: of those that
    do not say theirs. share: of the rows. consistency: above 0, a perturbed row is trained on beside the row as it is,
    and this is the weight of the distance between what the model says of either. progressive: in so many steps, each an
    equal share of the updates, the rates rise to what they are (see `ProgressiveSpec`).
    """

    noise: tuple[Any, ...] = Field(min_length=1)
    rate: float = Field(0.1, gt=0, le=1)
    share: float = Field(0.5, gt=0, le=1)
    seed: Seed = 0
    consistency: float = Field(0.0, ge=0, le=1_000)
    progressive: ProgressiveField = None


@dataclass(frozen=True)
class NoiseReader:
    """Reads what a study says of perturbations. folders: those that a path may be below, after the working folder."""

    folders: Sequence[Path] = field(default_factory=tuple)

    def said(self, noise: Any, where: str) -> dict[str, Any]:
        """Return a noise as a mapping. Raises StudyError for what is neither a name nor a mapping."""
        said = {"noise": noise} if isinstance(noise, str) else noise
        if not isinstance(said, Mapping) or not said:
            example = "{noise: keyboard, rate: 0.1}"
            raise StudyError(f"A noise is a name, or a mapping such as {example}.", where=where)
        return {str(key): value for key, value in said.items()}

    def read(self, said: Mapping[str, Any], where: str) -> Perturbation:
        """Return the perturbation that a mapping says. Raises StudyError at `where`, or below it."""
        try:
            return parse(self._with_paths(said, where), where)
        except DataError as error:
            place, what = error.where or where, error.what
            if not place.startswith(where):  # a place in a file
                place, what = where, f"{error.where}: {what}"
            raise StudyError(what, where=place, value=error.value, allowed=error.allowed, hint=error.hint) from error

    def _with_paths(self, said: Mapping[str, Any], where: str) -> dict[str, Any]:
        """Return the same with the paths of files and folders that are here. Raises MissingFileError."""
        found = dict(said)
        for key in path_keys(said):
            if isinstance(said[key], str) and said[key]:
                found[key] = self._found(said[key], f"{where}.{key}")
        return found

    def _found(self, value: str, where: str) -> str:
        places = (Path(value), *(folder / value for folder in self.folders))
        for place in places:
            if _exists(place):
                return str(place)
        raise MissingFileError(
            f"There is no file or folder '{value}' here.",
            where=where,
            hint="It is looked for in the working folder, beside the study file and in the data folders "
            "(`--data`, XSTILTS_DATA).",
        )


def unavailable(perturbation: Perturbation, language: str) -> str | None:
    """Return why nothing of this kind can be done to a language, without paths of this machine; None where it can."""
    reason = perturbation.unavailable(language)
    for key in perturbation.paths if reason else ():
        path = getattr(perturbation, key, None)
        reason = reason.replace(str(path), Path(path).name) if reason and path else reason
    return reason


class MissingFileError(StudyError):
    """A lexicon or list that a perturbation names is not here."""


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


def path_keys(said: Mapping[str, Any]) -> set[str]:
    """Return the keys of a perturbation that name files or folders."""
    classes = {"noise": NOISE, "switch": SWITCHING}
    named = (classes[key].get(str(said[key])) for key in SECTIONS if key in said)
    return {path for cls in named if cls for path in cls.paths} & set(said)


def noise_name(said: Mapping[str, Any]) -> str:
    """Return a perturbation's name and what the study says of it besides rate, seed and files, in words.

    >>> noise_name({"switch": "dictionary", "into": ["de", "sw"], "rate": 0.1})
    'dictionary, into de + sw'
    """
    section = next((key for key in SECTIONS if key in said), SECTIONS[0])
    left_out = {section, "rate", "seed", *path_keys(said)}
    others = [f"{key} {_words(value)}" for key, value in said.items() if key not in left_out]
    return ", ".join([str(said.get(section)), *others])


def _words(value: Any) -> str:
    return " + ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def read_augmentation(spec: PerturbedSpec, tasks: Iterable[Task], reader: NoiseReader, where: str) -> Augmentation:
    """Return what is done to the training rows of `tasks`. Raises StudyError where one of them cannot be perturbed so,
    by its kind or in its language."""
    perturbations = []
    progressive = progressive_spec(spec.progressive)
    preference = progressive.preference if progressive else 0.0
    for number, noise in enumerate(spec.noise):
        place = f"{where}.noise[{number}]"
        said = {"rate": spec.rate, "seed": spec.seed, **reader.said(noise, place)}
        perturbation = reader.read(said, place)
        if preference:
            check_chooses_words(perturbation, place)
        for task in tasks:
            if task.train is None:
                continue
            reason = cannot_take(task.kind.example, perturbation) or unavailable(perturbation, task.train.language)
            if reason:
                raise StudyError(f"'{task.name}' cannot be perturbed by '{noise_name(said)}': "
                                 f"{reason}.", where=place)  # fmt: skip
            if spec.consistency:
                _check_views_compare(task, perturbation, f"{where}.consistency")
        perturbations.append(perturbation)
    return Augmentation(
        perturbations=tuple(perturbations),
        share=spec.share,
        seed=spec.seed,
        consistency=spec.consistency,
        stages=progressive.steps if progressive else 1,
        preference=preference,
    )


def _check_views_compare(task: Task, perturbation: Perturbation, where: str) -> None:
    """Raises StudyError where what a model says of a row cannot be compared with what it says of the perturbed one."""
    kind = task.kind
    if not kind.class_scores:
        able = [name for name, other in KINDS.items() if other.class_scores]
        raise StudyError(
            f"'{task.name}' is a {kind.name} task, which has no scores of classes that two views of a row could be "
            f"compared by; these have: {', '.join(able)}.",
            where=where,
        )
    if kind.class_scores == "word" and not perturbation.keeps_words:
        raise StudyError(
            f"the views of '{task.name}' are compared word by word, and '{perturbation.name}' changes which words "
            "there are.",
            where=where,
        )


def augmentation_note(spec: PerturbedSpec, augmentation: Augmentation, reader: NoiseReader, whose: str) -> str:
    """Say what a report must say of an arm. `whose`: rows, "of its targets"."""
    names = [
        f"{noise_name(reader.said(noise, ''))} {100 * one.rate:g} %"
        for noise, one in zip(spec.noise, augmentation.perturbations, strict=True)
    ]
    said = f"{100 * spec.share:g} % of the training rows {whose} are perturbed ({', '.join(names)})"
    if progressive := progressive_spec(spec.progressive):
        said += f", {progressive}"
    if spec.consistency:
        said += f", beside the rows as they are, with a consistency loss of weight {spec.consistency:g}"
    return said
