"""Language adapters of an arm (MAD-X, Pfeiffer et al. 2020): which languages have one, and the text it is trained on.

Each is trained by masked LM on text of one language, over the pretrained encoder. The tasks of the arm are trained on
top of the one of their own language; at prediction that of the test language takes its place.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from pydantic import Field

from xstilts.core.catalog import Catalog
from xstilts.core.errors import DataError, EncoderError, StudyError
from xstilts.data.source import Source
from xstilts.kinds.mlm import MaskedLM
from xstilts.study.section import Section
from xstilts.study.tune import TuneSpec
from xstilts.tasks.base import Task


class LanguageAdapters(Section):
    """A language adapter for the training language and for every test language with text.

    text: tasks of text; a language is trained on the first of them that has it. languages: only these have an adapter
    of their own, beside the training language. The other keys are those of `tune`.
    """

    text: tuple[str, ...] = Field(min_length=1)
    languages: tuple[str, ...] | None = None
    adapter: Literal["houlsby", "pfeiffer", "parallel"] = "pfeiffer"
    reduction: float = Field(2.0, ge=1)
    activation: Literal["relu", "gelu", "silu", "tanh"] = "relu"
    invertible: bool = True

    @property
    def tune(self) -> TuneSpec:
        return TuneSpec(
            adapter=self.adapter,
            reduction=self.reduction,
            activation=self.activation,
            invertible=self.invertible,
        )


@dataclass(frozen=True, kw_only=True)
class Spoken:
    """Languages of one route: `own`, in which it is trained, and the others that rows of its target are in."""

    own: str
    others: tuple[str, ...]


def spoken(through: Iterable[Task], last: Task, target: Task, missing: Collection[str] = ()) -> Spoken:
    """Of a route through some tasks and `last`, which may be another than the target that is scored; `missing`: test
    languages that are not here. Raises StudyError where it is trained in several languages: one adapter lies below."""
    trained = {task.train.language: task.name for task in (*through, last) if task.train is not None}
    if len(trained) > 1:
        shown = " and ".join(f"'{name}' in '{language}'" for language, name in sorted(trained.items()))
        raise StudyError(
            f"One language adapter lies below all tasks of an arm, but its tasks are written in several: {shown}.",
            hint="Give arms with `language_adapters` tasks and targets of one training language.",
        )
    own = next(iter(trained), "") or target.candidates or "en"
    pool = (target.pool.language,) if target.pool is not None else ()
    read = {*(language for language in target.test if language not in missing), target.candidates, *pool}
    return Spoken(own=own, others=tuple(sorted(read - {own, ""})))


def check_language_adapters(spec: LanguageAdapters, tasks: Catalog[Task], where: str) -> None:
    """Raises StudyError for a text that is none, and for a language that no text is in."""
    texts = [task.name for task in tasks.values() if task.kind.name == MaskedLM.name]
    for name in spec.text:
        if name not in texts:
            what = f"The task '{name}' is no text for masked language modelling."
            raise StudyError(what, where=f"{where}.text", value=name, allowed=texts)
    offered = {language for name in spec.text for language in _languages(tasks[name])}
    for language in spec.languages or ():
        if language not in offered:
            what = f"None of the texts {', '.join(spec.text)} is in '{language}'."
            raise StudyError(what, where=f"{where}.languages", value=language, allowed=sorted(offered))


def _languages(task: Task) -> set[str]:
    places = task.train.places if task.train is not None else ()
    return {language for place in places for language in place.languages if language}


def text_in(task: Task, language: str) -> Task | None:
    """A task of text cut to one language; None where it has none in it."""
    if task.train is None:
        return None
    try:
        return task.but(train=replace(task.train.only([language]), language=language))
    except DataError:
        return None


def find_texts(
    spec: LanguageAdapters,
    routes: Sequence[Spoken],
    tasks: Mapping[str, Task],
    locate: Callable[[Source], object],
) -> tuple[dict[str, Task], str]:
    """The text of each language that gets an adapter, and why the arm cannot be trained ("" when it can): no text here
    in a language that it is trained in. `tasks`: those of `spec.text`, by that name."""
    own = {route.own for route in routes}
    others = {language for route in routes for language in route.others}
    wanted = own | (others if spec.languages is None else others & set(spec.languages))
    found, reason = {}, ""
    for language in sorted(wanted):
        cuts = [cut for name in spec.text if (cut := text_in(tasks[name], language)) is not None]
        said = f"None of the texts {', '.join(spec.text)} is in '{language}', the language that it is trained in."
        for cut in cuts:
            missing = _missing(cut, locate)
            if not missing:
                found[language] = cut
                break
            said = missing
        if language in own and language not in found:
            reason = reason or said
    return found, reason


def _missing(task: Task, locate: Callable[[Source], object]) -> str:
    assert task.train is not None
    try:
        locate(task.train)
    except (DataError, EncoderError) as error:
        return error.what
    return ""


def language_notes(spec: LanguageAdapters, routes: Sequence[Spoken], found: Mapping[str, Task]) -> tuple[str, ...]:
    """What a report must say of an arm: which language has an adapter of its own, and which is read with another."""
    by_text: dict[str, list[str]] = {}
    for language, task in sorted(found.items()):
        by_text.setdefault(task.name, []).append(language)
    made = "; ".join(f"{', '.join(languages)} on {name}" for name, languages in by_text.items())
    notes = [f"one language adapter each, trained by masked LM: {made}"]
    for own in sorted({route.own for route in routes}):
        others = {language for route in routes if route.own == own for language in route.others} - found.keys()
        chosen = set(others if spec.languages is None else spec.languages)
        for left, why in ((others & chosen, "there is no text of them here"), (others - chosen, "as the arm asks")):
            if left:
                notes.append(f"read with the language adapter of {own}, {why}: {', '.join(sorted(left))}")
    return tuple(notes)
