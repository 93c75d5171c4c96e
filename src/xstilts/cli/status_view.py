"""The view that `status` prints of a study, and what `cancel` says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from xstilts.app.cancel import Cancelled
from xstilts.app.status import STATES, StepStatus, StudyStatus
from xstilts.core.short_keys import short_key
from xstilts.engine.attempts import StepAttempt
from xstilts.engine.leases import RunInProgress
from xstilts.report.elements import formatting

_LAST_LINES = 6  # of what a failed step wrote
_MOST_QUEUED = 20  # jobs that are listed one by one


def status_page(status: StudyStatus, now: datetime | None = None) -> RenderableType:
    now = now or datetime.now(UTC)
    states = Counter(step.state for step in status.steps)
    counted = ", ".join(f"{states[state]} {state}" for state in STATES if states[state])
    parts: list[RenderableType] = [Text(f"{status.study}: {counted or 'no steps'}", style="bold")]
    parts += _runs(status.runs, now)
    if status.problem:
        parts.append(Text(f"warning: {status.problem}", style="yellow"))
    parts += [_counts("kind", status.by_kind), _counts("arm", status.by_arm)]
    parts += _running(status.of("running"), now)
    parts += _queued(status.of("queued"))
    parts += _failed(status.of("failed"))
    return Group(*parts)


def cancelled_lines(found: Cancelled) -> Iterator[str]:
    """Yield what `cancel` says of what it did."""
    for run in found.asked:
        yield f"Asked to stop: the run of process {run.process} on this machine."
    waiting = sum(job.is_waiting for job in found.jobs)
    if waiting:
        yield f"Taken out of the queue: {formatting.plural(waiting, 'job')}."
    if running := [job.id for job in found.jobs if not job.is_waiting]:
        yield f"Asked to stop: {formatting.plural(len(running), 'running job')} ({formatting.name_list(running)})."
    for run in found.elsewhere:
        yield f"Not asked: the run of process {run.process} on {run.host} goes on; cancel it there."
    yield from (f"Not asked: {problem}." for problem in found.problems)
    if not (found.asked or found.elsewhere or found.jobs or found.problems):
        yield "Nothing of this study is running."


def _runs(runs: Iterable[RunInProgress], now: datetime) -> Iterator[Text]:
    said = [f"process {run.process} on {run.host} for {_ago(run.started, now)}" for run in runs]
    yield Text(f"Runs in progress: {'; '.join(said)}." if said else "No run of this study is in progress.")


def _counts(noun: str, counts: Mapping[str, Counter[str]]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column(noun)
    for state in STATES:
        table.add_column(state, justify="right")
    for name, states in counts.items():
        table.add_row(Text(name), *(str(states[state]) if states[state] else "–" for state in STATES))
    return table


def _running(steps: list[StepStatus], now: datetime) -> Iterator[RenderableType]:
    if not steps:
        return
    table = Table(box=None, pad_edge=False, header_style="dim", title="Running", title_justify="left")
    for name in ("step", "what", "where", "for", "how far"):
        table.add_column(name, overflow="fold", no_wrap=name == "step")
    for step in steps:
        attempt = step.attempt
        job = f"job {step.job}" if step.job else ""
        where = ", ".join(filter(None, (f"{attempt.host} ({attempt.device})" if attempt else "", job)))
        since = _ago(attempt.started, now) if attempt else "–"
        table.add_row(short_key(step.key), Text(step.label), Text(where), since, Text(_progress(attempt, now)))
    yield table


def _progress(attempt: StepAttempt | None, now: datetime) -> str:
    if attempt is None or not attempt.reported:
        return "nothing reported yet"
    how_far = f"{attempt.done:,.0f}/{attempt.total:,.0f} {attempt.unit} {attempt.text}".strip()
    return f"{how_far}, {_ago(attempt.reported, now)} ago"


def _queued(steps: list[StepStatus]) -> Iterator[RenderableType]:
    if not steps:
        return
    table = Table(box=None, pad_edge=False, header_style="dim", title="In Slurm's queue", title_justify="left")
    for name in ("step", "what", "job", "why it waits"):
        table.add_column(name, overflow="fold", no_wrap=name == "step")
    for step in steps[:_MOST_QUEUED]:
        table.add_row(short_key(step.key), Text(step.label), step.job, Text(step.reason or "–"))
    yield table
    if len(steps) > _MOST_QUEUED:
        yield Text(f"and {len(steps) - _MOST_QUEUED} more", style="dim")


def _failed(steps: list[StepStatus]) -> Iterator[RenderableType]:
    for step in steps:
        yield Text(f"Failed: {short_key(step.key)} {step.label}", style="red")
        yield Text("\n".join(f"  {line}" for line in step.log.splitlines()[-_LAST_LINES:]))


def _ago(moment: str, now: datetime) -> str:
    """Return how long ago a moment was (ISO 8601), "–" where it is none."""
    try:
        return formatting.seconds(max(0.0, (now - datetime.fromisoformat(moment)).total_seconds()))
    except (ValueError, TypeError):
        return "–"
