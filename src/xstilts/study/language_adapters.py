"""Language adapters of an arm (MAD-X, Pfeiffer et al. 2020): which languages have one, and the text it is trained on.

Each is trained by masked LM on text of one language, over the pretrained encoder. The tasks of the arm are trained on
top of the one of their own language; at prediction that of the test language takes its place.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pydantic import Field

from xstilts.core.errors import DataError, StudyError
from xstilts.core.settings.tuning import Bottleneck, Placement
from xstilts.data.source import Source
from xstilts.study.field_types import Languages
from xstilts.study.strict_model import GeneratedSection, section_of
from xstilts.study.tune import TuneSpec
from xstilts.tasks.base import Task

BottleneckSection: Any = section_of(
    Bottleneck, only=("reduction", "activation", "invertible"), defaults={"reduction": 2.0, "invertible": True}
)


class LanguageAdapters(BottleneckSection, GeneratedSection):
    """A language adapter for the training language and for every test language with text.

    text: tasks of text; a language is trained on the first of them that has it. languages: only these have an adapter
    of their own, beside the training language. The other keys are those of `tune`.
    """

    text: tuple[str, ...] = Field(min_length=1)
    languages: Languages | None = None
    adapter: Placement = "pfeiffer"

    @property
    def tune(self) -> TuneSpec:
        numbers = ("adapter", "reduction", "activation", "invertible")
        return TuneSpec.model_validate({key: getattr(self, key) for key in numbers})


@dataclass(frozen=True, kw_only=True)
class RouteLanguages:
    """Languages of one route: that in which it is trained, and the others that rows of its target are in."""

    training_language: str
    others: tuple[str, ...]


def route_languages(
    through: Iterable[Task], last: Task, target: Task, missing: Collection[str] = (), where: str | None = None
) -> RouteLanguages:
    """Return the languages of a route through some tasks and `last`, which may be another than the target.

    Args:
        missing: Test languages that are not here.
        where: The place in the study, for the error.

    Raises StudyError where it is trained in several languages: one adapter lies below all of it."""
    trained = {task.train.language: task.name for task in (*through, last) if task.train is not None}
    if len(trained) > 1:
        pairs = " and ".join(f"'{name}' in '{language}'" for language, name in sorted(trained.items()))
        raise StudyError(
            f"One language adapter lies below all tasks of an arm, but its tasks are written in several: {pairs}.",
            where=where,
            hint="Give arms with `language_adapters` tasks and targets of one training language.",
        )
    training_language = next(iter(trained), "") or target.query_language or target.candidate_language or "en"
    pool = (target.pool.language,) if target.pool is not None else ()
    tested = {language for language in target.test if language not in missing}
    read = {*tested, target.query_language, target.candidate_language, *pool}
    return RouteLanguages(training_language=training_language, others=tuple(sorted(read - {training_language, ""})))


def text_in(task: Task, language: str) -> Task | None:
    """A task of text cut to one language; None where it has none in it."""
    if task.train is None:
        return None
    try:
        return task.replace(train=replace(task.train.only_languages([language]), language=language))
    except DataError:
        return None


@dataclass(frozen=True, kw_only=True)
class AdapterTexts:
    """The text of each language that gets an adapter, why the arm cannot be trained ("" when it can), and what a report
    must say of it."""

    texts: Mapping[str, Task]
    reason: str
    notes: tuple[str, ...]


def candidate_texts(
    spec: LanguageAdapters, routes: Sequence[RouteLanguages], tasks: Mapping[str, Task]
) -> dict[str, list[Task]]:
    """Return, for each language of an arm's routes that should have an adapter, the texts in it, best first. `tasks`:
    those of `spec.text`, by that name."""
    trained_in = {route.training_language for route in routes}
    others = {language for route in routes for language in route.others}
    languages = trained_in | (others if spec.languages is None else others & set(spec.languages))
    return {
        language: [text for name in spec.text if (text := text_in(tasks[name], language)) is not None]
        for language in sorted(languages)
    }


def find_texts(
    spec: LanguageAdapters,
    routes: Sequence[RouteLanguages],
    candidates: Mapping[str, Sequence[Task]],
    locate: Callable[[Source], object],
) -> AdapterTexts:
    """Choose for each language the first of its candidates that is here. `locate` raises DataError where a source is
    not."""
    training_languages = {route.training_language for route in routes}
    texts, reasons = {}, []
    for language, possible in candidates.items():
        missing = [_why_missing(text, locate) for text in possible]
        if "" in missing:
            texts[language] = possible[missing.index("")]
        elif language in training_languages:
            none = f"none of its texts ({', '.join(spec.text)}) is in '{language}', in which it is trained."
            reasons.append(missing[0] if missing else none)
    notes = tuple(_notes(spec, routes, texts))
    return AdapterTexts(texts=texts, reason=reasons[0] if reasons else "", notes=notes)


def _why_missing(task: Task, locate: Callable[[Source], object]) -> str:
    """Say in one sentence why a text cannot be read; "" when it can."""
    assert task.train is not None
    try:
        locate(task.train)
    except DataError as error:
        return error.what
    return ""


def _notes(spec: LanguageAdapters, routes: Sequence[RouteLanguages], texts: Mapping[str, Task]) -> Iterator[str]:
    """Say which languages have an adapter of their own, and which are read with another."""
    by_text: dict[str, list[str]] = {}
    for language, task in sorted(texts.items()):
        by_text.setdefault(task.name, []).append(language)
    trained = "; ".join(f"{', '.join(languages)} on {name}" for name, languages in by_text.items())
    yield f"one language adapter each, trained by masked LM: {trained}"
    for code in sorted({route.training_language for route in routes}):
        others = {lang for route in routes if route.training_language == code for lang in route.others} - texts.keys()
        without_text = others if spec.languages is None else others & set(spec.languages)
        for languages, reason in (
            (without_text, "there is no text of them here"),
            (others - without_text, "as the arm asks"),
        ):
            if languages:
                yield f"read with the language adapter of {code}, {reason}: {', '.join(sorted(languages))}"
