"""Forgetting: what an arm's earlier tasks score after each of its phases, compared with the phase that trained them.

Scores are of dev sets, by the head that a task's own phase left; a change is paired by seed and by test item, as every
contrast is.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import fmean
from typing import NamedTuple

import numpy as np

from xstilts.metrics.catalog import METRICS
from xstilts.metrics.significance import Axes, contrast, draw
from xstilts.report.elements.blocks import Block, Fold, Section, Table, TableCell, TableColumn, TerminalText
from xstilts.report.elements.formatting import MISSING, interval, name_list, number, signed
from xstilts.report.scores.inputs import ForgettingScores
from xstilts.report.scores.score_files import read_counts, read_scores
from xstilts.report.scores.scoreboard import Scoreboard
from xstilts.report.topics.topic import Topic

LIMIT = 4  # changes spelled out on the terminal
CAPTION = (
    "What is left of each intermediate task after each phase, on its dev set, in percent: the earlier task's own head "
    "on the later encoder. Small print: the change since the phase that trained it, in points, with its 95 % interval "
    "(not corrected for the number of lines)."
)


@dataclass(frozen=True, kw_only=True)
class ForgettingChange:
    """One task of an arm after one phase.

    phases: what the arm has trained by then; learnt: which of them trained the task, the last one of them.
    value: the task's score, the mean over the seeds that have one.
    change: `value` less the score after the phase that trained it, over the seeds that have both. None: the task has
        just been trained, or a score is missing.
    low, high: the 95 % interval of the change, None where there is none.
    """

    arm: str
    task: str
    headline: str
    phases: tuple[str, ...]
    learnt: int
    targets: tuple[str, ...]
    value: float | None
    by_seed: dict[int, float]
    change: float | None = None
    low: float | None = None
    high: float | None = None
    reason: str = ""

    @property
    def is_earlier(self) -> bool:
        """Says whether a later phase has been trained since."""
        return self.learnt < len(self.phases) - 1


class _Moment(NamedTuple):
    """A task of an arm after some of its phases."""

    arm: str
    phases: tuple[str, ...]
    targets: tuple[str, ...]
    task: str


class _Difference(NamedTuple):
    """A change in points with its 95 % interval; None where there is none."""

    change: float | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, kw_only=True)
class StudyForgetting:
    """Every change of a study, and how many seeds it has."""

    changes: tuple[ForgettingChange, ...]
    seeds: int


def compute(board: Scoreboard) -> StudyForgetting | None:
    """Return None for a study that does not ask what is forgotten. Raises StoreError when a score artefact cannot be
    read."""
    if not board.results.forgetting:
        return None
    return StudyForgetting(changes=changes(board.results.forgetting), seeds=len(board.results.seeds))


def changes(scores: Sequence[ForgettingScores]) -> tuple[ForgettingChange, ...]:
    """Return one change for each arm, phase and task, in the order given. Raises StoreError when a score artefact
    cannot be read."""
    by_moment: dict[_Moment, dict[int, ForgettingScores]] = {}
    for entry in scores:
        moment = _Moment(entry.arm, entry.phases, entry.targets, entry.task)
        by_moment.setdefault(moment, {})[entry.seed] = entry
    return tuple(_change(seeds, by_moment.get(_learnt(seeds), {})) for seeds in by_moment.values())


def _learnt(seeds: Mapping[int, ForgettingScores]) -> _Moment:
    """Return the moment at which the task had just been trained."""
    first = next(iter(seeds.values()))
    return _Moment(first.arm, first.phases[: first.learnt + 1], (), first.task)


def _change(now: Mapping[int, ForgettingScores], then: Mapping[int, ForgettingScores]) -> ForgettingChange:
    first = next(iter(now.values()))
    by_seed = {seed: value for seed, entry in now.items() if (value := _score(entry)) is not None}
    reasons = dict.fromkeys(f"{entry.status}: {entry.reason}" for entry in now.values() if entry.scores is None)
    shared_seeds = [seed for seed in by_seed if seed in then and _score(then[seed]) is not None]
    difference = _Difference()
    if first.learnt < len(first.phases) - 1 and shared_seeds:
        difference = _difference([now[seed] for seed in shared_seeds], [then[seed] for seed in shared_seeds])
    return ForgettingChange(
        arm=first.arm,
        task=first.task,
        headline=first.headline,
        phases=first.phases,
        learnt=first.learnt,
        targets=first.targets,
        value=fmean(by_seed.values()) if by_seed else None,
        by_seed=by_seed,
        change=difference.change,
        low=difference.low,
        high=difference.high,
        reason="; ".join(reasons),
    )


def _score(entry: ForgettingScores) -> float | None:
    """Return the headline score of the one language of a dev set."""
    if entry.scores is None:
        return None
    headline = next(iter(read_scores(entry.scores).metrics[entry.metric].values())).headline
    return None if headline is None else float(headline)


def _difference(now: Sequence[ForgettingScores], then: Sequence[ForgettingScores]) -> _Difference:
    """Compute the change over paired seeds, resampled by test item."""
    metric = now[0].metric
    if metric not in METRICS:
        pairs = [(_score(a), _score(b)) for a, b in zip(now, then, strict=True)]
        return _Difference(fmean(a - b for a, b in pairs if a is not None and b is not None))
    counts = {
        (side, entry.seed, language): table
        for side, entries in (("now", now), ("then", then))
        for entry in entries
        if entry.scores is not None
        for language, table in read_counts(entry.scores, entry.metric).items()
    }
    languages = tuple(dict.fromkeys(language for _, _, language in counts))
    axes = Axes(("now", "then"), tuple(entry.seed for entry in now), languages)
    rng = np.random.default_rng(zlib.crc32(now[0].task.encode()))
    estimate = contrast([(draw(METRICS[metric], counts, axes, rng), languages)], {"now": 1.0, "then": -1.0})
    if np.isnan(estimate.low):
        return _Difference(estimate.value)
    return _Difference(estimate.value, estimate.low, estimate.high)


def blocks(changes: Sequence[ForgettingChange], seeds: int) -> tuple[Block, ...]:
    """Return the table of intermediate phases, and folded away the one of phases that fine-tune on a target."""
    intermediate, fine_tuned = [c for c in changes if not c.targets], [c for c in changes if c.targets]
    tables: list[Block] = [_table(intermediate, seeds, CAPTION)] if intermediate else []
    if fine_tuned:
        caption = "The same after the last phase, which fine-tunes on a target."
        table = _table(fine_tuned, seeds, caption)
        tables.append(Fold(title="After fine-tuning on each target", blocks=(table,)))
    return tuple(tables)


def _table(changes: Sequence[ForgettingChange], seeds: int, caption: str) -> Table:
    tasks = {c.task: c.headline for c in changes}
    rows: dict[tuple[str, tuple[str, ...], tuple[str, ...]], dict[str, ForgettingChange]] = {}
    for c in changes:
        rows.setdefault((c.arm, c.phases, c.targets), {})[c.task] = c
    columns = [TableColumn(label="Arm", numeric=False), TableColumn(label="After the phase", numeric=False)]
    columns += [TableColumn(label=task, small_print=(headline, "dev set")) for task, headline in tasks.items()]
    lines = [
        (
            TableCell(text=arm),
            TableCell(
                text=name_list(targets) or phases[-1],
                small_print=(f"after {', '.join(phases[:-1])}",) if len(phases) > 1 else (),
            ),
            *(_change_cell(by_task.get(task), seeds) for task in tasks),
        )
        for (arm, phases, targets), by_task in rows.items()
    ]
    return Table(
        caption=caption,
        columns=tuple(columns),
        rows=tuple(lines),
        notes=("A dash: the arm has not trained the task by then, or trains it again on the target.",),
    )


def _change_cell(c: ForgettingChange | None, seeds: int) -> TableCell:
    if c is None:
        return TableCell(text="–", role="faint")
    if c.value is None:
        return TableCell(text=MISSING, small_print=(c.reason,) if c.reason else (), role="missing")
    marks = (f"{len(c.by_seed)} of {seeds} seeds",) if len(c.by_seed) < seeds else ()
    small_print = size(c) if c.change is not None else "no change known" if c.is_earlier else "just trained"
    tip = ", ".join(f"seed {seed}: {number(value)}" for seed, value in c.by_seed.items())
    return TableCell(text=number(c.value), small_print=(small_print,), marks=marks, tip=tip)


def size(c: ForgettingChange) -> str:
    """ "−18.8 (−19.5 to −18.1)"."""
    return signed(c.change) + interval(c.low, c.high, before=" ")


def terminal(changes: Sequence[ForgettingChange]) -> tuple[TerminalText, ...]:
    """Name the changes over intermediate phases, the largest losses first."""
    ordered = sorted((c for c in changes if c.change is not None and not c.targets), key=lambda c: c.change or 0.0)
    if not ordered:
        return ()
    sizes = [f"{c.task} {size(c)} after {c.phases[-1]} ({c.arm})" for c in ordered[:LIMIT]]
    others = f"; {len(ordered) - LIMIT} more in the report" if len(ordered) > LIMIT else ""
    text = f"Forgetting, in points on dev sets: {'; '.join(sizes)}{others}."
    return (TerminalText(text=text, style="dim"),)


FORGETTING = Topic(
    name="forgetting",
    compute=compute,
    sections=lambda value: (Section(id="forgetting", title="Forgetting", blocks=blocks(value.changes, value.seeds)),),
    record=lambda value: {"forgetting": [asdict(change) for change in value.changes]},
    empty_record={"forgetting": []},
    terminal=lambda value: terminal(value.changes),
)
