"""Resolve a study: look up the tasks it names and put substitutes in. Names alone: no file is looked for here.

`study.availability` then says which of the files and models are here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from xstilts.core.catalog import Catalog
from xstilts.data.source import MachineTranslation
from xstilts.study.arms import ArmSpec, stage_tasks, trained_tasks
from xstilts.study.claims import check_claims, claims_of
from xstilts.study.metric_choice import with_metrics
from xstilts.study.name_checks import check_arm_names, check_names, check_settings
from xstilts.study.perturbed_parts import PerturbedParts, find_perturbed_parts
from xstilts.study.schema import Study
from xstilts.study.settings_sweep import Sweep, find_sweeps, plain_settings
from xstilts.study.size_arms import with_size_arms
from xstilts.study.substitutes import substituted, substituted_target
from xstilts.study.tests_alone import with_trained_labels
from xstilts.study.text_overlap import SharedText, shared_notes, shared_text
from xstilts.study.training_lists import check_lists
from xstilts.study.translated_tests import check_translated_tests, translated_tests_note, translations_of_tests
from xstilts.study.translation import translation_notes
from xstilts.study.twin_targets import twin_notes
from xstilts.tasks.base import Task


@dataclass(frozen=True, kw_only=True)
class ResolvedStudy:
    """A study with the tasks that its names stand for.

    targets, intermediates: by their names in the study, substitutes put in.
    sweeps: target -> the values of its settings that it is scored with; the target's own kind has the reported ones.
    finetuning_tasks: target -> the task that is fine-tuned on in its place.
    notes: task, target or "arm <name>" -> what a report must say of it.
    perturbed: what it perturbs, of test inputs and of training rows.
    shared: which arms read the training sentences of which target before.
    """

    study: Study
    tasks: Catalog[Task]  # all that the study could name, with the settings it changes
    targets: Mapping[str, Task]
    intermediates: Mapping[str, Task]
    finetuning_tasks: Mapping[str, Task] = field(default_factory=dict)
    sweeps: Mapping[str, Sweep] = field(default_factory=dict)
    perturbed: PerturbedParts = field(default_factory=PerturbedParts)
    notes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    shared: SharedText = field(default_factory=dict)

    def through(self, arm: ArmSpec) -> list[Task]:
        """The intermediate tasks of an arm, in their order."""
        return [self.intermediates[name] for name in stage_tasks(arm.through)]

    def finetuned_on(self, target: str) -> Task:
        """The task whose training data a route to a target ends with."""
        return self.finetuning_tasks.get(target, self.targets[target])

    def translated_tests(self, arm: str, target: str) -> dict[str, MachineTranslation]:
        """Return how the test languages of a target are translated for an arm; {} where they are tested as they are."""
        spec = self.study.arms[arm].translate_test
        return translations_of_tests(spec, self.targets[target], self.finetuned_on(target))


def resolve_study(study: Study, tasks: Catalog[Task], folders: Sequence[Path] = ()) -> ResolvedStudy:
    """Look up every name of a study. `tasks`: those it may name; `folders`: where its lexicons and lists may lie.

    Raises StudyError for an unknown task, language, arm or substitute, and for a setting that a task does not have.
    """
    tasks = with_trained_labels(study, tasks)
    check_settings(study, tasks)
    check_names(study, tasks)
    check_lists(study)
    study = with_size_arms(study, _finetuned(study, tasks))
    check_arm_names(study)
    check_claims(claims_of(study.claims), study, tasks)
    sweeps = find_sweeps(study, tasks)
    tasks = with_metrics(study, with_settings(study, tasks, sweeps))
    notes: dict[str, tuple[str, ...]] = {}
    named = dict.fromkeys(name for arm in study.arms.values() for name in trained_tasks(arm))
    intermediates = {name: substituted(study, tasks, name, notes) for name in named}
    targets = {name: substituted_target(study, tasks, name, notes) for name in study.targets}
    for name, note in twin_notes(targets).items():
        notes[name] = (*notes.get(name, ()), note)
    finetuning = {
        name: substituted(study, tasks, task.finetuned_on, notes, name)
        for name, task in targets.items()
        if task.finetuned_on
    }
    resolved = ResolvedStudy(
        study=study,
        tasks=tasks,
        targets=targets,
        intermediates=intermediates,
        finetuning_tasks=finetuning,
        sweeps={name: sweep for name, sweep in sweeps.items() if sweep.others},
    )
    check_translated_tests(study, targets)
    for name, arm in study.arms.items():
        if arm.translated is not None:
            notes[f"arm {name}"] = translation_notes(arm.translated, resolved.through(arm))
        if arm.translate_test is not None:
            notes[f"arm {name}"] = (*notes.get(f"arm {name}", ()), translated_tests_note(arm.translate_test))
    through = {name: resolved.through(arm) for name, arm in study.arms.items()}
    trainings = {name: resolved.finetuned_on(name) for name in targets}
    perturbed = find_perturbed_parts(study, targets, list(trainings.values()), through, folders)
    for name, said in perturbed.notes.items():
        notes[name] = (*notes.get(name, ()), *said)
    shared = shared_text({name: trained_tasks(arm) for name, arm in study.arms.items()}, intermediates, trainings)
    for name, note in shared_notes(shared, trainings, study.arms).items():
        notes[name] = (*notes.get(name, ()), note)
    return replace(resolved, perturbed=perturbed, notes=notes, shared=shared)


def _finetuned(study: Study, tasks: Catalog[Task]) -> dict[str, str]:
    """Each target that something is trained for, and the task by whose name the numbers of its phase go: its own, also
    where its rows are a substitute's, or that of the task which is fine-tuned on in its place."""
    trained = [name for name in study.targets if tasks[name].finetuned_on or tasks[name].train is not None]
    others = {name: on for name in trained if (on := tasks[name].finetuned_on)}
    return {name: study.substitute.get(others[name], others[name]) if name in others else name for name in trained}


def with_settings(study: Study, tasks: Catalog[Task], sweeps: Mapping[str, Sweep]) -> Catalog[Task]:
    """The tasks, with the settings of their kinds that the study changes (the layer retrieval reads, a stride); of a
    sweep, with the reported ones."""
    changed = {}
    for name, settings in study.settings.items():
        task = tasks[name]
        if name in sweeps:
            changed[name] = task.replace(kind=sweeps[name].reported.kind)
        else:
            changed[name] = task.replace(kind=replace(task.kind, **plain_settings(settings)))  # type: ignore[type-var]
    return tasks.replaced(changed)
