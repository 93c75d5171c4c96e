"""Machine-translated training data of an arm's intermediate tasks: where they are found, and what stands in their way.

A translation is the task again with another training source: its dev set stays the task's own, so that an arm is
selected as it would be without translations.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from xstilts.core.errors import StudyError
from xstilts.core.languages import canonical_code
from xstilts.data.source import MachineTranslation, Source
from xstilts.kinds.catalog import KINDS
from xstilts.study.arms import TranslatedSpec
from xstilts.study.schema import Study
from xstilts.tasks.base import Task, TrainingView


def check_translated(task: Task, spec: TranslatedSpec, tasks: Iterable[Task], where: str) -> None:
    """Raises StudyError where `task` cannot be had in the languages of `spec`; `tasks`: all that a study may name."""
    written_in = task.train.language if task.train is not None else ""
    for language in spec.languages:
        if canonical_code(language, f"{where}.languages") == written_in:
            raise StudyError(
                f"'{task.name}' is written in '{language}' itself.",
                where=f"{where}.languages",
                hint="`original: true` (the default) trains on its own rows as well.",
            )
    _check_model(task, where) if spec.source.model else _check_files(task, spec, tasks, where)


def _check_model(task: Task, where: str) -> None:
    if not task.kind.survives_translation:
        kinds = ", ".join(name.replace("_", " ") for name, kind in KINDS.items() if kind.survives_translation)
        raise StudyError(
            f"'{task.name}' is a {task.kind.name.replace('_', ' ')} task; a model can translate {kinds} tasks alone.",
            where=f"{where}.source",
        )


def _check_files(task: Task, spec: TranslatedSpec, tasks: Iterable[Task], where: str) -> None:
    if not task.translations:
        raise StudyError(
            f"The task '{task.name}' has no published translations.",
            where=f"{where}.source",
            value=task.name,
            allowed=[other.name for other in tasks if other.translations],
            hint="`source: {model: ...}` lets a translation model make them.",
        )
    for language in spec.languages:
        if canonical_code(language) not in task.translations:
            raise StudyError(
                f"The task '{task.name}' has no published translation into '{language}'.",
                where=f"{where}.languages",
                value=language,
                allowed=sorted(task.translations),
                hint="`source: {model: ...}` lets a translation model make it.",
            )


def translations(task: Task, fit: TrainingView, spec: TranslatedSpec, take: int | None) -> dict[str, TrainingView]:
    """Return, by language, the training view of `task` in translation. `fit` is its own, cut to `take` rows already:
    a model translates those alone, and of published files as many are taken, the same ones where the ids agree."""
    fits = {}
    for language in spec.languages:
        code = canonical_code(language)
        if spec.source.model:
            train = fit.train.with_translation(_translation(spec, language))
            fits[code] = replace(fit, train=train)
        else:
            train = task.translations[code]
            train = train if take is None else train.subsample(take)
            fits[code] = replace(fit, train=train, exclude_dev_ids=task.dev is None)
    return fits


def _translation(spec: TranslatedSpec, language: str) -> MachineTranslation:
    return MachineTranslation(
        language=canonical_code(language), model=model_of(spec, language), beams=spec.source.beams
    )


def model_of(spec: TranslatedSpec, language: str) -> str:
    """The name of the model that translates into a language; "" where files are used."""
    return spec.source.model.replace("{language}", language)


def translation_models(study: Study) -> tuple[str, ...]:
    """Every translation model a study names."""
    specs = [arm.translated for arm in study.arms.values() if arm.translated is not None]
    named = (model_of(spec, language) for spec in specs for language in spec.languages)
    return tuple(dict.fromkeys(name for name in named if name))


def translated_sources(task: Task, spec: TranslatedSpec) -> list[Source]:
    """List what must be here before `task` can be trained on in translation, its dev set included. Empty for
    a task without training data."""
    fit = task.fit
    if fit is None:
        return []
    translated = [translation.train for translation in translations(task, fit, spec, None).values()]
    original = [fit.train] if spec.original else []
    return [*original, *translated, *([fit.dev] if fit.dev is not None else [])]


def translation_notes(spec: TranslatedSpec, tasks: Sequence[Task]) -> tuple[str, ...]:
    """Say what a report must say of an arm that goes through these tasks."""
    *others, last = spec.languages
    languages = f"{', '.join(others)} and {last}" if others else last
    model = spec.source.model
    mixed = "beside the tasks' own rows" if spec.original else "in the place of the tasks' own rows"
    maker = f"by {model}" if model else "published files"
    summary = f"trained on machine translations into {languages} ({maker}), {mixed}"
    files = [(task.name, source) for task in tasks for source in task.translations.values() if not model]
    return summary, *dict.fromkeys(f"{name}: {source.note}" for name, source in files if source.note)
