"""All that a study perturbs: test inputs of its targets (`stress`), and training rows of its arms (`perturbed`,
`perturbed_target`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from xstilts.core.errors import StudyError
from xstilts.study.perturbations import (
    MissingFileError,
    NoiseReader,
    PerturbedSpec,
    augmentation_note,
    read_augmentation,
)
from xstilts.study.schema import Study
from xstilts.study.stress import StressCondition, find_stress, stress_notes, without_missing
from xstilts.tasks.augmentation import Augmentation
from xstilts.tasks.base import Task

KEYS = {"perturbed": "of its intermediate tasks", "perturbed_target": "of its targets"}


@dataclass(frozen=True, kw_only=True)
class PerturbedParts:
    """The perturbations of a study.

    stress: target -> the perturbations of its test inputs that it is scored on as well.
    augmentations: arm -> what is done to the training rows of its intermediate tasks; target_augmentations: to those of
    its targets.
    lacking_files: arm -> why these cannot be perturbed as it says, where the study goes on without what is missing.
    notes: target or "arm <name>" -> what a report must say of it.
    """

    stress: Mapping[str, tuple[StressCondition, ...]] = field(default_factory=dict)
    augmentations: Mapping[str, Augmentation] = field(default_factory=dict)
    target_augmentations: Mapping[str, Augmentation] = field(default_factory=dict)
    lacking_files: Mapping[str, str] = field(default_factory=dict)
    notes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def files_read(self) -> tuple[Path, ...]:
        """Return the lexicons, lists and tables that are read, each once."""
        stressed = [one.perturbation for conditions in self.stress.values() for one in conditions if not one.refused]
        augmented = (*self.augmentations.values(), *self.target_augmentations.values())
        perturbations = (*stressed, *(noise for augmentation in augmented for noise in augmentation.perturbations))
        return tuple(dict.fromkeys(path for noise in perturbations for path in noise.files_read()))


def find_perturbed_parts(
    study: Study,
    targets: Mapping[str, Task],
    finetuned: Sequence[Task],
    through: Mapping[str, Sequence[Task]],
    folders: Sequence[Path],
) -> PerturbedParts:
    """Read what a study says of perturbations. `finetuned`: the tasks that are fine-tuned on for its targets;
    `through`: the intermediate tasks of each arm; `folders`: those that lexicons and lists may lie in.

    Raises StudyError for mistakes, and for a file that is not here unless the study allows missing ones.
    """
    reader, spec = NoiseReader(folders), study.stress
    left_out: tuple[str, ...] = ()
    if spec is not None and study.allow_missing:
        spec, left_out = without_missing(spec, reader)
    stress = find_stress(spec, targets, reader)
    said = stress_notes(stress, targets)
    notes = {name: (*left_out, *said.get(name, ())) for name in targets if left_out or name in said}
    found: dict[str, dict[str, Augmentation]] = {key: {} for key in KEYS}
    lacking_files: dict[str, str] = {}
    for name, arm in study.arms.items():
        for key, whose in KEYS.items():
            of_arm: PerturbedSpec | None = getattr(arm, key)
            if of_arm is None:
                continue
            tasks = through[name] if key == "perturbed" else finetuned
            if not any(task.train for task in tasks):
                raise StudyError("Nothing is trained for the targets of this study, so no rows can be perturbed.",
                                 where=f"arms.{name}.{key}")  # fmt: skip
            try:
                augmentation = read_augmentation(of_arm, tasks, reader, f"arms.{name}.{key}")
            except MissingFileError as error:
                if not study.allow_missing:
                    raise
                lacking_files[name] = error.what
                continue
            found[key][name] = augmentation
            note = augmentation_note(of_arm, augmentation, reader, whose)
            notes[f"arm {name}"] = (*notes.get(f"arm {name}", ()), note)
    return PerturbedParts(
        stress=stress,
        augmentations=found["perturbed"],
        target_augmentations=found["perturbed_target"],
        lacking_files=lacking_files,
        notes=notes,
    )
