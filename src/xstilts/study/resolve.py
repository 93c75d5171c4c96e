"""Resolve a study: look up the tasks it names and put substitutes in. Names alone: no file is looked for here.

`study.availability` then says which of the files and models are here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from xstilts.core.catalog import Catalog
from xstilts.core.errors import StudyError
from xstilts.data.source import Source
from xstilts.data.views import Subsample
from xstilts.study.arms import ArmSpec
from xstilts.study.claims import check_claims, claims_of
from xstilts.study.contrast_weights import in_points
from xstilts.study.kind_settings import checked_settings
from xstilts.study.language_adapters import RouteLanguages, candidate_texts, route_languages
from xstilts.study.metric_choice import with_metrics
from xstilts.study.perturbed_parts import PerturbedParts, find_perturbed_parts
from xstilts.study.schema import Study
from xstilts.study.settings_sweep import Sweep, find_sweeps, plain_settings
from xstilts.study.size_arms import with_size_arms
from xstilts.study.tests_alone import with_trained_labels
from xstilts.study.text_checks import check_texts
from xstilts.study.text_overlap import SharedText, shared_notes, shared_text
from xstilts.study.translation import check_translated, translated_sources, translation_models, translation_notes
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


def resolve_study(study: Study, tasks: Catalog[Task], folders: Sequence[Path] = ()) -> ResolvedStudy:
    """Look up every name of a study. `tasks`: those it may name; `folders`: where its lexicons and lists may lie.

    Raises StudyError for an unknown task, language, arm or substitute, and for a setting that a task does not have.
    """
    tasks = with_trained_labels(study, tasks)
    check_settings(study, tasks)
    check_names(study, tasks)
    study = with_size_arms(study, _finetuned(study, tasks))
    check_arm_names(study)
    check_claims(claims_of(study.claims), study, tasks)
    sweeps = find_sweeps(study, tasks)
    tasks = with_metrics(study, with_settings(study, tasks, sweeps))
    notes: dict[str, tuple[str, ...]] = {}
    named = dict.fromkeys(name for arm in study.arms.values() for name in trained_tasks(arm))
    intermediates = {name: _substituted(study, tasks, name, notes) for name in named}
    targets = {name: _target(study, tasks, name, notes) for name in study.targets}
    for name, note in twin_notes(targets).items():
        notes[name] = (*notes.get(name, ()), note)
    finetuning = {
        name: _substituted(study, tasks, task.finetuned_on, notes, name)
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
    for name, arm in study.arms.items():
        if arm.translated is not None:
            notes[f"arm {name}"] = translation_notes(arm.translated, resolved.through(arm))
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


def needed_sources(resolved: ResolvedStudy) -> list[Source]:
    """Every source a study may read, as declared, each once: training, dev, the test languages asked for and what they
    search, with substitutes in the place of what they stand in for."""
    tested = [source for task in resolved.targets.values() for source in (*task.test.values(), task.pool)]
    tasks = (
        *resolved.intermediates.values(),
        *possible_texts(resolved),
        *resolved.targets.values(),
        *resolved.finetuning_tasks.values(),
    )
    trained = [source for task in tasks if (fit := task.fit) is not None for source in (fit.train, fit.dev)]
    sources = (source for source in (*trained, *_translations(resolved), *tested) if source is not None)
    return list(dict.fromkeys(replace(source, views=(), translation=None) for source in sources))


def _translations(resolved: ResolvedStudy) -> list[Source]:
    """List what the arms with translations read; nothing of an arm with a task that has no translations."""
    sources = []
    for arm in resolved.study.arms.values():
        if arm.translated is None:
            continue
        try:
            for task in resolved.through(arm):
                check_translated(task, arm.translated, resolved.intermediates.values(), "translated")
        except StudyError:
            continue
        sources += [source for task in resolved.through(arm) for source in translated_sources(task, arm.translated)]
    return sources


def needed_translators(resolved: ResolvedStudy) -> tuple[str, ...]:
    """The names of all translation models that a study may use."""
    return translation_models(resolved.study)


def possible_texts(resolved: ResolvedStudy) -> tuple[Task, ...]:
    """All texts that the language adapters of a study could be trained on, were they here."""
    texts: list[Task] = []
    for arm, spec in resolved.study.arms.items():
        if spec.language_adapters is not None:
            routes = adapter_routes(resolved, arm)
            by_language = candidate_texts(spec.language_adapters, routes, adapter_text_tasks(resolved, spec))
            texts += [text for candidates in by_language.values() for text in candidates]
    return tuple(texts)


def adapter_text_tasks(resolved: ResolvedStudy, arm: ArmSpec) -> dict[str, Task]:
    """The tasks of text that an arm's language adapters name, by that name, substitutes put in."""
    names = arm.language_adapters.text if arm.language_adapters is not None else ()
    return {name: resolved.tasks[resolved.study.substitute.get(name, name)] for name in names}


def adapter_routes(
    resolved: ResolvedStudy,
    arm: str,
    missing_targets: Iterable[str] = (),
    missing_languages: Mapping[str, Iterable[str]] | None = None,
) -> list[RouteLanguages]:
    """The languages of the routes of an arm with language adapters, one for each target that can be scored.

    Raises StudyError where a route is trained in several languages."""
    through = resolved.through(resolved.study.arms[arm])
    missing = missing_languages or {}
    where = f"arms.{arm}.language_adapters"
    return [
        route_languages(through, resolved.finetuned_on(name), task, frozenset(missing.get(name, ())), where)
        for name, task in resolved.targets.items()
        if name not in missing_targets
    ]


def check_settings(study: Study, tasks: Catalog[Task]) -> None:
    """Raises StudyError for settings of a task that there is not, and for those that its kind does not allow."""
    for name, settings in study.settings.items():
        _require_task(tasks, name, "settings")
        checked_settings(type(tasks[name].kind), settings, name, study.positions)


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
    return Catalog("task", *(changed.get(name, task) for name, task in tasks.items()))


def stage_tasks(through: tuple[str | tuple[str, ...], ...]) -> tuple[str, ...]:
    return tuple(name for stage in through for name in ((stage,) if isinstance(stage, str) else stage))


def trained_tasks(arm: ArmSpec) -> tuple[str, ...]:
    """The tasks that an arm trains before its target, its texts included."""
    return (*stage_tasks(arm.through), *(arm.mlm.text if arm.mlm else ()))


def check_names(study: Study, tasks: Catalog[Task]) -> None:
    """Every name the study uses exists."""
    for arm, spec in study.arms.items():
        for name in stage_tasks(spec.through):
            _require_task(tasks, name, f"arms.{arm}.through")
            if tasks[name].train is None:
                raise StudyError(
                    f"The task '{name}' has no training data, so it cannot be an intermediate task.",
                    where=f"arms.{arm}.through",
                )
        check_texts(spec, tasks, f"arms.{arm}")
        for name in stage_tasks(spec.through) if spec.translated else ():
            if spec.translated and name not in study.substitute:  # of a stand-in it is the arm that is missing
                check_translated(tasks[name], spec.translated, tasks.values(), f"arms.{arm}.translated")
    for name in study.targets:
        _require_task(tasks, name, "targets")
        if tasks[name].finetuned_on is not None:
            _require_task(tasks, str(tasks[name].finetuned_on), "targets")
        if not tasks[name].test:
            raise StudyError(f"The task '{name}' has no test sets, so it cannot be a target.", where="targets")
    for name in study.train.tasks:
        _require_task(tasks, name, "train.tasks")
    for old, new in study.substitute.items():
        _require_task(tasks, old, "substitute")
        _require_task(tasks, new, f"substitute.{old}")
        _same_kind(tasks[old], tasks[new])
    _check_languages(study, tasks)


def check_arm_names(study: Study) -> None:
    """The baseline and the arms of contrasts exist, sizes made arms."""
    if study.baseline is not None and study.baseline not in study.arms:
        raise StudyError(
            f"There is no arm '{study.baseline}'.", where="baseline", value=study.baseline, allowed=study.arms
        )
    for contrast, weights in study.contrasts.items():
        for arm in weights:
            if arm not in study.arms:
                raise StudyError(
                    f"There is no arm '{arm}'.", where=f"contrasts.{contrast}", value=arm, allowed=study.arms
                )
        in_points(contrast, weights)


def _require_task(tasks: Catalog[Task], name: str, where: str) -> None:
    if name not in tasks:
        raise StudyError(f"There is no task '{name}'.", where=where, value=name, allowed=tasks)


def _check_languages(study: Study, tasks: Catalog[Task]) -> None:
    offered = {lang for name in study.targets for lang in tasks[name].test}
    for language in study.languages or ():
        if language not in offered:
            raise StudyError(
                f"No target of this study has a test set in language '{language}'.",
                where="languages",
                value=language,
                allowed=sorted(offered),
            )


def _substituted(
    study: Study, tasks: Catalog[Task], name: str, notes: dict[str, tuple[str, ...]], target: str | None = None
) -> Task:
    """The task that is trained on under this name; what a report must say of it goes to `target`, if one is given."""
    task = tasks[study.substitute[name]] if name in study.substitute else tasks[name]
    remarks = [] if target is None else [f"scored after fine-tuning on {name}"]
    if task.name != name:
        remarks.append(f"trained on the substitute {task.name}")
    if task.scale != "full":
        remarks.append(f"{task.name}: {task.scale}")
    if remarks:
        notes[target or name] = (*notes.get(target or "", ()), *remarks)
    return task


def _target(study: Study, tasks: Catalog[Task], name: str, notes: dict[str, tuple[str, ...]]) -> Task:
    """The target with its training data replaced where the study substitutes it, and its languages restricted."""
    task = tasks[name]
    substitute = study.substitute.get(name) or next(
        (new for old, new in study.substitute.items() if task.train is not None and tasks[old].train == task.train),
        None,
    )
    if substitute is not None:
        other = tasks[substitute]
        _same_output(task, other)
        task = task.replace(train=other.train, dev=other.dev, holdout=other.holdout, corpora=other.corpora)
        scale = f": {other.scale}" if other.scale != "full" else ""
        notes[name] = (*notes.get(name, ()), f"trained on the substitute {other.name}{scale}")
    languages = study.languages
    tests = {lang: source for lang, source in task.test.items() if languages is None or lang in languages}
    if study.take.test is not None and task.can_subsample:
        is_retrieval = task.kind.is_retrieval
        view = Subsample(n=study.take.test, by="group", scored_alone=is_retrieval)
        tests = {lang: replace(source, views=(*source.views, view)) for lang, source in tests.items()}
        cut = "queries a language, each searching all candidates" if is_retrieval else "test examples a language"
        notes[name] = (*notes.get(name, ()), f"at most {study.take.test} {cut}")
    return task.replace(test=tests)


def _same_kind(task: Task, other: Task) -> None:
    """Raises StudyError where one task cannot stand in for another, as their output has another shape."""
    if other.train is None:
        raise StudyError(
            f"'{other.name}' has no training data, so it cannot stand in for '{task.name}'.",
            where=f"substitute.{task.name}",
        )
    if type(task.kind) is not type(other.kind):
        raise StudyError(
            f"'{other.name}' cannot stand in for the training data of '{task.name}': it is "
            f"{other.kind.name}, not {task.kind.name}.",
            where=f"substitute.{task.name}",
        )


def _same_output(task: Task, other: Task) -> None:
    """Raises StudyError where a target cannot be trained on another task's data."""
    _same_kind(task, other)
    ours, theirs = getattr(task.kind, "labels", None), getattr(other.kind, "labels", None)
    if ours != theirs:
        raise StudyError(
            f"'{other.name}' cannot stand in for the training data of '{task.name}': its labels are "
            f"{theirs}, not {ours}.",
            where=f"substitute.{task.name}",
        )
