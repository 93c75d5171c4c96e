"""The results of a study: what it has produced so far, as the values that a report reads."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Mapping

from xstilts.core.local_paths import without_local_paths
from xstilts.core.versions import library_versions
from xstilts.engine.graph import steps_of
from xstilts.engine.runner import Outcome
from xstilts.engine.step import Step
from xstilts.engine.store import Store
from xstilts.models.left_out_head import left_out_head
from xstilts.models.pretraining_languages import pretraining_languages
from xstilts.pipeline.chosen_settings import chosen_settings
from xstilts.pipeline.data_notes import data_notes
from xstilts.pipeline.encoder_notes import encoder_notes
from xstilts.pipeline.forecast import StoreEstimator
from xstilts.pipeline.read_files import file_records, file_steps, packaged_samples
from xstilts.pipeline.session import Session
from xstilts.pipeline.shared_rows import SharedNote
from xstilts.pipeline.size_rows import sized_arms
from xstilts.pipeline.steps import kind_of
from xstilts.pipeline.stored_scores import cells_of, forgetting_scores, headline_of, stress_scores, sweep_scores
from xstilts.report.elements.formatting import name_list
from xstilts.report.scores.inputs import (
    ContrastSpec,
    Results,
    StepInfo,
    TargetInfo,
)
from xstilts.samples import CUT, describe
from xstilts.study.claims import claims_of, setup_of
from xstilts.study.contrast_weights import in_points
from xstilts.study.load import dump_study
from xstilts.study.schema import Study
from xstilts.study.size_curves import base_of
from xstilts.tasks.base import Task


def collect(session: Session, outcome: Outcome | None = None, scale: str = "") -> Results:
    """Collect the study's results as they are in the store. `outcome` says why a cell has no score; without it, one
    that is not there was not run."""
    study, samples, of_data = session.study, packaged_samples(session), data_notes(session)
    cells = tuple(cells_of(session, outcome))
    estimator = StoreEstimator(session)
    known = pretraining_languages(study.encoder.name, session.encoder.folder)
    return Results(
        name=study.name,
        question=study.question,
        arms=tuple(study.arms),
        baseline=study.base,
        targets=tuple(
            _target(name, session, samples.get(name, ""), of_data.shared.tests.get(name, ())) for name in study.targets
        ),
        seeds=study.seeds,
        cells=cells,
        contrasts=contrasts(study),
        study_yaml=dump_study(study),
        encoder=str(study.encoder),
        left_out_head=left_out_head(session.encoder),
        steps=tuple(_step(step, session.store, outcome, estimator) for step in steps_of(session.goals)),
        versions={**library_versions(), "machine": platform.machine()},
        data=tuple(file_records(session)),
        notes=(*_notes(session, samples), *of_data.notes),
        warnings=of_data.warnings,
        scale=scale,
        forgetting=tuple(forgetting_scores(session, outcome)),
        stress=tuple(stress_scores(session, outcome)),
        sized_arms=tuple(sized_arms(session)),
        sweeps=tuple(sweep_scores(cells, session, outcome)),
        choices=tuple(chosen_settings(session)),
        encoder_languages=tuple(sorted(known.codes)) if known else None,
        encoder_languages_source=known.source if known else "",
        margin=study.margin,
        claims=claims_of(study.claims),
        setup=setup_of(study),
    )


def contrasts(study: Study) -> tuple[ContrastSpec, ...]:
    """Every arm against the baseline, and those the study names, scaled to points. The same comparison under two names
    is one: it keeps its first place, and the study's name."""
    bases = {arm: base_of(study, arm) for arm in study.arms}
    with_baseline = [(f"{arm} − {base}", {arm: 1.0, base: -1.0}) for arm, base in bases.items() if arm != base]
    named = [(name, in_points(name, weights)) for name, weights in study.contrasts.items()]
    specs: dict[tuple[tuple[str, float], ...], ContrastSpec] = {}
    for name, weights in (*with_baseline, *named):
        key = tuple(sorted((arm, round(weight, 9)) for arm, weight in weights.items()))
        specs[key] = ContrastSpec(name=name, weights=weights)
    return tuple(specs.values())


def _target(name: str, session: Session, samples: str, shared: Iterable[SharedNote]) -> TargetInfo:
    task = session.located.targets[name]
    main = task.scored[0]
    test_notes = _test_notes(name, session)
    return TargetInfo(
        name=name,
        languages=tuple(task.test),
        train_language=training_language(session, name),
        headline=headline_of(main),
        main=main.name,
        notes=(
            *((task.note,) if task.note else ()),
            *session.located.notes.get(name, ()),
            *notes_by_language(test_notes, tuple(task.test)),
            *(note.sentence for note in shared),
        ),
        test_notes=test_notes,
        kind=task.kind.name,
        is_retrieval=task.kind.is_retrieval,
        trained=task.train is not None,
        test_limit=session.study.take.test if task.can_subsample else None,
        seen_text=dict(session.located.shared.get(name, {})),
        samples=samples,
        cuts_candidates=_cuts_candidates(task, session),
        counterpart=task.counterpart,
        counterparts=dict(task.counterparts),
        as_written=dict(task.as_written),
    )


def _test_notes(name: str, session: Session) -> dict[str, str]:
    """Return what is to be said of each language's test set as it lies here: that it is the development set, a part."""
    steps = (step for (_, target, _), step in session.steps.scores.items() if target == name)
    tests = next((step.settings.tests for step in steps), ())
    return {test.language: test.source.note for test in tests if test.source.note}


def notes_by_language(notes: Mapping[str, str], languages: tuple[str, ...]) -> tuple[str, ...]:
    """Say each note once, with its languages.

    >>> notes_by_language({"ko": "training rows", "sw": "training rows"}, ("en", "ko", "sw"))
    ('ko and sw: training rows',)
    """
    of: dict[str, list[str]] = {}
    for language, note in notes.items():
        of.setdefault(note, []).append(language)
    return tuple(
        note if len(said) == len(languages) else f"{name_list(said, len(said))}: {note}" for note, said in of.items()
    )


def _cuts_candidates(task: Task, session: Session) -> bool:
    """Whether queries of a retrieval task search fewer candidates than the whole set has: views leave some out, or a
    packaged sample does."""
    if not task.kind.is_retrieval:
        return False
    views = [view for source in task.test.values() for view in source.views]
    return any(not getattr(view, "scored_alone", False) for view in views) or any(
        (describe(path) or "").startswith(CUT)
        for step in file_steps(session)
        if step.about["task"] == task.name and step.about["use"] == "test"
        for path in step.settings.source.paths
    )


def training_language(session: Session, target: str) -> str:
    """The language that a target is trained in; of retrieval, that of the sentences it searches."""
    trained = session.located.finetuned_on(target).train
    return trained.language if trained else session.located.targets[target].candidate_language or "en"


def _step(step: Step, store: Store, outcome: Outcome | None, estimator: StoreEstimator) -> StepInfo:
    record, kind = store.record(step) or {}, kind_of(step)
    failed = outcome.failed if outcome else {}
    if record:
        status = "done" if outcome and step.key in outcome.done else "reused"
    else:
        status = "failed" if step.key in failed else "not run"
    tokens = kind.tokens_done(store.path(step), {}) if record and kind.is_training and kind.tokens_done else None
    return StepInfo(
        key=step.key,
        name=step.name,
        label=step.label,
        status=status,
        inputs=tuple(dict.fromkeys(source.key for source in step.inputs.values())),
        seconds=record.get("seconds"),
        tokens=None if tokens is None else int(tokens),
        bytes=record.get("bytes"),
        flops=kind.flops_done(step, store.path(step), estimator) if record and kind.flops_done else None,
        joules=record.get("energy", {}).get("joules"),
        energy_covers=record.get("energy", {}).get("covers", ""),
        error=without_local_paths(failed.get(step.key, "")),
        is_training=kind.is_training,
        is_on_route=kind.is_on_route,
    )


def _notes(session: Session, samples: Mapping[str, str]) -> Iterable[str]:
    if session.precision_reason:
        yield f"precision auto: {session.precision}, as {session.precision_reason}"
    yield from encoder_notes(session)
    yield from (f"{name}: {note}" for name, note in samples.items())
    resolved = session.located
    for name, notes in resolved.notes.items():
        if name not in resolved.targets:
            yield from (f"{name}: {note}" for note in notes)
    for arm, reason in resolved.missing_arms.items():
        yield f"The arm {arm} is missing: {reason}"
    for target, reason in resolved.missing_targets.items():
        yield f"The target {target} is missing: {reason}"
    for target, languages in resolved.missing_languages.items():
        if languages and target not in resolved.missing_targets:
            yield f"{target}: no test data here for {', '.join(languages)}; shown as missing."
