"""What a resolved study may need from elsewhere: sources, translation models, texts of language adapters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from xstilts.core.errors import StudyError
from xstilts.data.source import Source
from xstilts.study.arms import ArmSpec
from xstilts.study.language_adapters import RouteLanguages, candidate_texts, route_languages
from xstilts.study.resolve import ResolvedStudy
from xstilts.study.schema import Study
from xstilts.study.translation import check_translated, translated_sources, translation_models
from xstilts.tasks.base import Task


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
    """The names of all translation models that a study may use, for training sets and for test sets."""
    tested = (
        translation.model
        for arm in resolved.study.arms
        for target in resolved.targets
        for translation in resolved.translated_tests(arm, target).values()
    )
    return tuple(dict.fromkeys([*translation_models(resolved.study), *tested]))


def needed_adapters(study: Study) -> tuple[str, ...]:
    """The names of all published adapters that arms start from, each once."""
    return tuple(dict.fromkeys(arm.start for arm in study.arms.values() if arm.start))


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
