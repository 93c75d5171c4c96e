"""The corpus step: find the corpora and what is protected, and read the corpora past the leak guard."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields, replace

from xstilts.core.errors import DataError
from xstilts.data.examples import Example, WordsExample
from xstilts.data.leak_guard import LeakGuard
from xstilts.data.leak_words import UNSPACED
from xstilts.data.locate import Roots
from xstilts.data.read import ResolvedSource, load_examples, resolve_source
from xstilts.data.source import Source
from xstilts.engine.step import Context, Step
from xstilts.kinds.mlm import MaskedLM
from xstilts.pipeline.steps.base import StepKind
from xstilts.pretrain.corpora import CORPORA, Corpus
from xstilts.pretrain.corpus import CorpusFile, read_corpora, save_corpus
from xstilts.pretrain.recipe import PretrainRecipe
from xstilts.tasks.base import Task
from xstilts.tasks.catalog import TASKS

VERSION = 1
# Parallel text that is trained on although it is also a retrieval task here, and so protects nothing.
TRAINED_ON = ("ntrex",)
_NOT_TEXT = ("id", "group", "where", "label", "side", "part", "relevant")


@dataclass(frozen=True, kw_only=True)
class CorpusSettings:
    """The files that are read, and those whose texts are kept out."""

    parts: tuple[CorpusFile, ...]
    protected: tuple[ResolvedSource, ...]


def run(settings: CorpusSettings, context: Context) -> None:
    """Write the corpus that the guard let pass, and counts.json. Raises DataError for a file that cannot be read."""
    texts = (text for source in settings.protected for text in _texts(source))
    context.progress(0, 1, "corpora", "reading what is protected")
    guard = LeakGuard(texts)

    def on_progress(done: int, total: int, corpus: str) -> None:
        context.progress(done, total, "corpora", corpus)

    data, counts = read_corpora(settings.parts, guard, on_progress)
    files = {f"{part.corpus} {part.language}": [*(f for s in part.sources for f in s.files)] for part in settings.parts}
    record = {"counts": counts, "files": files, "protected": {"texts": guard.texts, "sources": len(settings.protected)}}
    save_corpus(data, record, context.out)


def _texts(source: ResolvedSource) -> Iterator[tuple[str, str]]:
    for example in load_examples(source).examples:
        for text in _fields(example, source.language):
            yield source.language, text


def _fields(example: Example, language: str) -> Iterator[str]:
    """Yield all texts of an example."""
    if isinstance(example, WordsExample):
        yield ("" if language in UNSPACED else " ").join(example.words)
        return
    for spec in fields(example):
        value = getattr(example, spec.name)
        if spec.name in _NOT_TEXT or value is None:
            continue
        yield from [value] if isinstance(value, str) else _strings(value)


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, tuple):
        yield from (item for item in value if isinstance(item, str))


KIND = StepKind(name="corpus", version=VERSION, run=run, reads_files=True)


def corpus_step(recipe: PretrainRecipe, roots: Roots) -> Step:
    """Return the step that reads a recipe's corpora.

    Raises StudyError for an unknown corpus, DataError for a non-commercial one that the recipe does not allow or one
    that is not here."""
    corpora = [CORPORA.find(name, where="corpora") for name in recipe.corpora]
    refused = [corpus.name for corpus in corpora if corpus.noncommercial and not recipe.allow_noncommercial]
    if refused:
        raise DataError(
            f"The corpus '{refused[0]}' is in part non-commercial.",
            where="corpora",
            hint="Set `allow_noncommercial: true` to use it all the same.",
        )
    parts = [part for corpus in corpora for part in _parts(corpus, recipe.languages, roots)]
    settings = CorpusSettings(parts=tuple(parts), protected=tuple(protected(roots)))
    names = ", ".join(corpus.name for corpus in corpora)
    return KIND.step(settings, label=f"reading {names} past the leak guard", about={"corpora": names})


def _parts(corpus: Corpus, languages: Sequence[str], roots: Roots) -> Iterator[CorpusFile]:
    needed_languages = {*languages, "en"}
    for language, sources in corpus.sources.items():
        if not languages or language.partition("#")[0] in needed_languages:
            resolved = tuple(resolve_source(source, roots) for source in sources)
            yield CorpusFile(corpus=corpus.name, form=corpus.form, language=language, sources=resolved)


def protected(roots: Roots) -> Iterator[ResolvedSource]:
    """Yield every dev and test file that a task declares and that is here, without views: all of it is protected."""
    seen = set()
    for source in _declared(TASKS.values()):
        try:
            resolved = resolve_source(source, roots)
        except DataError:
            continue  # it cannot leak into what is read here
        if resolved not in seen:
            seen.add(resolved)
            yield resolved


def _declared(tasks: Iterable[Task]) -> Iterator[Source]:
    for task in tasks:
        if isinstance(task.kind, MaskedLM) or task.name in TRAINED_ON or task.same_tests_as:
            continue
        for source in (task.dev, *task.test.values()):
            if source is not None:
                yield replace(source, views=())
