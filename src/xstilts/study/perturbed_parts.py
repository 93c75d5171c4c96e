"""All that a study perturbs: test inputs of its targets (`stress`), and training rows of its arms (`perturbed`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from xstilts.study.perturbations import MissingFileError, NoiseReader, augmentation_note, read_augmentation
from xstilts.study.schema import Study
from xstilts.study.stress import StressCondition, find_stress, stress_notes, without_missing
from xstilts.tasks.augmentation import Augmentation
from xstilts.tasks.base import Task


@dataclass(frozen=True, kw_only=True)
class PerturbedParts:
    """The perturbations of a study.

    stress: target -> the perturbations of its test inputs that it is scored on as well.
    augmentations: arm -> what is done to the training rows of its intermediate tasks.
    lacking_files: arm -> why these cannot be perturbed as it says, where the study goes on without what is missing.
    notes: target or "arm <name>" -> what a report must say of it.
    """

    stress: Mapping[str, tuple[StressCondition, ...]] = field(default_factory=dict)
    augmentations: Mapping[str, Augmentation] = field(default_factory=dict)
    lacking_files: Mapping[str, str] = field(default_factory=dict)
    notes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def find_perturbed_parts(
    study: Study, targets: Mapping[str, Task], through: Mapping[str, Sequence[Task]], folders: Sequence[Path]
) -> PerturbedParts:
    """Read what a study says of perturbations. `through`: the intermediate tasks of each arm; `folders`: those that
    lexicons and lists may lie in.

    Raises StudyError for mistakes, and for a file that is not here unless the study allows missing ones.
    """
    reader, spec = NoiseReader(folders), study.stress
    left_out: tuple[str, ...] = ()
    if spec is not None and study.allow_missing:
        spec, left_out = without_missing(spec, reader)
    stress = find_stress(spec, targets, reader)
    said = stress_notes(stress, targets)
    notes = {name: (*left_out, *said.get(name, ())) for name in targets if left_out or name in said}
    augmentations, lacking_files = {}, {}
    for name, arm in study.arms.items():
        if arm.perturbed is None:
            continue
        try:
            found = read_augmentation(arm.perturbed, through[name], reader, f"arms.{name}.perturbed")
        except MissingFileError as error:
            if not study.allow_missing:
                raise
            lacking_files[name] = error.what
            continue
        augmentations[name] = found
        notes[f"arm {name}"] = (augmentation_note(arm.perturbed, found, reader),)
    return PerturbedParts(stress=stress, augmentations=augmentations, lacking_files=lacking_files, notes=notes)
