"""Open a study in a session: everything looked up, from the names in its file to the steps of its run graph."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from xstilts.core.catalog import Catalog
from xstilts.core.collection import deferred_collection
from xstilts.core.errors import EncoderError
from xstilts.data.locate import Roots, locate_files
from xstilts.data.lock import Lock
from xstilts.data.read import expected_source, place_to_fetch, resolve_source
from xstilts.data.source import Source
from xstilts.data.study_lock import adopt_revisions, check_study_lock, encoder_key, read_study_lock
from xstilts.engine.graph import steps_of
from xstilts.engine.remote.cached_store import open_snapshot, open_store
from xstilts.engine.step import Step
from xstilts.engine.store import Store
from xstilts.models.cut_layers import number_of_layers
from xstilts.models.encoders import LocatedEncoder, expected_encoder, find_encoder
from xstilts.models.named_encoders import NAMED_ENCODERS
from xstilts.models.own_head import has_own_head
from xstilts.models.translators import find_translator
from xstilts.pipeline.arm_starts import check_goes_on, find_starts
from xstilts.pipeline.build import StepBuilder
from xstilts.pipeline.fetch import Say, fetch_missing, fetch_translators
from xstilts.pipeline.locked_files import files_read
from xstilts.pipeline.module_tasks import module_tasks
from xstilts.pipeline.options import Options
from xstilts.pipeline.precision import chosen_precision
from xstilts.pipeline.route_steps import build_steps
from xstilts.pipeline.steps import choose
from xstilts.pipeline.steps.cut_encoder import first_layers
from xstilts.pipeline.steps.encoder import packaged_encoders
from xstilts.pipeline.study_steps import StudySteps
from xstilts.study.availability import LocatedStudy, asks_own_head, locate_study, without_own_head
from xstilts.study.encoder_depth import at_depth
from xstilts.study.encoder_section import EncoderSection
from xstilts.study.expand import Route, expand, phases
from xstilts.study.needs import needed_sources, needed_translators
from xstilts.study.resolve import ResolvedStudy, resolve_study
from xstilts.study.schema import Study
from xstilts.study.user_tasks import declared_tasks
from xstilts.tasks.base import Task


@dataclass(frozen=True, kw_only=True)
class Session:
    """A study with everything looked up: tasks, files, encoder, routes, steps."""

    options: Options
    located: LocatedStudy
    encoder: LocatedEncoder
    precision: str
    precision_reason: str  # why `auto` chose it; "" where the study asks for it
    routes: tuple[Route, ...]
    steps: StudySteps
    store: Store
    remembered: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)  # what is worked out only once

    @property
    def study(self) -> Study:
        """The study that was opened, `precision: auto` settled."""
        return self.located.study

    @cached_property
    def goals(self) -> tuple[Step, ...]:
        """All scores, those of one route together, so that its weights can go before the next one is trained; then the
        trainings whose weights the study keeps."""
        earlier_tasks: dict[tuple[str, str, int], list[Step]] = {}
        for probe, step in self.steps.forgetting_probes:
            earlier_tasks.setdefault(probe.route, []).append(step)
        swept = {key: [score.step for score in scores] for key, scores in self.steps.swept.items()}
        stressed = {key: [one.step for one in scores if one.step] for key, scores in self.steps.stressed.items()}
        chosen = {key: [choice.step for choice in choices] for key, choices in self.steps.choices.items()}
        steps = [
            step
            for key, score in self.steps.scores.items()
            for step in (
                *chosen.get(key, ()),
                score,
                *swept.get(key, ()),
                *stressed.get(key, ()),
                *earlier_tasks.get(key, ()),
            )
        ]
        return tuple(dict.fromkeys([*steps, *self.steps.weights.required]))

    def at_this_moment(self) -> Session:
        """The session with the store as it is now, for whoever only looks."""
        return replace(self, store=open_snapshot(self.store.root))

    @cached_property
    def ready_goals(self) -> tuple[Step, ...]:
        """The goals whose steps are all known: none stands on a training of which the setting is still to be chosen. A
        step that reads a choice itself only holds the place of those that will read what is chosen."""
        waiting: set[str] = set()
        for step in steps_of(self.goals):
            if any(each.key in waiting or each.name == choose.KIND.name for each in step.inputs.values()):
                waiting.add(step.key)
        return tuple(goal for goal in self.goals if goal.key not in waiting)


@deferred_collection()
def open_session(
    study: Study,
    options: Options,
    *,
    fetching: Say | None = None,
    planning: bool = False,
) -> Session:
    """Look up all a study needs, from names to steps. Nothing is trained.

    Args:
        fetching: Missing files are fetched first, each announced through it; without it, a missing file is reported.
        planning: What could be fetched is taken as if it were here, by its published size, so that a study can be
            looked at before anything is fetched (not where nothing may be).

    Raises:
        StudyError, DataError, EncoderError: all that can be known before anything is spent.
    """
    with study.positions.shown():
        return _open(study, options, fetching, planning)


def _open(study: Study, options: Options, fetching: Say | None, planning: bool) -> Session:
    roots = options.roots
    precision = chosen_precision(study, options)
    study = study.model_copy(update={"precision": precision.name})  # so that its record says what `auto` was
    planning = planning and not roots.offline
    resolved = resolve_study(study, catalog_for(study, options), roots.data)
    lock = Lock() if options.lock is None else read_study_lock(options.lock)
    if fetching is not None and not roots.offline:
        _fetch(resolved, roots, fetching, lock)
    if options.lock is not None:
        _find_encoder(study.encoder, roots, fetching, planning, lock)  # fetched, so that it can be compared
        check_study_lock(options.lock, lock, files_read(resolved, roots, planning=planning))
    located = locate_study(resolved, lambda source: require_source(source, roots, planning))
    encoder = _find_encoder(study.encoder, roots, fetching, planning, lock)
    if asks_own_head(located) and has_own_head(encoder) is False:
        located = without_own_head(located)
    located = at_depth(located, number_of_layers(encoder.config()) if encoder.is_here else None)
    starts = find_starts(located, encoder, roots, fetching, planning)
    located = starts.located
    routes = tuple(expand(located, encoder.ref, precision.name, starts.starts(encoder)))
    check_goes_on(routes, starts.adapters)
    builder = StepBuilder(
        roots=roots,
        encoder=encoder,
        precision=precision.name,
        translators={name: find_translator(name, roots) for name in _used_translators(routes, located)},
        adapters=starts.by_identity,
        resolver=expected_source if planning else resolve_source,
    )
    store = open_store(options.store)
    if any(route.choices for route in routes):
        routes = tuple(expand(located, encoder.ref, precision.name, starts.starts(encoder), builder.decided(store)))
    return Session(
        options=options,
        located=located,
        encoder=encoder,
        precision=precision.name,
        precision_reason=precision.reason,
        routes=routes,
        steps=build_steps(located.study, located, list(routes), builder),
        store=store,
    )


def catalog_for(study: Study | None, options: Options) -> Catalog[Task]:
    """The tasks that come with the program, those of `--tasks` modules, and those that the study declares."""
    from xstilts.tasks.catalog import TASKS

    imported = [task for spec in options.tasks for task in module_tasks(spec, options.data)]
    declared = declared_tasks(study.tasks) if study is not None else []
    return Catalog("task", *TASKS.values(), *imported, *declared)


def _fetch(resolved: ResolvedStudy, roots: Roots, say: Say, lock: Lock) -> None:
    """Fetch the files and translation models that are not here, at the commits of the study's lock."""
    sources, allow_missing = needed_sources(resolved), resolved.study.allow_missing
    adopt_revisions(lock, sources, roots.store)
    fetch_missing(sources, roots, say)
    translators = needed_translators(resolved)
    fetch_translators(translators, roots, say, allow_missing=allow_missing, revisions=lock.revisions)


def _find_encoder(
    spec: EncoderSection, roots: Roots, fetching: Say | None, planning: bool, lock: Lock
) -> LocatedEncoder:
    found = _whole_encoder(spec.name, roots, fetching, planning, lock.revisions.get(encoder_key(spec.name), ""))
    return found if spec.layers is None else first_layers(found, spec.layers)


def _whole_encoder(name: str, roots: Roots, fetching: Say | None, planning: bool, revision: str) -> LocatedEncoder:
    try:
        return find_encoder(name, roots, packaged_encoders(), fetch=fetching, revision=revision)
    except EncoderError:
        if not planning or not (name in NAMED_ENCODERS or re.fullmatch(r"[\w.-]+/[\w.-]+(@[^@]+)?", name)):
            raise
        return expected_encoder(name)


def require_source(source: Source, roots: Roots, planning: bool = False) -> None:
    """Raises DataError where the files of a source are not here (`planning`: and cannot be fetched), EncoderError where
    the model that translates them is not."""
    if planning:
        place_to_fetch(source, roots)
    else:
        locate_files(source, roots)
    if source.translation is not None:
        find_translator(source.translation.model, roots)


def _used_translators(routes: Sequence[Route], located: LocatedStudy) -> list[str]:
    """The names of the translation models that some phase or test set needs."""
    trained = (part.fit.train for route in routes for phase in phases(route.end) for part in phase.mix)
    models = [train.translation.model for train in trained if train.translation is not None]
    for arm, target in dict.fromkeys((route.arm, route.target) for route in routes):
        missing = located.missing_languages.get(target, {})
        tests = located.translated_tests(arm, target)
        models += [translation.model for language, translation in tests.items() if language not in missing]
    return list(dict.fromkeys(models))
