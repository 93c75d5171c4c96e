"""Tasks as facts: what each has here, what it would need, its licence. Reads no rows unless asked."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from xstilts.core.catalog import Catalog
from xstilts.core.errors import DataError
from xstilts.data.locate import Roots, locate_files, place_addresses
from xstilts.data.read import joined_note, load_examples, resolve_source
from xstilts.data.source import Source
from xstilts.pipeline.options import Options
from xstilts.pipeline.session import catalog_for
from xstilts.samples import describe as describe_sample
from xstilts.study.metric_choice import with_metrics
from xstilts.study.schema import Study
from xstilts.study.tests_alone import with_trained_labels
from xstilts.tasks.base import Task


@dataclass(frozen=True, kw_only=True)
class SourceFacts:
    """One source of a task, as it lies here or would be fetched."""

    use: str  # "train", "dev", "translation" (of the training data), "pool", "test"
    language: str
    here: str  # where its files are: "data", "store", "sample"; "" when missing
    files: tuple[str, ...]
    bytes: int
    examples: int | None  # None: not counted
    dropped: int | None
    fetch: tuple[str, ...]  # where it would come from
    note: str


@dataclass(frozen=True, kw_only=True)
class TaskFacts:
    name: str
    kind: str
    licence: str
    noncommercial: bool
    cite: str
    home: str
    scale: str
    text: str
    benchmarks: tuple[str, ...]
    metrics: tuple[str, ...]
    sources: tuple[SourceFacts, ...]
    labels: tuple[str, ...] = ()  # in the order of their ids; of some kinds there are none

    def languages(self, available: bool = False) -> list[str]:
        """Return the test languages; with `available`, those whose files are here."""
        return [source.language for source in self.sources if source.use == "test" and (source.here or not available)]

    def training(self) -> str:
        """Say where the training data are: "here", "sample", "to fetch", "missing"; "–" where the task has none."""
        train = next((source for source in self.sources if source.use == "train"), None)
        if train is None:
            return "–"
        return {"": "to fetch" if train.fetch else "missing", "sample": "sample"}.get(train.here, "here")

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def facts(task: Task, roots: Roots, count: bool = False) -> TaskFacts:
    """`count` reads every file that is here and counts its examples."""
    optional = [("train", task.train), ("dev", task.dev), ("pool", task.pool)]
    named = [(use, source.language, source) for use, source in optional if source is not None]
    named += [("translation", language, source) for language, source in task.translations.items()]
    named += [("test", language, source) for language, source in task.test.items()]
    return TaskFacts(
        name=task.name,
        kind=task.kind.name.replace("_", " "),
        licence=task.origin.licence,
        noncommercial=task.origin.noncommercial,
        cite=task.origin.cite,
        home=task.origin.home,
        scale=task.scale,
        text=task.origin.text,
        benchmarks=task.benchmarks,
        metrics=tuple(metric.name for metric in task.scored),
        sources=tuple(_source_facts(use, language, source, roots, count) for use, language, source in named),
        labels=tuple(getattr(task.kind, "labels", ())),
    )


def own_tasks(study: Study, options: Options) -> Catalog[Task]:
    """Return the tasks that a study declares, as it scores them."""
    tasks = with_metrics(study, with_trained_labels(study, catalog_for(study, options)))
    return Catalog("task", *(tasks[name] for name in study.tasks))


def _source_facts(use: str, language: str, source: Source, roots: Roots, count: bool) -> SourceFacts:
    fetch = tuple(dict.fromkeys(address for place in source.places for address in place_addresses(place)))
    try:
        located = locate_files(source, roots)
    except DataError:
        names = tuple(dict.fromkeys(name for place in source.places for name in place.files))
        return SourceFacts(
            use=use,
            language=language,
            here="",
            files=names[:4],
            bytes=0,
            examples=None,
            dropped=None,
            fetch=fetch,
            note=source.notes,
        )
    samples = [description for path in located.paths if (description := describe_sample(path))]
    loaded = load_examples(resolve_source(source, roots)) if count else None
    return SourceFacts(
        use=use,
        language=language,
        here=located.kind,
        files=located.names,
        bytes=sum(path.stat().st_size for path in located.paths),
        examples=len(loaded.examples) if loaded else None,
        dropped=sum(loaded.dropped.values()) if loaded else None,
        fetch=fetch,
        note="; ".join([*([noted] if (noted := joined_note(source, located.place)) else []), *dict.fromkeys(samples)]),
    )
