"""A study's scores beside published rows, and in plain words what sets them apart.

Published scores are means over all test languages of a task, the language trained in among them; ours beside them are
taken over those of the same languages that are here, so they differ from the zero-shot means of the other tables. Only
the same values of the same metric stand side by side; everything else is listed with the name of its metric.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from xstilts.report.elements.formatting import listed, number
from xstilts.report.scores.inputs import TargetInfo
from xstilts.report.scores.published import Benchmark, BenchmarkTask, PublishedRow
from xstilts.report.scores.score_files import read_scores
from xstilts.report.scores.scoreboard import Scoreboard
from xstilts.report.topics.gain_by_target import AverageGain
from xstilts.report.topics.gain_parts import decompose
from xstilts.report.topics.published_caveats import apart, remarks


@dataclass(frozen=True, kw_only=True)
class BenchmarkScore:
    """One arm's score as the benchmark would average it. `value` None: missing, and `reason` says why."""

    value: float | None
    lacking: tuple[str, ...] = ()  # languages of the line that this arm lacks
    marks: tuple[str, ...] = ()  # warnings: diverged, at chance, seeds that are lacking
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class MeasureComparison:
    """One measure of one target: ours by arm, published by row (None: not published)."""

    target: str  # "" for an average over tasks
    measure: str  # "mean of exact match and F1", "mean of the nine tasks"
    ours: Mapping[str, BenchmarkScore]
    published: Mapping[str, float | None]
    languages: tuple[str, ...] = ()  # those ours is a mean over
    of: int = 0  # languages of the published mean


@dataclass(frozen=True, kw_only=True)
class PublishedComparison:
    """A study beside the rows of one benchmark.

    remarks: what sets a row as a whole apart; by_target: target -> what sets its numbers apart.
    others: published figures that nothing of ours stands beside, each with the name of its metric.
    absent: tasks of the benchmark that the study does not have; outside: targets that the benchmark does not have.
    """

    benchmark: Benchmark
    rows: tuple[PublishedRow, ...]
    arms: tuple[str, ...]
    lines: tuple[MeasureComparison, ...]
    remarks: tuple[str, ...]
    by_target: Mapping[str, tuple[str, ...]]
    others: tuple[str, ...]
    absent: tuple[str, ...]
    outside: tuple[str, ...]
    gains: tuple[AverageGain, ...]


def against(board: Scoreboard, rows: Sequence[PublishedRow]) -> tuple[PublishedComparison, ...]:
    """One table for each benchmark that the rows are of. Raises StoreError when a score artefact cannot be read."""
    benchmarks = {row.benchmark.name: row.benchmark for row in rows}
    return tuple(
        _beside(board, benchmark, tuple(row for row in rows if row.benchmark.name == name))
        for name, benchmark in benchmarks.items()
    )


def _beside(board: Scoreboard, benchmark: Benchmark, rows: tuple[PublishedRow, ...]) -> PublishedComparison:
    targets = [target for target in board.results.targets if target.name in benchmark.tasks]
    lines: list[MeasureComparison] = []
    others: list[str] = []
    for target in targets:
        task = benchmark.tasks[target.name]
        if task.metric in _metrics(board, target):
            lines += [_line(board, target, task, names, rows) for names in _measures(task, rows)]
        else:
            others += _listed(task, rows, target.main)
    means, more = _averages(board, benchmark, rows, lines)
    names = [target.name for target in board.results.targets]
    return PublishedComparison(
        benchmark=benchmark,
        rows=rows,
        arms=board.results.arms,
        lines=(*lines, *means),
        remarks=remarks(board.results.encoder, rows),
        by_target={t.name: apart(board, t, benchmark) for t in targets if any(x.target == t.name for x in lines)},
        others=(*others, *more),
        absent=tuple(name for name in benchmark.tasks if name not in names),
        outside=tuple(name for name in names if name not in benchmark.tasks),
        gains=tuple(_gain(row, over) for row in rows for over in rows if row.over == over.name),
    )


def _metrics(board: Scoreboard, target: TargetInfo) -> set[str]:
    """Every metric that the target was or would be scored in."""
    return {standing.metric for standing in board.comparison.standings if standing.target == target.name}


def _measures(task: BenchmarkTask, rows: Sequence[PublishedRow]) -> list[tuple[str, ...]]:
    """What can be set side by side: the task's score, and single values of it (F1 alone) where a row has no more."""
    partial = [row.values(task.name) for row in rows if row.score(task.name) is None]
    singles: list[tuple[str, ...]] = [(name,) for name in task.headline if any(name in values for values in partial)]
    if singles and len(partial) == len(rows):
        return singles
    return [task.headline, *singles]


def _line(
    board: Scoreboard, target: TargetInfo, task: BenchmarkTask, names: tuple[str, ...], rows: Sequence[PublishedRow]
) -> MeasureComparison:
    languages = tuple(language for language in board.scored(target) if language in task.languages)
    return MeasureComparison(
        target=target.name,
        measure=_said(names),
        ours={arm: _ours(board, (arm, target), (task.metric, names), languages) for arm in board.results.arms},
        published={row.name: _published(row, task, names) for row in rows},
        languages=languages,
        of=len(task.languages),
    )


def _said(names: Sequence[str]) -> str:
    words = [name.replace("_", " ").replace("f1", "F1") for name in names]
    return f"mean of {listed(words)}" if len(words) > 1 else words[0]


def _published(row: PublishedRow, task: BenchmarkTask, names: tuple[str, ...]) -> float | None:
    values = row.values(task.name)
    return fmean(values[name] for name in names) if set(names) <= set(values) else None


def _ours(
    board: Scoreboard, place: tuple[str, TargetInfo], measure: tuple[str, tuple[str, ...]], languages: Sequence[str]
) -> BenchmarkScore:
    """The mean over the languages that every scored seed has, then over those seeds, as `Scoreboard.mean` takes it."""
    arm, target = place
    by_seed = {}
    for seed in board.results.seeds:
        cell = board.cells.get((arm, target.name, seed))
        if cell is not None and cell.scores is not None:
            found = read_scores(cell.scores)["metrics"].get(measure[0], {}).get("languages", {})
            by_seed[seed] = _values(found, measure[1], languages)
    there = {seed: values for seed, values in by_seed.items() if values}
    full = [language for language in languages if there and all(language in values for values in there.values())]
    if not full:
        return BenchmarkScore(value=None, reason=board.reason(arm, target, languages))
    return BenchmarkScore(
        value=fmean(fmean(values[language] for language in full) for values in there.values()),
        lacking=tuple(language for language in languages if language not in full),
        marks=board.marks(arm, target),
    )


def _values(found: Mapping[str, Any], names: Sequence[str], languages: Sequence[str]) -> dict[str, float]:
    """Language -> the mean of the values named, where all are there."""
    lines = {language: found[language]["values"] for language in languages if language in found}
    return {
        language: fmean(values[name] for name in names)
        for language, values in lines.items()
        if all(values.get(name) is not None for name in names)
    }


def _averages(
    board: Scoreboard, benchmark: Benchmark, rows: Sequence[PublishedRow], lines: Sequence[MeasureComparison]
) -> tuple[list[MeasureComparison], list[str]]:
    """Averages over tasks that a row prints: beside ours where an arm has every task, else listed."""
    scores = {line.target: line.ours for line in lines if line.measure == _said(benchmark.tasks[line.target].headline)}
    means: list[MeasureComparison] = []
    alone: dict[str, list[str]] = {row.name: [] for row in rows}
    for average in benchmark.averages.values():
        published = {row.name: row.values(average.name).get("mean") for row in rows}
        known = {name: value for name, value in published.items() if value is not None}
        ours = {arm: _mean_of_tasks(average.tasks, {t: scores[t][arm] for t in scores}) for arm in board.results.arms}
        if known and any(score.value is not None for score in ours.values()):
            means.append(MeasureComparison(target="", measure=average.said, ours=ours, published=published))
        else:
            for name, value in known.items():
                alone[name].append(f"{average.said} {number(value)}")
    return means, [f"{name}: {'; '.join(said)} (ours is missing)" for name, said in alone.items() if said]


def _mean_of_tasks(tasks: Sequence[str], scores: Mapping[str, BenchmarkScore]) -> BenchmarkScore:
    """The mean of an arm's scores: missing unless it has every task, and for an average that is no mean of tasks."""
    known = [scores[task].value for task in tasks if task in scores]
    values = [value for value in known if value is not None]
    if len(values) < max(len(tasks), 1):
        return BenchmarkScore(value=None, reason=f"{len(tasks) - len(values)} of {len(tasks)} tasks have no score here")
    return BenchmarkScore(value=fmean(values))


def _listed(task: BenchmarkTask, rows: Sequence[PublishedRow], ours: str) -> list[str]:
    """Figures of a task in another metric than `ours`."""
    return [
        f"{row.name} on {task.name}: {', '.join(f'{_said([name])} {number(x)}' for name, x in values.items())} "
        f"({task.said}; ours is {ours})"
        for row in rows
        if (values := row.values(task.name))
    ]


def _gain(row: PublishedRow, over: PublishedRow) -> AverageGain:
    """A row over the one it was trained on top of, by the benchmark's scores of both."""
    tasks = row.benchmark.tasks
    scores = {name: (row.score(name), over.score(name)) for name in tasks}
    gains = {name: None if a is None or b is None else a - b for name, (a, b) in scores.items()}
    stated = row.values("all").get("gain")
    retrieval = [name for name, task in tasks.items() if task.retrieval]
    return AverageGain(name=f"{row.model} over {over.model}", parts=decompose(gains, retrieval, stated))
