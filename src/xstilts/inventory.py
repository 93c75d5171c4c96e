"""What each task has here and what it would need: behind `xstilts tasks` and `xstilts data`. Reads no rows unless
asked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from xstilts.core.errors import DataError, StudyError
from xstilts.data.load import load, resolve
from xstilts.data.locate import Roots, addresses, find
from xstilts.data.pack import check, pack
from xstilts.data.source import Source
from xstilts.samples import describe as describe_sample
from xstilts.study.load import find_study, load_study
from xstilts.study.schema import Study
from xstilts.tasks.base import Task
from xstilts.workflow import Options, catalog_for, find_here, study_sources


@dataclass(frozen=True, kw_only=True)
class SourceFacts:
    """One source of a task, as it lies here or would be fetched."""

    use: str  # "train", "dev", "test"
    language: str
    here: str  # "data", "store", "sample"; "" when missing
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

    def languages(self, here: bool = False) -> list[str]:
        return [s.language for s in self.sources if s.use == "test" and (s.here or not here)]

    def training(self) -> str:
        """"here", "sample", "to fetch", "–"."""
        found = [s for s in self.sources if s.use == "train"]
        if not found:
            return "–"
        return {"": "to fetch" if found[0].fetch else "missing", "sample": "sample"}.get(found[0].here, "here")

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def facts(task: Task, roots: Roots, count: bool = False) -> TaskFacts:
    """`count` reads every file that is here and counts its examples."""
    named: list[tuple[str, Source]] = []
    if task.train is not None:
        named.append(("train", task.train))
    if task.dev is not None:
        named.append(("dev", task.dev))
    named += [("test", source) for source in task.test.values()]
    languages = [source.language for _, source in named[: len(named) - len(task.test)]] + list(task.test)
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
        sources=tuple(
            _source_facts(use, language, source, roots, count)
            for (use, source), language in zip(named, languages, strict=True)
        ),
    )


def _source_facts(use: str, language: str, source: Source, roots: Roots, count: bool) -> SourceFacts:
    fetch = tuple(dict.fromkeys(address for place in source.places for address in addresses(place)))
    try:
        found = find(source, roots)
    except DataError:
        wanted = tuple(dict.fromkeys(name for place in source.places for name in place.files))
        return SourceFacts(
            use=use,
            language=language,
            here="",
            files=wanted[:4],
            bytes=0,
            examples=None,
            dropped=None,
            fetch=fetch,
            note=source.note,
        )
    cut = [said for path in found.paths if (said := describe_sample(path))]
    loaded = load(resolve(source, roots)) if count else None
    return SourceFacts(
        use=use,
        language=language,
        here=found.kind,
        files=found.names,
        bytes=sum(path.stat().st_size for path in found.paths),
        examples=len(loaded.examples) if loaded else None,
        dropped=sum(loaded.dropped.values()) if loaded else None,
        fetch=fetch,
        note="; ".join([*([source.note] if source.note else []), *dict.fromkeys(cut)]),
    )


@dataclass(frozen=True, kw_only=True)
class Checked:
    """One source of `data check`."""

    task: str
    language: str
    ok: bool
    said: str

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    def as_line(self) -> str:
        return f"{'ok     ' if self.ok else 'MISSING'}  {self.task} {self.language}: {self.said}"


Named = Mapping[Source, str]  # source -> the task it belongs to


def named_sources(names: Iterable[str], options: Options, scale: str | None = None) -> Named:
    """Sources of tasks and studies by name; of every task where no name is given.

    Raises StudyError for a name that is neither."""
    catalog = catalog_for(None, options)
    found: dict[Source, str] = {}
    for name in names:
        if name in catalog:
            _add(found, catalog[name])
            continue
        try:
            find_study(name)
        except StudyError as error:
            raise StudyError(f"'{name}' is neither a task nor a study.", value=name, allowed=catalog) from error
        study = load_study(name, scale)
        found.update(dict.fromkeys(study_sources(study, catalog_for(study, options)), study.name))
    if not found:
        for task in catalog.values():
            _add(found, task)
    return found


def _add(found: dict[Source, str], task: Task) -> None:
    for source in (task.train, task.dev, *task.test.values()):
        if source is not None:
            found.setdefault(source, task.name)


def check_files(sources: Named, roots: Roots) -> list[Checked]:
    """Finds every source and verifies the checksums of fetched files."""
    return [
        Checked(
            task=sources[status.source],
            language=status.source.language,
            ok=status.state == "ok",
            said=", ".join(path.name for path in status.paths) or status.why,
        )
        for status in check(list(sources), roots)
    ]


def pack_study(study: Study, options: Options, archive: Path) -> tuple[int, int]:
    """Writes the archive; returns its files and bytes. Raises DataError for a missing file the study does not allow."""
    sources = study_sources(study, catalog_for(study, options))
    here = [source for source in sources if find_here(source, options.roots)]
    if len(here) < len(sources) and not study.allow_missing:
        gone = next(source for source in sources if source not in here)
        find(gone, options.roots)
    packed = pack(here, options.roots, archive)
    return packed.files, packed.bytes
