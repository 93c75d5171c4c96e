"""Collect what a study has produced so far into the values a report reads."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Mapping
from typing import Any

from xstilts.core.files import read_json
from xstilts.core.versions import library_versions
from xstilts.engine.graph import steps_of
from xstilts.engine.runner import Outcome
from xstilts.engine.step import Step
from xstilts.engine.store import Store
from xstilts.metrics.tallies import Metric
from xstilts.pipeline.session import Session
from xstilts.pipeline.steps import PrepareSettings
from xstilts.report.elements.formatting import plural
from xstilts.report.scores.inputs import ContrastSpec, ForgettingScores, Results, StepInfo, StudyCell, TargetInfo
from xstilts.samples import CUT, describe
from xstilts.study.expand import phase_name, phases
from xstilts.study.load import dump_study
from xstilts.study.schema import Study
from xstilts.tasks.base import Task


def collect(session: Session, outcome: Outcome | None = None, scale: str = "") -> Results:
    """The study's results as they stand in the store. `outcome` says why a cell has no score; without it, one that
    is not there was not run."""
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
        encoder=study.encoder,
        steps=tuple(_step(step, session.store, outcome) for step in steps_of(session.goals)),
        versions={**library_versions(), "machine": platform.machine()},
        data=tuple(_data(session)),
        notes=tuple(_notes(session, samples)),
        scale=scale,
        forgetting=tuple(_forgetting_scores(session, outcome)),
    )


def contrasts(study: Study) -> tuple[ContrastSpec, ...]:
    """Every arm against the baseline, and those the study names."""
    against = [
        ContrastSpec(name=f"{arm} − {study.base}", weights={arm: 1.0, study.base: -1.0})
        for arm in study.arms
        if arm != study.base
    ]
    named = [ContrastSpec(name=name, weights=dict(weights)) for name, weights in study.contrasts.items()]
    return (*against, *named)


def _target(name: str, session: Session, samples: str) -> TargetInfo:
    task = session.chosen.targets[name]
    main = task.scored[0]
    return TargetInfo(
        name=name,
        languages=tuple(task.test),
        train_language=task.train.language if task.train else "en",
        headline=_headline(main),
        main=main.name,
        notes=(*((task.note,) if task.note else ()), *session.chosen.notes.get(name, ())),
        kind=task.kind.name,
        trained=task.train is not None,
        test_limit=session.study.take.test if task.divisible else None,
        seen_text=dict(session.chosen.shared.get(name, {})),
        samples=samples,
    )


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
    missing = session.chosen.missing_targets.get(target) or session.chosen.missing_arms.get(arm)
    if missing:
        return StudyCell(arm=arm, target=target, seed=seed, status="missing", reason=missing)
    step, chain = session.lowered.scores[key], session.lowered.trainings[key]
    done = session.store.is_done(step)
    status, reason = ("done", "") if done else _why_not(step, outcome)
    lowered = session.lowered
    trained = zip(chain, lowered.training_names[key], lowered.training_roles[key], strict=True)
    there = [one for one in trained if session.store.is_done(one[0])]
    return StudyCell(
        arm=arm,
        target=target,
        seed=seed,
        status=status,
        reason=reason,
        scores=session.store.path(step) if done else None,
        trainings=tuple(session.store.path(one) for one, _, _ in there),
        training_names=tuple(name for _, name, _ in there),
        training_roles=tuple(role for _, _, role in there),
    )


def _forgetting_scores(session: Session, outcome: Outcome | None) -> Iterable[ForgettingScores]:
    for recall, step in session.lowered.recalls:
        arm, _, seed = recall.route
        chain, done = list(phases(recall.end)), session.store.is_done(step)
        status, reason = ("done", "") if done else _why_not(step, outcome)
        main = step.settings.metrics[0]
        yield ForgettingScores(
            arm=arm,
            seed=seed,
            task=recall.part.name,
            metric=main.name,
            headline=_headline(main),
            phases=tuple(phase_name(phase) for phase in chain),
            learnt=chain.index(recall.learnt),
            targets=recall.targets,
            status=status,
            reason=reason,
            scores=session.store.path(step) if done else None,
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
    info = store.record(step) or {}
    tokens = None
    summary = store.path(step) / "summary.json"
    if info and summary.is_file():
        tokens = int(read_json(summary).get("tokens", 0))
    failed = outcome.failed if outcome else {}
    if info:
        status = "done" if outcome and step.key in outcome.done else "reused"
    else:
        status = "failed" if step.key in failed else "not run"
    return StepInfo(
        key=step.key,
        name=step.name,
        label=step.label,
        status=status,
        inputs=tuple(dict.fromkeys(one.key for one in step.inputs.values())),
        seconds=info.get("seconds"),
        tokens=tokens,
        bytes=info.get("bytes"),
        error=failed.get(step.key, ""),
    )


def _data(session: Session) -> Iterable[Mapping[str, Any]]:
    """One line for each file that is read: its fingerprint, and what was dropped or cut."""
    texts = {text.name: text for found in session.chosen.texts.values() for text in found.values()}
    tasks: dict[str, Task] = {**texts, **session.chosen.intermediates, **session.chosen.targets}
    for step in steps_of(session.goals):
        if not isinstance(step.settings, PrepareSettings):
            continue
        named, _, use = step.label.partition(" ")
        name = named.partition("[")[0]  # "mnli[de] train" is a translation of mnli
        folder = session.store.path(step)
        done = session.store.is_done(step)
        read = read_json(folder / "read.json") if done else {}
        meta = read_json(folder / "meta.json") if done else {}
        source = step.settings.source
        for path, digest in zip(source.paths, source.files, strict=True):
            yield {
                "task": name,
                "use": f"{use}, translated" if step.settings.translated else use,
                "language": step.settings.translated or source.language,
                "file": path.name,
                "sha256": digest,
                "rows": read.get("examples"),
                "dropped": read.get("dropped", {}),
                "truncated": meta.get("truncated"),
                "split": meta.get("split"),
                "unusable": meta.get("unusable"),
                "overlapping": meta.get("notes", {}).get("overlapping"),
                "licence": tasks[name].origin.licence if name in tasks else "",
            }


def _samples(session: Session) -> dict[str, str]:
    """Of each task that is read from packaged samples in the place of its full files: what of it, in words."""
    cut: dict[str, dict[str, str]] = {}
    for step in steps_of(session.goals):
        if isinstance(step.settings, PrepareSettings):
            named, _, use = step.label.partition(" ")
            name = named.partition("[")[0]
            for path in step.settings.source.paths:
                if (said := describe(path)) and said.startswith(CUT):
                    cut.setdefault(name, {})[use] = said.removeprefix(CUT)
    return {name: f"packaged samples in the place of the full files ({_uses(uses)})" for name, uses in cut.items()}


def _uses(uses: Mapping[str, str]) -> str:
    """ "train 3,000 of 12,544 sentences; test sets of 16 languages"."""
    trained = [f"{use} {uses[use]}" for use in ("train", "dev") if use in uses]
    languages = len(uses) - len(trained)
    return "; ".join([*trained, *([f"test sets of {plural(languages, 'language')}"] if languages else [])])


def _notes(session: Session, samples: Mapping[str, str]) -> Iterable[str]:
    yield from (f"{name}: {said}" for name, said in samples.items())
    chosen = session.chosen
    for name, said in chosen.notes.items():
        if name not in chosen.targets:
            yield from (f"{name}: {one}" for one in said)
    for arm, reason in chosen.missing_arms.items():
        yield f"The arm {arm} is missing: {reason}"
    for target, reason in chosen.missing_targets.items():
        yield f"The target {target} is missing: {reason}"
    for target, languages in chosen.missing_languages.items():
        if languages and target not in chosen.missing_targets:
            yield f"{target}: no test data here for {', '.join(languages)}; shown as missing."
