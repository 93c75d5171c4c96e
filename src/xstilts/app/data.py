"""Data of tasks and studies, and their models: check what is here, get what is not, pack it for another machine."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from xstilts.core.errors import DataError, EncoderError, StudyError
from xstilts.data.bundle import BundleContents, check_sources, pack_bundle
from xstilts.data.locate import Roots, locate_files
from xstilts.data.lock import Lock
from xstilts.data.source import Source
from xstilts.data.study_lock import adopt_revisions, encoder_key, read_study_lock, translator_key
from xstilts.models.encoders import ChangedEncoderError, find_encoder, portable_files
from xstilts.models.peft_adapters import find_adapter
from xstilts.models.peft_adapters import portable_files as portable_adapter
from xstilts.models.translators import find_translator
from xstilts.models.translators import portable_files as portable_translator
from xstilts.pipeline.fetch import Say, fetch_missing
from xstilts.pipeline.options import Options
from xstilts.pipeline.session import catalog_for
from xstilts.pipeline.steps.encoder import packaged_encoders
from xstilts.report.elements.formatting import size
from xstilts.study.load import find_study, load_study, study_lock
from xstilts.study.needs import needed_adapters, needed_sources, needed_translators
from xstilts.study.resolve import resolve_study
from xstilts.study.schema import Study
from xstilts.tasks.base import Task


@dataclass(frozen=True, kw_only=True)
class DataCheck:
    """The finding of `data check` on one source, or on a model."""

    task: str  # or "encoder", "translation model", "adapter"
    language: str  # of a model: its name
    state: str  # "ok", "missing" or "changed"
    message: str

    @property
    def ok(self) -> bool:
        return self.state == "ok"

    def as_json(self) -> dict[str, Any]:
        names = {"message": "said"}  # as scripts know it
        return {**{names.get(name, name): value for name, value in asdict(self).items()}, "ok": self.ok}

    def as_line(self) -> str:
        return f"{self.state if self.ok else self.state.upper():<7}  {self.task} {self.language}: {self.message}"


@dataclass(frozen=True, kw_only=True)
class DataNeeds:
    """The needs of tasks and studies: sources, each with the task or study it belongs to, and models by name."""

    sources: Mapping[Source, str]
    encoders: tuple[str, ...] = ()
    translators: tuple[str, ...] = ()  # translation models, by name
    adapters: tuple[str, ...] = ()  # of peft, by name
    lock: Lock = field(default_factory=Lock)  # what the locks of the studies say

    def __len__(self) -> int:
        return len(self.sources) + len(self.encoders) + len(self.translators) + len(self.adapters)


class NeededModel(NamedTuple):
    """A model that a study names. `locate` finds it, and fetches it where it is given `fetch`."""

    use: str  # "encoder", "translation model" or "adapter"
    name: str
    locate: Callable[..., Any]


def needs_of(names: Iterable[str], options: Options, scale: str | None = None) -> DataNeeds:
    """Return what the tasks and studies of these names need; where no name is given, every task.

    Raises StudyError for a name that is neither."""
    catalog = catalog_for(None, options)
    sources: dict[Source, str] = {}
    encoders: dict[str, None] = {}
    translators: dict[str, None] = {}
    adapters: dict[str, None] = {}
    revisions: dict[str, str] = {}
    for name in names:
        if name in catalog:
            _add_sources(sources, catalog[name])
            continue
        try:
            find_study(name)
        except StudyError as error:
            raise StudyError(f"'{name}' is neither a task nor a study.", value=name, allowed=catalog) from error
        study = load_study(name, scale)
        encoders[study.encoder.name] = None
        if path := study_lock(name, scale):
            revisions |= read_study_lock(path).revisions
        resolved = resolve_study(study, catalog_for(study, options), options.roots.data)
        translators |= dict.fromkeys(needed_translators(resolved))
        adapters |= dict.fromkeys(needed_adapters(study))
        for source in needed_sources(resolved):
            sources.setdefault(source, study.name)
    if not (sources or encoders):
        for task in catalog.values():
            _add_sources(sources, task)
    return DataNeeds(
        sources=sources,
        encoders=tuple(encoders),
        translators=tuple(translators),
        adapters=tuple(adapters),
        lock=Lock(revisions),
    )


def _add_sources(sources: dict[Source, str], task: Task) -> None:
    for _, source in task.sources:
        sources.setdefault(source, task.name)


def check_files(needs: DataNeeds, roots: Roots) -> list[DataCheck]:
    """Finds every source and model and verifies the checksums of what was fetched."""
    sources = [
        DataCheck(
            task=needs.sources[status.source],
            language=status.source.language,
            state=status.state,
            message=status.problem or ", ".join(path.name for path in status.paths),
        )
        for status in check_sources(list(needs.sources), roots)
    ]
    return [*sources, *(_check_model(model, roots) for model in _models(needs))]


def _models(needs: DataNeeds) -> list[NeededModel]:
    built, commits = packaged_encoders(), needs.lock.revisions

    def encoder(name: str) -> NeededModel:
        commit = commits.get(encoder_key(name), "")
        return NeededModel("encoder", name, partial(find_encoder, name, built=built, revision=commit))

    def translator(name: str) -> NeededModel:
        commit = commits.get(translator_key(name), "")
        return NeededModel("translation model", name, partial(find_translator, name, revision=commit))

    adapters = (NeededModel("adapter", name, partial(find_adapter, name)) for name in needs.adapters)
    return [*map(encoder, needs.encoders), *map(translator, needs.translators), *adapters]


def _check_model(model: NeededModel, roots: Roots) -> DataCheck:
    try:
        state, message = "ok", str(model.locate(roots=roots).folder or "packaged, built here")
    except ChangedEncoderError as error:
        state, message = "changed", str(error)
    except EncoderError as error:
        state, message = "missing", str(error)
    return DataCheck(task=model.use, language=model.name, state=state, message=message)


def get_files(needs: DataNeeds, roots: Roots, say: Say) -> list[str]:
    """Fetches what is not here, at the revisions that are locked; returns what is still missing, in words."""
    if not roots.offline:
        adopt_revisions(needs.lock, needs.sources, roots.store)
    missing = [
        f"{needs.sources[source]} {source.language}: {reason}"
        for source, reason in fetch_missing(needs.sources, roots, say).items()
    ]
    for model in _models(needs):
        try:
            model.locate(roots=roots, fetch=say)
        except EncoderError as error:
            missing.append(str(error))
    return missing


@dataclass(frozen=True, kw_only=True)
class PackedStudy:
    """The contents of an archive for a study, and what it does not need to."""

    archive: Path
    content: BundleContents
    encoder: str
    with_encoder: bool  # False: it comes with the program
    translators: tuple[str, ...]
    adapters: tuple[str, ...]
    samples: int  # sources that come with the program
    missing: int  # sources that the study allows to be missing

    def as_lines(self) -> list[str]:
        content = self.content
        lines = [f"{content.files} data files, {size(content.bytes)}"]
        models = [f"the encoder {self.encoder}"] if self.with_encoder else []
        models += [f"the translation model {name}" for name in self.translators]
        models += [f"the adapter {name}" for name in self.adapters]
        if models:
            lines.append(f"{' and '.join(models)}: {content.encoder_files} files, {size(content.encoder_bytes)}")
        if not self.with_encoder:
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
    locations: dict[Source, str] = {}
    missing = 0
    resolved = resolve_study(study, catalog_for(study, options), options.roots.data)
    for source in needed_sources(resolved):
        try:
            locations[source] = locate_files(source, roots).kind
        except DataError:
            if not study.allow_missing:
                raise
            missing += 1
    encoder = find_encoder(study.encoder.name, roots, packaged_encoders())
    model_files, translators, adapters = portable_files(encoder, roots), list[str](), list[str]()
    for name, carried, files_of in (
        *((name, translators, _portable_translator) for name in needed_translators(resolved)),
        *((name, adapters, _portable_adapter) for name in needed_adapters(study)),
    ):
        try:
            model_files |= files_of(name, roots)
            carried.append(name)
        except EncoderError:
            if not study.allow_missing:
                raise
            missing += 1
    packed = [source for source, location in locations.items() if location != "sample"]
    return PackedStudy(
        archive=archive,
        content=pack_bundle(packed, roots, archive, model_files),
        encoder=study.encoder.name,
        with_encoder=encoder.folder is not None,
        translators=tuple(translators),
        adapters=tuple(adapters),
        samples=len(locations) - len(packed),
        missing=missing,
    )


def _portable_translator(name: str, roots: Roots) -> dict[str, Path | bytes]:
    return portable_translator(find_translator(name, roots), roots)


def _portable_adapter(name: str, roots: Roots) -> dict[str, Path | bytes]:
    return portable_adapter(find_adapter(name, roots), roots)
