"""The first step of pretraining: find the corpora and what is protected, and read the one past the other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields, replace

from xstilts.core.errors import DataError
from xstilts.data.examples import DependencyExample, Example, RolesExample, TagExample
from xstilts.data.locate import Roots
from xstilts.data.read import ResolvedSource, load, resolve
from xstilts.data.source import Source
from xstilts.engine.step import Context, Step
from xstilts.kinds.mlm import MaskedLM
from xstilts.pretrain.corpora import CORPORA, Corpus
from xstilts.pretrain.corpus import CorpusFile, read_corpora, save_corpus
from xstilts.pretrain.leak_guard import UNSPACED, LeakGuard
from xstilts.pretrain.recipe import PretrainRecipe
from xstilts.tasks.base import Task
from xstilts.tasks.catalog import TASKS

# Parallel text that is trained on although it is also a retrieval task here, and so protects nothing.
TRAINED_ON = ("ntrex",)
_NOT_TEXT = ("id", "group", "where", "label", "side", "part", "relevant")
VERSION = 1


@dataclass(frozen=True, kw_only=True)
class CorpusSettings:
    parts: tuple[CorpusFile, ...]
    protected: tuple[ResolvedSource, ...]


def corpus_step(recipe: PretrainRecipe, roots: Roots) -> Step:
    """Raises StudyError for an unknown or non-commercial corpus, DataError when one is not here."""
    chosen = [CORPORA.find(name, where="corpora") for name in recipe.corpora]
    refused = [corpus.name for corpus in chosen if corpus.noncommercial and not recipe.allow_noncommercial]
    if refused:
        raise DataError(
            f"The corpus '{refused[0]}' is in part non-commercial.",
            where="corpora",
            hint="Set `allow_noncommercial: true` to use it all the same.",
        )
    parts = [part for corpus in chosen for part in _parts(corpus, recipe.languages, roots)]
    return Step(
        name="corpus",
        version=VERSION,
        settings=CorpusSettings(parts=tuple(parts), protected=tuple(protected(roots))),
        call=read,
        label=f"reading {', '.join(corpus.name for corpus in chosen)} past the leak guard",
    )


def _parts(corpus: Corpus, languages: Sequence[str], roots: Roots) -> Iterator[CorpusFile]:
    wanted = {*languages, "en"}
    for language, sources in corpus.sources.items():
        if not languages or language.partition("#")[0] in wanted:
            found = tuple(resolve(source, roots) for source in sources)
            yield CorpusFile(corpus=corpus.name, form=corpus.form, language=language, sources=found)


def protected(roots: Roots) -> Iterator[ResolvedSource]:
    """Every dev and test file that a task declares and that is here, whole."""
    seen = set()
    for source in _declared(TASKS.values()):
        try:
            found = resolve(source, roots)
        except DataError:
            continue  # it cannot leak into what is read here
        if found not in seen:
            seen.add(found)
            yield found


def _declared(tasks: Iterable[Task]) -> Iterator[Source]:
    for task in tasks:
        if isinstance(task.kind, MaskedLM) or task.name in TRAINED_ON or task.same_tests_as:
            continue
        for source in (task.dev, *task.test.values()):
            if source is not None:
                yield replace(source, views=())


def read(settings: CorpusSettings, context: Context) -> None:
    texts = (text for source in settings.protected for text in _texts(source))
    context.progress(0, 1, "corpora", "reading what is protected")
    guard = LeakGuard(texts)

    def told(done: int, total: int, what: str) -> None:
        context.progress(done, total, "corpora", what)

    data, counts = read_corpora(settings.parts, guard, told)
    files = {f"{part.corpus} {part.language}": [*(f for s in part.sources for f in s.files)] for part in settings.parts}
    record = {"counts": counts, "files": files, "protected": {"texts": guard.texts, "sources": len(settings.protected)}}
    save_corpus(data, record, context.out)


def _texts(source: ResolvedSource) -> Iterator[tuple[str, str]]:
    for example in load(source).examples:
        for text in _fields(example, source.language):
            yield source.language, text


def _fields(example: Example, language: str) -> Iterator[str]:
    """All texts of an example."""
    if isinstance(example, TagExample | DependencyExample | RolesExample):
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
