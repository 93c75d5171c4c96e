"""What an arm's earlier tasks score after each of its phases, and how much that is beside the phase that trained them.

Scores are of dev sets, by the head that a task's own phase left; a change is paired by seed and by document, as every
contrast is.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

import numpy as np

from xstilts.metrics.catalog import METRICS
from xstilts.metrics.significance import Axes, contrast, draw
from xstilts.report.elements.blocks import Block, Fold, Table, TableCell, TableColumn
from xstilts.report.elements.formatting import MISSING, interval, listed, number, signed
from xstilts.report.scores.inputs import ForgettingScores
from xstilts.report.scores.score_files import read_counts, read_scores

MOST = 4  # changes spelled out on the terminal
CAPTION = (
    "What is left of each intermediate task after each phase, on its dev set, in percent: the earlier task's own head "
    "on the later encoder. Small print: the change since the phase that trained it, in points, with its 95 % interval "
    "(not corrected for the number of lines)."
)


@dataclass(frozen=True, kw_only=True)
class ForgettingChange:
    """One task of an arm after one phase. `value`: its score, the mean over the seeds that have one; `change`: less the
    score after the phase that trained it, over the seeds that have both (None: it has just been trained, or missing).
    `low`, `high`: the 95 % interval of the change, None where there is none."""

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
    def earlier(self) -> bool:
        """Whether a later phase has been trained since."""
        return self.learnt < len(self.phases) - 1


def changes(recalled: Sequence[ForgettingScores]) -> tuple[ForgettingChange, ...]:
    """One for each arm, phase and task, in the order given. Raises StoreError when a score artefact cannot be read."""
    seeds: dict[tuple, dict[int, ForgettingScores]] = {}
    for one in recalled:
        seeds.setdefault(_place(one), {})[one.seed] = one
    return tuple(_change(found, seeds.get(_learnt(next(iter(found.values()))), {})) for found in seeds.values())


def _place(one: ForgettingScores) -> tuple:
    return one.arm, one.phases, one.targets, one.task


def _learnt(one: ForgettingScores) -> tuple:
    """Where the task stood when it had just been trained."""
    return one.arm, one.phases[: one.learnt + 1], (), one.task


def _change(now: dict[int, ForgettingScores], then: dict[int, ForgettingScores]) -> ForgettingChange:
    first = next(iter(now.values()))
    by_seed = {seed: value for seed, one in now.items() if (value := _headline(one)) is not None}
    lost = dict.fromkeys(f"{one.status}: {one.reason}" for one in now.values() if one.scores is None)
    known: dict[str, Any] = {}
    both = [seed for seed in by_seed if seed in then and _headline(then[seed]) is not None]
    if first.learnt < len(first.phases) - 1 and both:
        known = _difference([now[seed] for seed in both], [then[seed] for seed in both])
    return ForgettingChange(
        arm=first.arm,
        task=first.task,
        headline=first.headline,
        phases=first.phases,
        learnt=first.learnt,
        targets=first.targets,
        value=fmean(by_seed.values()) if by_seed else None,
        by_seed=by_seed,
        reason="; ".join(lost),
        **known,
    )


def _headline(one: ForgettingScores) -> float | None:
    """The one language of a dev set."""
    if one.scores is None:
        return None
    line = next(iter(read_scores(one.scores)["metrics"][one.metric]["languages"].values()))
    return None if line["headline"] is None else float(line["headline"])


def _difference(now: Sequence[ForgettingScores], then: Sequence[ForgettingScores]) -> dict[str, float | None]:
    """The change over paired seeds, resampled by document."""
    if now[0].metric not in METRICS:
        pairs = [(_headline(a), _headline(b)) for a, b in zip(now, then, strict=True)]
        return {"change": fmean(a - b for a, b in pairs if a is not None and b is not None)}
    counts = {
        (side, one.seed, language): table
        for side, found in (("now", now), ("then", then))
        for one in found
        if one.scores is not None
        for language, table in read_counts(one.scores, one.metric).items()
    }
    languages = tuple(dict.fromkeys(language for _, _, language in counts))
    axes = Axes(("now", "then"), tuple(one.seed for one in now), languages)
    rng = np.random.default_rng(zlib.crc32(now[0].task.encode()))
    found = contrast([(draw(METRICS[now[0].metric], counts, axes, rng), languages)], {"now": 1.0, "then": -1.0})
    if np.isnan(found.low):
        return {"change": found.value}
    return {"change": found.value, "low": found.low, "high": found.high}


def blocks(found: Sequence[ForgettingChange], seeds: int) -> tuple[Block, ...]:
    """The table of intermediate phases, and folded away the one of phases that fine-tune on a target."""
    between, after = [c for c in found if not c.targets], [c for c in found if c.targets]
    made: list[Block] = [_table(between, seeds, CAPTION)] if between else []
    if after:
        caption = "The same after the last phase, which fine-tunes on a target."
        made.append(Fold(title="After fine-tuning on each target", blocks=(_table(after, seeds, caption),)))
    return tuple(made)


def _table(found: Sequence[ForgettingChange], seeds: int, caption: str) -> Table:
    tasks = {c.task: c.headline for c in found}
    rows: dict[tuple, dict[str, ForgettingChange]] = {}
    for c in found:
        rows.setdefault((c.arm, c.phases, c.targets), {})[c.task] = c
    columns = [TableColumn(label="Arm", numeric=False), TableColumn(label="After the phase", numeric=False)]
    columns += [TableColumn(label=task, under=(headline, "dev set")) for task, headline in tasks.items()]
    lines = [
        (
            TableCell(text=arm),
            TableCell(text=listed(targets) or phases[-1], under=_before(phases)),
            *(_entry(line.get(task), seeds) for task in tasks),
        )
        for (arm, phases, targets), line in rows.items()
    ]
    return Table(
        caption=caption,
        columns=tuple(columns),
        rows=tuple(lines),
        notes=("A dash: the arm has not trained the task by then, or trains it again on the target.",),
    )


def _before(phases: tuple[str, ...]) -> tuple[str, ...]:
    return (f"after {', '.join(phases[:-1])}",) if len(phases) > 1 else ()


def _entry(c: ForgettingChange | None, seeds: int) -> TableCell:
    if c is None:
        return TableCell(text="–", role="faint")
    if c.value is None:
        return TableCell(text=MISSING, under=(c.reason,) if c.reason else (), role="missing")
    marks = (f"{len(c.by_seed)} of {seeds} seeds",) if len(c.by_seed) < seeds else ()
    under = (size(c),) if c.change is not None else ("just trained",) if not c.earlier else ("no change known",)
    tip = ", ".join(f"seed {seed}: {number(value)}" for seed, value in c.by_seed.items())
    return TableCell(text=number(c.value), under=under, marks=marks, tip=tip)


def size(c: ForgettingChange) -> str:
    """ "−18.8 (−19.5 to −18.1)"."""
    return signed(c.change) + interval(c.low, c.high, before=" ")


def sentences(found: Iterable[ForgettingChange]) -> tuple[str, ...]:
    """For the terminal: the changes over intermediate phases, the largest losses first."""
    known = sorted((c for c in found if c.change is not None and not c.targets), key=lambda c: c.change or 0.0)
    said = [f"{c.task} {size(c)} after {c.phases[-1]} ({c.arm})" for c in known[:MOST]]
    more = f"; {len(known) - MOST} more in the report" if len(known) > MOST else ""
    return (f"Forgetting, in points on dev sets: {'; '.join(said)}{more}.",) if said else ()
