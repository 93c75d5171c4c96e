"""Which tasks a study talks about: names looked up, substitutes put in, data looked for. Before anything is spent."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace

from xstilts.core.catalog import Catalog
from xstilts.core.errors import DataError, EncoderError, StudyError
from xstilts.data.source import Source
from xstilts.data.views import Take
from xstilts.study.language_adapters import find_texts, route_languages
from xstilts.study.schema import ArmSpec, Study, TranslatedSpec
from xstilts.study.text_checks import check_texts
from xstilts.study.text_overlap import SharedText, shared_notes, shared_text
from xstilts.study.translation import check_translated, translated_sources, translation_notes
from xstilts.tasks.base import Task

# Raises DataError where a source's files are not here, EncoderError where the model that translates them is not.
Locate = Callable[[Source], object]


@dataclass(frozen=True, kw_only=True)
class ResolvedStudy:
    """The tasks of a study after substitution, and what cannot be had, each with the reason."""

    targets: Mapping[str, Task]
    intermediates: Mapping[str, Task]
    before: Mapping[str, Task] = field(default_factory=dict)  # target -> the task that is fine-tuned on in its place
    missing_targets: Mapping[str, str] = field(default_factory=dict)
    missing_arms: Mapping[str, str] = field(default_factory=dict)
    missing_languages: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  # target -> language -> reason
    # arm -> language -> the text that its language adapter is trained on
    texts: Mapping[str, Mapping[str, Task]] = field(default_factory=dict)
    possible_texts: tuple[Task, ...] = ()  # all that these could be, were they here
    notes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # task or target -> what a report must say
    shared: SharedText = field(default_factory=dict)  # which arms meet the training sentences of which target before


def choose(study: Study, tasks: Catalog[Task], locate: Locate) -> ResolvedStudy:
    """Checks every name in the study and every file it needs.

    Raises StudyError for an unknown task, language, arm or substitute; DataError for a training set that is neither
    here nor substituted, unless the study allows missing ones.
    """
    check_names(study, tasks)
    tasks = with_settings(study, tasks)
    notes: dict[str, tuple[str, ...]] = {}
    intermediates = {name: _substituted(study, tasks, name, notes) for name in _intermediate_names(study)}
    targets = {name: _target(study, tasks, name, notes) for name in study.targets}
    before = {name: _substituted(study, tasks, task.after, notes, name) for name, task in targets.items() if task.after}
    missing_targets: dict[str, str] = {}
    missing_languages: dict[str, dict[str, str]] = {}
    for name, task in targets.items():
        if reason := _missing_training(before.get(name, task), locate) or _missing_pool(task, locate):
            missing_targets[name] = reason
            continue
        gone = {lang: reason for lang, source in task.test.items() if (reason := _missing(source, locate))}
        missing_languages[name] = dict.fromkeys(gone, "no test file here")
        if len(gone) == len(task.test):
            missing_targets[name] = next(iter(gone.values()), "it has no test language here")
    missing_arms = {
        arm: reason for arm, spec in study.arms.items() if (reason := _missing_arm(spec, intermediates, locate))
    }
    for arm, spec in study.arms.items():
        if spec.translated is not None:
            tasks_of_arm = [intermediates[name] for name in stage_tasks(spec.through)]
            notes[f"arm {arm}"] = translation_notes(spec.translated, tasks_of_arm)
    fitted = {name: before.get(name, task) for name, task in targets.items()}
    shared = shared_text({name: trained_tasks(arm) for name, arm in study.arms.items()}, intermediates, fitted)
    for name, said in shared_notes(shared, fitted, study.arms).items():
        notes[name] = (*notes.get(name, ()), said)
    chosen = ResolvedStudy(
        targets=targets,
        intermediates=intermediates,
        before=before,
        missing_targets=missing_targets,
        missing_arms=missing_arms,
        missing_languages=missing_languages,
        notes=notes,
        shared=shared,
    )
    chosen = _with_texts(study, chosen, tasks, locate)
    _refuse_missing(study, chosen)
    return chosen


def _with_texts(study: Study, chosen: ResolvedStudy, tasks: Catalog[Task], locate: Locate) -> ResolvedStudy:
    """With the texts of the language adapters, and what a report must say of them."""
    gone, notes, found = dict(chosen.missing_arms), dict(chosen.notes), {}
    for arm, spec in study.arms.items():
        if spec.language_adapters is None or arm in gone:
            continue
        through = [chosen.intermediates[name] for name in stage_tasks(spec.through)]
        where, missing = f"arms.{arm}.language_adapters", chosen.missing_languages
        routes = [
            route_languages(through, chosen.before.get(name, task), task, missing.get(name, {}), where)
            for name, task in chosen.targets.items()
            if name not in chosen.missing_targets
        ]
        named = {name: tasks[study.substitute.get(name, name)] for name in spec.language_adapters.text}
        found[arm] = find_texts(spec.language_adapters, routes, named, locate)
        if reason := found[arm].reason:
            gone[arm] = reason
        else:
            notes[f"arm {arm}"] = found[arm].notes
    texts = {arm: one.texts for arm, one in found.items()}
    possible = tuple(text for one in found.values() for text in one.possible)
    return replace(chosen, texts=texts, possible_texts=possible, missing_arms=gone, notes=notes)


def with_settings(study: Study, tasks: Catalog[Task]) -> Catalog[Task]:
    """The tasks, with the settings of their kinds that the study changes (the layer retrieval reads, a stride)."""
    changed = {}
    for name, settings in study.settings.items():
        kind = tasks[name].kind
        allowed = [spec.name for spec in fields(kind) if spec.name != "labels"]  # type: ignore[arg-type]
        for key in settings:
            if key not in allowed:
                raise StudyError(
                    f"A {kind.name.replace('_', ' ')} task has no setting '{key}'.",
                    where=f"settings.{name}",
                    value=key,
                    allowed=allowed,
                )
        changed[name] = tasks[name].but(kind=replace(kind, **settings))  # type: ignore[type-var]
    return Catalog("task", *(changed.get(name, task) for name, task in tasks.items()))


def stage_tasks(through: tuple[str | tuple[str, ...], ...]) -> tuple[str, ...]:
    return tuple(name for stage in through for name in ((stage,) if isinstance(stage, str) else stage))


def _intermediate_names(study: Study) -> list[str]:
    return list(dict.fromkeys(name for arm in study.arms.values() for name in trained_tasks(arm)))


def trained_tasks(arm: ArmSpec) -> tuple[str, ...]:
    """The tasks that an arm trains before its target, its texts included."""
    return (*stage_tasks(arm.through), *(arm.mlm.text if arm.mlm else ()))


def check_names(study: Study, tasks: Catalog[Task]) -> None:
    """Every name the study uses exists."""
    for arm, spec in study.arms.items():
        for name in stage_tasks(spec.through):
            _known(tasks, name, f"arms.{arm}.through")
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
        _known(tasks, name, "targets")
        if tasks[name].after is not None:
            _known(tasks, str(tasks[name].after), "targets")
        if not tasks[name].test:
            raise StudyError(f"The task '{name}' has no test sets, so it cannot be a target.", where="targets")
    for name in study.train.tasks:
        _known(tasks, name, "train.tasks")
    for name in study.settings:
        _known(tasks, name, "settings")
    for old, new in study.substitute.items():
        _known(tasks, old, "substitute")
        _known(tasks, new, f"substitute.{old}")
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
        if abs(sum(weights.values())) > 1e-9:
            raise StudyError("The weights of a contrast must sum to zero.", where=f"contrasts.{contrast}")
    _check_languages(study, tasks)


def _known(tasks: Catalog[Task], name: str, where: str) -> None:
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
    said = [] if target is None else [f"scored after fine-tuning on {name}"]
    if task.name != name:
        said.append(f"trained on the substitute {task.name}")
    if task.scale != "full":
        said.append(f"{task.name}: {task.scale}")
    if said:
        notes[target or name] = (*notes.get(target or "", ()), *said)
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
        task = task.but(train=other.train, dev=other.dev, holdout=other.holdout, corpora=other.corpora)
        said = f": {other.scale}" if other.scale != "full" else ""
        notes[name] = (*notes.get(name, ()), f"trained on the substitute {other.name}{said}")
    wanted = study.languages
    tests = {lang: source for lang, source in task.test.items() if wanted is None or lang in wanted}
    if study.take.test is not None and task.divisible:
        view = Take(n=study.take.test, by="group")
        tests = {lang: replace(source, views=(*source.views, view)) for lang, source in tests.items()}
        notes[name] = (*notes.get(name, ()), f"at most {study.take.test} test examples a language")
    return task.but(test=tests)


def _same_output(task: Task, other: Task) -> None:
    if type(task.kind) is not type(other.kind):
        raise StudyError(
            f"'{other.name}' cannot stand in for the training data of '{task.name}': it is "
            f"{other.kind.name}, not {task.kind.name}.",
            where=f"substitute.{task.name}",
        )
    ours, theirs = getattr(task.kind, "labels", None), getattr(other.kind, "labels", None)
    if ours != theirs:
        raise StudyError(
            f"'{other.name}' cannot stand in for the training data of '{task.name}': its labels are "
            f"{theirs}, not {ours}.",
            where=f"substitute.{task.name}",
        )


def _missing(source: Source, locate: Locate) -> str:
    """Why a source cannot be read, in one sentence; "" when it can."""
    try:
        locate(source)
    except (DataError, EncoderError) as error:
        return error.what
    return ""


def _missing_arm(arm: ArmSpec, intermediates: Mapping[str, Task], locate: Locate) -> str:
    """Why an arm cannot be trained, in one sentence; "" when it can."""
    through = stage_tasks(arm.through)
    for name in trained_tasks(arm):
        if arm.translated is None or name not in through:
            reason = _missing_training(intermediates[name], locate)
        else:
            reason = _missing_translations(name, arm.translated, intermediates, locate)
        if reason:
            return reason
    return ""


def _missing_translations(name: str, spec: TranslatedSpec, intermediates: Mapping[str, Task], locate: Locate) -> str:
    task = intermediates[name]
    try:
        check_translated(task, spec, intermediates.values(), "translated")
    except StudyError as error:
        return error.what
    return next((reason for one in translated_sources(task, spec) if (reason := _missing(one, locate))), "")


def _missing_training(task: Task, locate: Locate) -> str:
    fit = task.fit
    if fit is None:
        return ""
    return _missing(fit.train, locate) or (_missing(fit.dev, locate) if fit.dev is not None else "")


def _missing_pool(task: Task, locate: Locate) -> str:
    return _missing(task.pool, locate) if task.pool is not None else ""


def _refuse_missing(study: Study, chosen: ResolvedStudy) -> None:
    if study.allow_missing:
        return
    for kind, missing in (("target", chosen.missing_targets), ("arm", chosen.missing_arms)):
        for name, reason in missing.items():
            raise DataError(
                f"The {kind} '{name}' cannot run: {reason}",
                hint="Give its files with --data DIR, fetch them where there is a network (`xstilts tasks` says from "
                "where), name a stand-in under `substitute:`, or go on without it with --allow-missing: it is shown "
                "as missing.",
            )
    if len(chosen.missing_targets) == len(chosen.targets):
        raise DataError("No target of this study has its data here.")
