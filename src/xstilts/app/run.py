"""Run a study from Python, and the parts of it the command line needs. `from xstilts import Study, run`."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from xstilts.app.answer import Answer
from xstilts.app.execution import Quiet, RunListener, child_command, opened_backend, say_unsent, serve_step
from xstilts.app.plan import load_with_options
from xstilts.app.pretraining_text import pretraining_text
from xstilts.app.report_folders import claim, own_folder
from xstilts.app.rounds import run_rounds
from xstilts.app.tracking import Tracking
from xstilts.core.environment import snapshot_seconds
from xstilts.core.errors import DataError
from xstilts.core.free_places import check_free_folder
from xstilts.core.io_errors import make_folder
from xstilts.engine.backends.base import Backend, StepCommand
from xstilts.engine.listener import Listener
from xstilts.engine.runner import Outcome, execute, plan
from xstilts.engine.step import Step
from xstilts.pipeline.data_notes import data_notes
from xstilts.pipeline.error_tables import error_tables
from xstilts.pipeline.fetch import Say
from xstilts.pipeline.gold_check import unlabelled
from xstilts.pipeline.kept_weights import weight_notices
from xstilts.pipeline.leak_audit import leak_audit
from xstilts.pipeline.options import Options, devices, make_store
from xstilts.pipeline.results import collect
from xstilts.pipeline.session import Session, open_session
from xstilts.pipeline.size_rows import too_large
from xstilts.pipeline.steps import kind_of
from xstilts.pipeline.translation_check import wrongly_paired
from xstilts.pipeline.word_counts import word_counts
from xstilts.report.build import compose
from xstilts.report.scores.published_files import rows_named
from xstilts.report.scores.published_rows import PublishedRow
from xstilts.report.write import save
from xstilts.study.load import dump_study
from xstilts.study.schema import Study
from xstilts.trackers.catalog import find_tracker


def run(
    study: Study | str,
    *,
    options: Options | None = None,
    scale: str = "",
    listener: RunListener | None = None,
    out: Path | None = None,
    track: Sequence[str] = (),
) -> Answer:
    """Run what is missing of a study, then writes its report.

    `study`: a Study, or a path or packaged name (with `scale` a profile of it). `track`: trackers that get curves,
    scores and report too, as `NAME` or `NAME:PLACE` (`trackers.catalog`). Raises StudyError, DataError or
    EncoderError for what can be known to be wrong before training; a step that fails later is in
    `Answer.outcome.failed`, and only what depends on it is missing. An interrupted run answers with what is there;
    the next call goes on from it.
    """
    watch = listener or Quiet()
    make_store((options or Options()).store)
    devices(options or Options())
    snapshot_seconds()
    loaded, options = load_with_options(study, options, scale)
    folder = report_folder(loaded, options, scale, out)
    trackers = {text: find_tracker(text) for text in track}
    session = open_session(loaded, options, fetching=watch.say)
    tracking = Tracking(trackers, session, watch)
    say_unsent(session.store, watch.say)
    planned = plan(session.goals, session.store, session.steps.weights.parts)
    for notice in weight_notices(session.steps.weights, planned.rebuilt):
        watch.say(notice)
    watch.run_planned(len(planned.to_run), len(planned.reused) + planned.not_needed)
    with opened_backend(session.options, partial(_prepare_command, session), watch.say) as backend:
        outcome = Outcome() if loaded.allow_missing else _read_files(session, planned.to_run, backend, watch)
        warned = data_notes(session).warnings if any(kind_of(step).is_training for step in planned.to_run) else ()
        for warning in warned:
            watch.say(f"warning: {warning}")
        if not outcome.interrupted:
            session, ran = run_rounds(
                session,
                lambda opened, goals: _execute(opened, goals, backend, tracking),
                lambda: open_session(loaded, options),
            )
            outcome = outcome.then(ran)
    say_unsent(session.store, watch.say)
    answer = replace(_answer(session, outcome, scale, folder, say=watch.say), warned=warned)
    tracking.answer(answer)
    return answer


def report(
    study: Study,
    *,
    options: Options,
    scale: str = "",
    out: Path | None = None,
    against: Sequence[str] = (),
    listener: RunListener | None = None,
    track: Sequence[str] = (),
) -> Answer:
    """Writes the report from what is in the store; runs nothing. `against`: names of published rows to set beside it;
    `track`: as of `run`, for every training that is in the store.

    Raises StudyError for a row or a tracker that does not exist."""
    rows = rows_named(against)
    trackers = {text: find_tracker(text) for text in track}
    session = open_session(study, options)
    tracking = Tracking(trackers, session, listener or Quiet())
    answer = _answer(session, Outcome(), scale, report_folder(study, options, scale, out), rows)
    tracking.stored()
    tracking.answer(answer)
    return answer


def run_step(study: Study, key: str, *, options: Options) -> int:
    """Runs one step whose inputs are done, from a shared store, in this process. Returns an exit code."""
    session = open_session(study, options)
    return serve_step(session.goals, key, session.store, absent=session.located.absent)


def _read_files(session: Session, to_run: Sequence[Step], backend: Backend, listener: Listener) -> Outcome:
    """Read and check every file before anything is trained, for reading is cheap. Raises DataError when one cannot be
    used; what could be read is kept."""
    outcome = _execute(session, [step for step in to_run if kind_of(step).reads_files], backend, listener)
    if outcome.interrupted:
        return replace(outcome, left=tuple(step.key for step in to_run if step.key not in outcome.done))
    refused = [*outcome.failed.values()]
    refused = refused or [*unlabelled(to_run, session.store), *wrongly_paired(to_run, session.store)]
    if refused := refused or [*too_large(session)]:
        others = f"{len(refused) - 1} more: {' '.join(refused[1:])} " if refused[1:] else ""
        raise DataError(refused[0], hint=f"{others}Nothing was trained; the files that could be read are kept.")
    return outcome


def _execute(session: Session, goals: Sequence[Step], backend: Backend, listener: Listener) -> Outcome:
    return execute(
        goals,
        session.store,
        backend=backend,
        listener=listener,
        trims=session.steps.weights.trims,
        kept=session.steps.weights.parts,
    )


def _prepare_command(session: Session) -> StepCommand:
    """Write down the study as it was expanded, and return the command with which a child process runs a step of it."""
    folder = session.options.store / "cache" / "studies"
    return child_command("step", folder, session.study.name, dump_study(session.study), session.options)


def report_folder(study: Study, options: Options, scale: str, out: Path | None) -> Path:
    """Return the folder of the report; one that was asked for is made. Raises StoreError or StudyError where there can
    be none: before anything is trained, not after."""
    name = f"{study.name}-{scale}" if scale else study.name
    folder = out or own_folder(options.store / "reports", name, study.origin)
    if out is not None:
        check_free_folder(out, mark="report.json")
        make_folder(out)
    return folder


def _answer(
    session: Session,
    outcome: Outcome,
    scale: str,
    folder: Path,
    rows: Sequence[PublishedRow] = (),
    say: Say = lambda text: None,
) -> Answer:
    began = time.monotonic()
    text = pretraining_text(session.study.encoder.name, session.encoder.folder, session.options.roots)
    collected = collect(session, outcome, scale)
    unscored = "" if any(cell.scores for cell in collected.cells) else "nothing has been scored"
    results = replace(
        collected,
        word_counts=word_counts(session),
        error_tables=() if outcome.interrupted else error_tables(session),
        leaks=leak_audit(
            session, text, put_off="the run was interrupted before it" if outcome.interrupted else unscored, say=say
        ),
    )
    report = compose(results, rows)
    pages = save(report, folder)
    if folder.parent == session.options.store / "reports":
        claim(folder, session.study.origin)
    spent = round(time.monotonic() - began, 3)
    return Answer(report=report, pages=pages, outcome=outcome, session=session, report_seconds=spent)
