"""The text that an encoder was pretrained on, as far as it is here: the corpora of its recipe."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from xstilts.core.errors import DataError
from xstilts.core.sentences import listed
from xstilts.data.leak_audit import AuditedTraining
from xstilts.data.locate import Roots
from xstilts.data.read import ResolvedSource, resolve_source
from xstilts.data.source import Source
from xstilts.models.pretraining_languages import pretraining_recipe, start_of
from xstilts.pipeline.leak_audit import PretrainingText
from xstilts.pretrain.corpora import CORPORA, Corpus

SAMPLE = "sample"  # where files of that kind lie (`data.locate`)
NOT_HERE = "its pretraining text is not here"


def pretraining_text(encoder: str, folder: Path | None, roots: Roots) -> PretrainingText:
    """Return the corpora that an encoder was pretrained on, and what of them is not here. folder: where its files are.

    An encoder without a recipe is one that was published, whose text nobody has beside a study.
    """
    recipe = pretraining_recipe(encoder, folder)
    if recipe is None:
        return PretrainingText(note=f"{encoder}: {NOT_HERE}")
    found, lacking = dict[str, tuple[ResolvedSource, ...]](), list[str]()
    for name in recipe.get("corpora", ()):
        sources, missing = _sources(CORPORA[name], recipe, roots) if name in CORPORA else ([], 1)
        if sources:
            found[name] = tuple(sources)
        if missing:
            lacking.append(f"{name} in part" if sources else name)
    notes = [f"{encoder}: of its pretraining text {listed(lacking)} {_are(lacking)} not here"] if lacking else []
    if start := start_of(recipe):
        notes.append(f"{start}, which it starts from or was taught by: {NOT_HERE}")
    trainings = (AuditedTraining(name=name, sources=sources, guarded=True) for name, sources in found.items())
    return PretrainingText(trainings=tuple(trainings), note="; ".join(notes))


def _are(names: list[str]) -> str:
    return "is" if len(names) == 1 else "are"


def _sources(corpus: Corpus, recipe: Mapping[str, Any], roots: Roots) -> tuple[list[ResolvedSource], int]:
    """Return the files of a corpus in the languages of a recipe, and how many sources are not here: a packaged sample
    is only a part of what was read."""
    found, missing = list[ResolvedSource](), 0
    for source in _asked(corpus, recipe):
        try:
            resolved = resolve_source(source, roots)
        except DataError:
            missing += 1
            continue
        if resolved.kind == SAMPLE:
            missing += 1
        else:
            found.append(resolved)
    return found, missing


def _asked(corpus: Corpus, recipe: Mapping[str, Any]) -> Iterator[Source]:
    """Yield the sources that a recipe reads; word lists are no text."""
    languages = recipe.get("languages", ())
    for language, sources in corpus.sources.items():
        if corpus.form != "lexicon" and (not languages or language.partition("#")[0] in {*languages, "en"}):
            yield from sources
