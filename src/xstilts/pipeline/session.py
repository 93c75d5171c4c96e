"""From a study to its answer: open it, plan it, run it, collect its numbers. The Python side of the command line."""

from __future__ import annotations

import importlib
import os
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from xstilts.core.catalog import Catalog
from xstilts.core.errors import DataError, EncoderError, StudyError
from xstilts.core.files import read_json, write_json
from xstilts.data.hub import NoNetworkError, fetch
from xstilts.data.locate import Roots, find
from xstilts.data.read import expected, resolve, to_fetch
from xstilts.data.source import Source
from xstilts.engine.step import Step
from xstilts.engine.store import Store
from xstilts.models.encoders import LocatedEncoder, expected_encoder, find_encoder
from xstilts.models.translators import find_translator
from xstilts.pipeline.build import StepBuilder, StudySteps, build_steps
from xstilts.pipeline.steps.encoder import packaged_encoders
from xstilts.study.expand import Route, expand, phases
from xstilts.study.resolve import ResolvedStudy, check_names, choose, stage_tasks
from xstilts.study.schema import Study
from xstilts.study.settings_sweep import add_sweep_variants, expand_sweeps
from xstilts.study.translation import models, translated_sources
from xstilts.study.user_tasks import declared_tasks
from xstilts.tasks.base import Task

Say = Callable[[str], None]


def default_store() -> Path:
    """`XSTILTS_STORE`, else a folder in the user's cache."""
    cache = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(os.environ.get("XSTILTS_STORE") or Path(cache) / "xstilts")


def data_folders(given: Iterable[Path] = ()) -> tuple[Path, ...]:
    """The folders given, then those in `XSTILTS_DATA` (separated like PATH). Raises DataError when one does not
    exist."""
    folders = [*given, *(Path(part) for part in os.environ.get("XSTILTS_DATA", "").split(os.pathsep) if part)]
    for folder in folders:
        if not folder.is_dir():
            raise DataError(f"The data folder '{folder}' does not exist.")
    return tuple(folders)


@dataclass(frozen=True, kw_only=True)
class Options:
    """Where things lie and how much of the machine to use. None of it changes a number, but the device and the threads
    (in the last digits)."""

    data: tuple[Path, ...] = ()
    store: Path = field(default_factory=default_store)
    offline: bool = False
    jobs: int = 1
    threads: int | None = None  # of one step; None: all cores shared by the jobs
    device: str | None = None  # None: CUDA where there is one
    tasks: tuple[str, ...] = ()  # "package.module:TASKS"

    @property
    def roots(self) -> Roots:
        offline = self.offline or any(os.environ.get(key) == "1" for key in ("XSTILTS_OFFLINE", "HF_HUB_OFFLINE"))
        return Roots(data=data_folders(self.data), store=self.store, offline=offline)


@dataclass(frozen=True, kw_only=True)
class Session:
    """A study with everything looked up: tasks, files, encoder, routes, steps."""

    study: Study
    options: Options
    catalog: Catalog[Task]
    located: ResolvedStudy
    encoder: LocatedEncoder
    precision: str
    routes: tuple[Route, ...]
    steps: StudySteps
    store: Store

    @property
    def goals(self) -> list[Step]:
        """All scores, those of one route together, so that its weights can go before the next one is trained."""
        again: dict[tuple[str, str, int], list[Step]] = {}
        for recall, step in self.steps.forgetting_probes:
            again.setdefault(recall.route, []).append(step)
        scores = self.steps.scores.items()
        return list(dict.fromkeys(step for key, score in scores for step in (score, *again.get(key, ()))))


def catalog_for(study: Study | None, options: Options) -> Catalog[Task]:
    """The tasks that come with the program, those of `--tasks` modules, and the study's own."""
    from xstilts.tasks.catalog import TASKS

    extra = [task for spec in options.tasks for task in _module_tasks(spec)]
    own = declared_tasks(study.tasks) if study is not None else []
    return Catalog("task", *TASKS.values(), *extra, *own)


def _module_tasks(spec: str) -> Iterable[Task]:
    module, _, attribute = spec.partition(":")
    try:
        found = getattr(importlib.import_module(module), attribute or "TASKS")
    except (ImportError, AttributeError) as error:
        raise StudyError(f"The tasks '{spec}' cannot be imported: {error}.", where="--tasks") from error
    return found.values() if isinstance(found, Mapping) else found


def open_session(study: Study, options: Options, *, fetching: Say | None = None, planning: bool = False) -> Session:
    """Looks up all a study needs. With `fetching`, missing files are fetched first, each announced through it;
    without, a missing file is reported as such; `planning`, what could be fetched is taken as if it were here, by its
    published size, so that a study can be looked at before anything is fetched (not where nothing may be). Nothing is
    trained.

    Raises StudyError, DataError or EncoderError: all that can be known before anything is spent.
    """
    roots = options.roots
    planning = planning and not roots.offline
    study = expand_sweeps(study)
    catalog = add_sweep_variants(study, catalog_for(study, options))
    check_names(study, catalog)
    if fetching is not None and not roots.offline:
        fetch_missing(study_sources(study, catalog), roots, fetching)
        fetch_translators(study, roots, fetching)
    look = expected if planning else resolve
    chosen = choose(study, catalog, lambda source: locate(source, roots, planning))
    encoder = _encoder(study.encoder, roots, fetching, planning)
    precision = known_precision(study, encoder, options)
    routes = tuple(expand(study, chosen, encoder.ref, precision))
    translators = {name: find_translator(name, roots) for name in translator_names(routes)}
    builder = StepBuilder(roots=roots, encoder=encoder, precision=precision, translators=translators, resolver=look)
    lowered = build_steps(study, chosen, list(routes), builder)
    return Session(
        study=study,
        options=options,
        catalog=catalog,
        located=chosen,
        encoder=encoder,
        precision=precision,
        routes=routes,
        steps=lowered,
        store=Store(options.store),
    )


def _encoder(name: str, roots: Roots, fetching: Say | None, planning: bool) -> LocatedEncoder:
    try:
        return find_encoder(name, roots, packaged_encoders(), fetch=fetching)
    except EncoderError:
        if not planning or not re.fullmatch(r"[\w.-]+/[\w.-]+(@[^@]+)?", name):
            raise
        return expected_encoder(name)


def locate(source: Source, roots: Roots, planning: bool = False) -> None:
    """Raises DataError where the files of a source are not here (`planning`: and cannot be fetched), EncoderError where
    the model that translates them is not."""
    if planning:
        to_fetch(source, roots)
    else:
        find(source, roots)
    if source.translation is not None:
        find_translator(source.translation.model, roots)


def translator_names(routes: Iterable[Route]) -> list[str]:
    """Every translation model that some phase needs."""
    trained = (part.fit.train for route in routes for phase in phases(route.end) for part in phase.mix)
    return list(dict.fromkeys(train.translation.model for train in trained if train.translation is not None))


def fetch_translators(study: Study, roots: Roots, say: Say) -> None:
    """Fetches the translation models that are not here. Raises EncoderError for one that cannot be had and that the
    study does not allow to be missing."""
    for name in models(study):
        try:
            find_translator(name, roots, fetch=say)
        except EncoderError:
            if not study.allow_missing:
                raise


def study_sources(study: Study, catalog: Catalog[Task]) -> list[Source]:
    """Every source a study may read, as declared, each once: training, dev, the wanted test languages and what they
    search, with substitutes in the place of what they stand in for."""
    chosen = choose(study, catalog, lambda source: None)
    trained_on = (*chosen.intermediates.values(), *chosen.possible_texts)
    tasks = (*trained_on, *chosen.targets.values(), *chosen.before.values())
    fits = [task.fit for task in tasks]
    trained = [source for fit in fits if fit is not None for source in (fit.train, fit.dev)]
    tested = [source for task in chosen.targets.values() for source in (*task.test.values(), task.pool)]
    translated = [
        source
        for name, arm in study.arms.items()
        if arm.translated is not None and name not in chosen.missing_arms
        for task in stage_tasks(arm.through)
        for source in translated_sources(chosen.intermediates[task], arm.translated)
    ]
    named = (source for source in (*trained, *translated, *tested) if source is not None)
    return list(dict.fromkeys(replace(source, views=(), translation=None) for source in named))


def fetch_missing(sources: Iterable[Source], roots: Roots, say: Say) -> dict[Source, str]:
    """Fetches what is not here. One silence of the network ends the fetching: the rest would only wait for time-outs.
    Returns the reason for each source that is still missing."""
    missing: dict[Source, str] = {}
    silent = False
    for source in sources:
        try:
            find(source, roots)
            continue
        except DataError as error:
            missing[source] = error.what
        for place in source.places:
            if silent or not (place.hub or place.urls):
                continue
            try:
                fetch(place, roots, say)
                missing.pop(source, None)
                break
            except NoNetworkError as error:
                missing[source], silent = str(error), True
            except DataError as error:
                missing[source] = str(error)
    return missing


def known_precision(study: Study, encoder: LocatedEncoder, options: Options) -> str:
    """The study's precision; `auto` is what an earlier probe on this store wrote down, else fp32 until `run` probes."""
    if study.precision != "auto":
        return study.precision
    path = _probe_file(options)
    return str(read_json(path).get(_probe_key(encoder, options), "fp32")) if path.is_file() else "fp32"


def probe_precision(study: Study, encoder: LocatedEncoder, folder: Path, options: Options) -> None:
    """Times the encoder once in fp32 and bf16 on this device and writes the faster one down."""
    path = _probe_file(options)
    known = read_json(path) if path.is_file() else {}
    key = _probe_key(encoder, options)
    if study.precision != "auto" or key in known:
        return
    from xstilts.nn.encoder import Encoder
    from xstilts.nn.precision_probe import fastest_precision

    device = devices(options)[0]
    write_json(path, {**known, key: fastest_precision(Encoder.load(folder, device=device), device)})


def _probe_file(options: Options) -> Path:
    return options.store / "cache" / "precision.json"


def _probe_key(encoder: LocatedEncoder, options: Options) -> str:
    return f"{encoder.ref.identity}@{(options.device or 'default').split(':')[0]}"


def devices(options: Options) -> list[str]:
    """Devices steps may take: the one asked for, else every CUDA device, else the CPU."""
    if options.device:
        return [options.device]
    import torch

    return [f"cuda:{i}" for i in range(torch.cuda.device_count())] or ["cpu"]
