"""Tasks of text that an arm names, for masked LM beside its tasks and for its language adapters: that they are text, in
the languages asked for."""

from __future__ import annotations

from collections.abc import Iterable

from xstilts.core.catalog import Catalog
from xstilts.core.errors import DataError, StudyError
from xstilts.kinds.mlm import MaskedLM
from xstilts.study.arms import ArmSpec, MlmSpec
from xstilts.study.language_adapters import LanguageAdapters
from xstilts.tasks.base import Task


def check_texts(arm: ArmSpec, tasks: Catalog[Task], where: str) -> None:
    """Raises StudyError for a task that is no text, and for a language that a text is not in."""
    if arm.mlm is not None:
        _check_mlm(arm.mlm, tasks, f"{where}.mlm")
    if arm.language_adapters is not None:
        _check_language_adapters(arm.language_adapters, tasks, f"{where}.language_adapters")


def _check_mlm(spec: MlmSpec, tasks: Catalog[Task], where: str) -> None:
    _are_texts(spec.text, tasks, f"{where}.text")
    for name in spec.text:
        source = tasks[name].train
        if source is not None and spec.languages is not None:
            try:
                source.only_languages(spec.languages)
            except DataError as error:
                problem = f"Of '{name}', {error.what}"
                raise StudyError(
                    problem, where=f"{where}.languages", value=error.value, allowed=error.allowed
                ) from error


def _check_language_adapters(spec: LanguageAdapters, tasks: Catalog[Task], where: str) -> None:
    """One of the texts is enough for a language."""
    _are_texts(spec.text, tasks, f"{where}.text")
    sources = [source for name in spec.text if (source := tasks[name].train) is not None]
    offered = {language for source in sources for place in source.places for language in place.languages} - {""}
    for language in spec.languages or ():
        if language not in offered:
            problem = f"None of the texts {', '.join(spec.text)} is in '{language}'."
            raise StudyError(problem, where=f"{where}.languages", value=language, allowed=sorted(offered))


def _are_texts(names: Iterable[str], tasks: Catalog[Task], where: str) -> None:
    texts = [task.name for task in tasks.values() if task.kind.name == MaskedLM.name]
    for name in names:
        if name not in texts:
            problem = f"The task '{name}' is no text for masked language modelling."
            raise StudyError(problem, where=where, value=name, allowed=texts)
