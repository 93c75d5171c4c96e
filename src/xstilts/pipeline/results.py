"""The results of a study: what it has produced so far, as the values that a report reads."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from xstilts.core.versions import library_versions
from xstilts.engine.graph import steps_of
from xstilts.engine.runner import Outcome
from xstilts.engine.step import Step
from xstilts.engine.store import Store
from xstilts.metrics.tallies import Metric
from xstilts.pipeline.same_files import same_files
from xstilts.pipeline.session import Session
from xstilts.pipeline.steps import kind_of
from xstilts.pipeline.steps.prepare import PreparedFiles
from xstilts.report.elements.formatting import plural
from xstilts.report.scores.inputs import ContrastSpec, ForgettingScores, Results, StepInfo, StudyCell, TargetInfo
from xstilts.samples import CUT, describe
from xstilts.study.contrast_weights import in_points
from xstilts.study.expand import phase_name, phases
from xstilts.study.load import dump_study
from xstilts.study.schema import Study
from xstilts.tasks.base import Task


def collect(session: Session, outcome: Outcome | None = None, scale: str = "") -> Results:
    """Collect the study's results as they are in the store. `outcome` says why a cell has no score; without it, one
    that is not there was not run."""
    study, samples = session.study, _samples(session)
    return Results(
        name=study.name,
        question=study.question,
        arms=tuple(study.arms),
        baseline=study.base,
        targets=tuple(_target(name, session, samples.get(name, "")) for name in study.targets),
        seeds=study.seeds,
        cells=tuple(_cells(session, outcome)),
        contrasts=contrasts(study),
        study_yaml=dump_study(study),
        encoder=str(study.encoder),
        steps=tuple(_step(step, session.store, outcome) for step in steps_of(session.goals)),
        versions={**library_versions(), "machine": platform.machine()},
        data=tuple(_data(session)),
        notes=tuple(_notes(session, samples)),
        scale=scale,
        forgetting=tuple(_forgetting_scores(session, outcome)),
    )


def contrasts(study: Study) -> tuple[ContrastSpec, ...]:
    """Every arm against the baseline, and those the study names, scaled to points. The same comparison under two names
    is one: it keeps its first place, and the study's name."""
    with_baseline = [(f"{arm} − {study.base}", {arm: 1.0, study.base: -1.0}) for arm in study.arms if arm != study.base]
    named = [(name, in_points(name, weights)) for name, weights in study.contrasts.items()]
    specs: dict[tuple[tuple[str, float], ...], ContrastSpec] = {}
    for name, weights in (*with_baseline, *named):
        key = tuple(sorted((arm, round(weight, 9)) for arm, weight in weights.items()))
        specs[key] = ContrastSpec(name=name, weights=weights)
    return tuple(specs.values())


def _target(name: str, session: Session, samples: str) -> TargetInfo:
    task = session.located.targets[name]
    main = task.scored[0]
    return TargetInfo(
        name=name,
        languages=tuple(task.test),
        train_language=_training_language(session, name),
        headline=_headline(main),
        main=main.name,
        notes=(*((task.note,) if task.note else ()), *session.located.notes.get(name, ())),
        kind=task.kind.name,
        is_retrieval=task.kind.is_retrieval,
        trained=task.train is not None,
        test_limit=session.study.take.test if task.can_subsample else None,
        seen_text=dict(session.located.shared.get(name, {})),
        samples=samples,
        cuts_candidates=_cuts_candidates(task, session),
    )


def _cuts_candidates(task: Task, session: Session) -> bool:
    """Whether queries of a retrieval task search fewer candidates than the whole set has: views leave some out, or a
    packaged sample does."""
    if not task.kind.is_retrieval:
        return False
    views = [view for source in task.test.values() for view in source.views]
    return any(not getattr(view, "scored_alone", False) for view in views) or any(
        (describe(path) or "").startswith(CUT)
        for step in _file_steps(session)
        if step.about["task"] == task.name and step.about["use"] == "test"
        for path in step.settings.source.paths
    )


def _training_language(session: Session, target: str) -> str:
    """The language that a target is trained in; of retrieval, that of the sentences it searches."""
    trained = session.located.finetuned_on(target).train
    return trained.language if trained else session.located.targets[target].candidate_language or "en"


def _headline(metric: Metric) -> str:
    named = " and ".join(name.replace("_", " ") for name in metric.headline)
    return f"mean of {named}" if len(metric.headline) > 1 else named


def _cells(session: Session, outcome: Outcome | None) -> Iterable[StudyCell]:
    for arm in session.study.arms:
        for target in session.study.targets:
            for seed in session.study.seeds:
                yield _cell(session, outcome, (arm, target, seed))


def _cell(session: Session, outcome: Outcome | None, key: tuple[str, str, int]) -> StudyCell:
    arm, target, seed = key
    missing = session.located.missing_targets.get(target) or session.located.missing_arms.get(arm)
    if missing:
        return StudyCell(arm=arm, target=target, seed=seed, status="missing", reason=missing)
    step = session.steps.scores[key]
    is_done = session.store.is_sound(step)
    status, reason = ("done", "") if is_done else _why_not(step, outcome)
    trained = [training for training in session.steps.trainings[key] if session.store.is_done(training.step)]
    return StudyCell(
        arm=arm,
        target=target,
        seed=seed,
        status=status,
        reason=reason,
        scores=session.store.path(step) if is_done else None,
        trainings=tuple(session.store.path(training.step) for training in trained),
        training_names=tuple(training.name for training in trained),
        training_roles=tuple(training.role for training in trained),
    )


def _forgetting_scores(session: Session, outcome: Outcome | None) -> Iterable[ForgettingScores]:
    for probe, step in session.steps.forgetting_probes:
        arm, _, seed = probe.route
        chain, is_done = list(phases(probe.end)), session.store.is_sound(step)
        status, reason = ("done", "") if is_done else _why_not(step, outcome)
        main = step.settings.metrics[0]
        yield ForgettingScores(
            arm=arm,
            seed=seed,
            task=probe.part.name,
            metric=main.name,
            headline=_headline(main),
            phases=tuple(phase_name(phase) for phase in chain),
            learnt=chain.index(probe.learnt),
            targets=probe.targets,
            status=status,
            reason=reason,
            scores=session.store.path(step) if is_done else None,
        )


def _why_not(step: Step, outcome: Outcome | None) -> tuple[str, str]:
    if outcome is None:
        return "not run", "it has not been run"
    if step.key in outcome.failed:
        return "failed", outcome.failed[step.key]
    culprit = outcome.not_run.get(step.key)
    if culprit is None:
        return "not run", "the run was interrupted before it"
    return "not run", f"it waited for {culprit}, which failed: {outcome.failed.get(culprit, '')}"


def _step(step: Step, store: Store, outcome: Outcome | None) -> StepInfo:
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
        error=failed.get(step.key, ""),
        is_training=kind.is_training,
        is_on_route=kind.is_on_route,
    )


def _data(session: Session) -> Iterable[Mapping[str, Any]]:
    """One line for each file that is read: its fingerprint, and what was dropped or cut."""
    texts = {text.name: text for by_language in session.located.adapter_texts.values() for text in by_language.values()}
    tasks: dict[str, Task] = {**texts, **session.located.intermediates, **session.located.targets}
    for step in _file_steps(session):
        task, use = step.about["task"], step.about["use"]
        source, is_done = step.settings.source, session.store.is_done(step)
        counts = PreparedFiles.of(session.store.path(step)) if is_done else None
        first = counts.first_dropped if counts else {}
        for path, digest in zip(source.paths, source.files, strict=True):
            yield {
                "task": task,
                "use": f"{use}, translated" if step.settings.translated else use,
                "language": step.about["language"],
                "file": path.name,
                "sha256": digest,
                "read": counts and counts.read,
                "rows": counts and counts.used,
                "without_gold": counts and counts.without_gold,
                "first_without_gold": counts and counts.first_blank and Path(counts.first_blank).name,
                "dropped": dict(counts.dropped) if counts else {},
                "first_dropped": {reason: Path(place).name for reason, place in first.items()},
                "truncated": counts and counts.truncated,
                "split": counts and counts.split,
                "unusable": counts and counts.unusable,
                "overlapping": counts and counts.notes.get("overlapping"),
                "licence": tasks[task].origin.licence if task in tasks else "",
            }


def _file_steps(session: Session) -> Iterator[Step]:
    return (step for step in steps_of(session.goals) if kind_of(step).reads_files)


def _samples(session: Session) -> dict[str, str]:
    """Return, for each task that is read from packaged samples in the place of its full files, what of it, in words."""
    cuts: dict[str, dict[tuple[str, str], str]] = {}
    for step in _file_steps(session):
        for path in step.settings.source.paths:
            if (description := describe(path)) and description.startswith(CUT):
                use = step.about["use"], step.about["language"]
                cuts.setdefault(step.about["task"], {})[use] = description.removeprefix(CUT)
    return {name: f"packaged samples in the place of the full files ({_uses(cut)})" for name, cut in cuts.items()}


def _uses(cuts: Mapping[tuple[str, str], str]) -> str:
    """Describe what was cut, by use and language: "train 3,000 of 12,544 sentences; test sets of 16 languages"."""
    trained = {use: f"{use} {cut}" for (use, _), cut in cuts.items() if use in ("train", "dev")}
    languages = sum(use not in trained for use, _ in cuts)
    uses = [trained[use] for use in ("train", "dev") if use in trained]
    return "; ".join([*uses, *([f"test sets of {plural(languages, 'language')}"] if languages else [])])


def _notes(session: Session, samples: Mapping[str, str]) -> Iterable[str]:
    if session.encoder.origin:
        yield f"{session.study.encoder}: taken from {session.encoder.origin}, in the place of the hub's files"
    yield from (f"{name}: {note}" for name, note in samples.items())
    yield from same_files(session.goals)
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
