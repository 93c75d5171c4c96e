"""What each task has here and what it would need: behind `xstilts tasks` and `xstilts data`. Reads no rows unless
asked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

from xstilts.core.errors import DataError, EncoderError, StudyError
from xstilts.data.bundle import BundleContents, check_sources, pack_bundle
from xstilts.data.locate import Roots, locate_files, place_addresses
from xstilts.data.read import load_examples, resolve_source
from xstilts.data.source import Source
from xstilts.models.encoders import ChangedEncoderError, find_encoder, portable_files
from xstilts.models.translators import find_translator
from xstilts.models.translators import portable_files as portable_translator
from xstilts.pipeline.fetch import Say, fetch_missing
from xstilts.pipeline.options import Options
from xstilts.pipeline.session import catalog_for
from xstilts.pipeline.steps.encoder import packaged_encoders
from xstilts.report.elements.formatting import size
from xstilts.samples import describe as describe_sample
from xstilts.study.load import find_study, load_study
from xstilts.study.resolve import needed_sources, needed_translators, resolve_study
from xstilts.study.schema import Study
from xstilts.tasks.base import Task


@dataclass(frozen=True, kw_only=True)
class SourceFacts:
    """One source of a task, as it lies here or would be fetched."""

    use: str  # "train", "dev", "translation" (of the training data), "pool", "test"
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
        """ "here", "sample", "to fetch", "–"."""
        found = [s for s in self.sources if s.use == "train"]
        if not found:
            return "–"
        return {"": "to fetch" if found[0].fetch else "missing", "sample": "sample"}.get(found[0].here, "here")

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def facts(task: Task, roots: Roots, count: bool = False) -> TaskFacts:
    """`count` reads every file that is here and counts its examples."""
    given = [("train", task.train), ("dev", task.dev), ("pool", task.pool)]
    named = [(use, source.language, source) for use, source in given if source is not None]
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
    )


def _source_facts(use: str, language: str, source: Source, roots: Roots, count: bool) -> SourceFacts:
    fetch = tuple(dict.fromkeys(address for place in source.places for address in place_addresses(place)))
    try:
        found = locate_files(source, roots)
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
    loaded = load_examples(resolve_source(source, roots)) if count else None
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
    """One source of `data check`, or a model."""

    task: str  # or "encoder", "translation model"
    language: str  # of a model: its name
    state: str  # "ok", "missing" or "changed"
    said: str

    @property
    def ok(self) -> bool:
        return self.state == "ok"

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "ok": self.ok}

    def as_line(self) -> str:
        return f"{self.state if self.ok else self.state.upper():<7}  {self.task} {self.language}: {self.said}"


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What tasks and studies need: sources, each with the task or study it belongs to, and models by name."""

    sources: Mapping[Source, str]
    encoders: tuple[str, ...] = ()
    translators: tuple[str, ...] = ()  # translation models, by name

    def __len__(self) -> int:
        return len(self.sources) + len(self.encoders) + len(self.translators)


def wanted(names: Iterable[str], options: Options, scale: str | None = None) -> Wanted:
    """What the tasks and studies of these names need; where no name is given, every task.

    Raises StudyError for a name that is neither."""
    catalog = catalog_for(None, options)
    sources: dict[Source, str] = {}
    encoders: dict[str, None] = {}
    translators: dict[str, None] = {}
    for name in names:
        if name in catalog:
            _add(sources, catalog[name])
            continue
        try:
            find_study(name)
        except StudyError as error:
            raise StudyError(f"'{name}' is neither a task nor a study.", value=name, allowed=catalog) from error
        study = load_study(name, scale)
        encoders[study.encoder] = None
        resolved = resolve_study(study, catalog_for(study, options))
        translators |= dict.fromkeys(needed_translators(resolved))
        for source in needed_sources(resolved):
            sources.setdefault(source, study.name)
    if not (sources or encoders):
        for task in catalog.values():
            _add(sources, task)
    return Wanted(sources=sources, encoders=tuple(encoders), translators=tuple(translators))


def _add(found: dict[Source, str], task: Task) -> None:
    for source in (task.train, task.dev, *task.test.values(), task.pool):
        if source is not None:
            found.setdefault(source, task.name)


def check_files(needed: Wanted, roots: Roots) -> list[Checked]:
    """Finds every source and model and verifies the checksums of what was fetched."""
    sources = [
        Checked(
            task=needed.sources[status.source],
            language=status.source.language,
            state=status.state,
            said=status.problem or ", ".join(path.name for path in status.paths),
        )
        for status in check_sources(list(needed.sources), roots)
    ]
    return [*sources, *(_check_model(what, name, find_it, roots) for what, name, find_it in _models(needed))]


def _models(needed: Wanted) -> list[tuple[str, str, Callable[..., Any]]]:
    """(use, name, how it is found) of every model."""
    built = packaged_encoders()
    encoders = [("encoder", name, partial(find_encoder, name, built=built)) for name in needed.encoders]
    return [*encoders, *(("translation model", name, partial(find_translator, name)) for name in needed.translators)]


def _check_model(what: str, name: str, find_it: Callable[..., Any], roots: Roots) -> Checked:
    try:
        folder = find_it(roots=roots).folder
    except ChangedEncoderError as error:
        return Checked(task=what, language=name, state="changed", said=str(error))
    except EncoderError as error:
        return Checked(task=what, language=name, state="missing", said=str(error))
    return Checked(task=what, language=name, state="ok", said=str(folder or "packaged, built here"))


def get_files(needed: Wanted, roots: Roots, say: Say) -> list[str]:
    """Fetches what is not here; returns what is still missing, in words."""
    missing = [
        f"{needed.sources[source]} {source.language}: {reason}"
        for source, reason in fetch_missing(needed.sources, roots, say).items()
    ]
    for _, _, find_it in _models(needed):
        try:
            find_it(roots=roots, fetch=say)
        except EncoderError as error:
            missing.append(str(error))
    return missing


@dataclass(frozen=True, kw_only=True)
class PackedStudy:
    """What an archive holds for a study, and what it does not need to."""

    archive: Path
    content: BundleContents
    encoder: str
    encoder_carried: bool  # False: it comes with the program
    translators: tuple[str, ...]
    samples: int  # sources that come with the program
    missing: int  # sources that the study allows to be missing

    def as_lines(self) -> list[str]:
        content = self.content
        lines = [f"{content.files} data files, {size(content.bytes)}"]
        named = [f"the encoder {self.encoder}"] if self.encoder_carried else []
        named += [f"the translation model {name}" for name in self.translators]
        if named:
            lines.append(f"{' and '.join(named)}: {content.encoder_files} files, {size(content.encoder_bytes)}")
        if not self.encoder_carried:
            lines.append(f"not the encoder {self.encoder}: it comes with the program")
        if self.samples:
            lines.append(f"not the packaged samples of {self.samples} sources: they come with the program")
        if self.missing:
            lines.append(f"not {self.missing} sources whose files are missing here")
        return lines


def pack_study(study: Study, options: Options, archive: Path) -> PackedStudy:
    """Writes the archive: data files and models. Files that come with the program are left out.

    Raises DataError for a missing file the study does not allow to be missing, EncoderError for a missing model."""
    roots = options.roots
    found: dict[Source, str] = {}
    missing = 0
    resolved = resolve_study(study, catalog_for(study, options))
    for source in needed_sources(resolved):
        try:
            found[source] = locate_files(source, roots).kind
        except DataError:
            if not study.allow_missing:
                raise
            missing += 1
    encoder = find_encoder(study.encoder, roots, packaged_encoders())
    beside, translators = portable_files(encoder, roots), list[str]()
    for name in needed_translators(resolved):
        try:
            beside |= portable_translator(find_translator(name, roots), roots)
            translators.append(name)
        except EncoderError:
            if not study.allow_missing:
                raise
            missing += 1
    carry = [source for source, kind in found.items() if kind != "sample"]
    return PackedStudy(
        archive=archive,
        content=pack_bundle(carry, roots, archive, beside),
        encoder=study.encoder,
        encoder_carried=encoder.folder is not None,
        translators=tuple(translators),
        samples=len(found) - len(carry),
        missing=missing,
    )
