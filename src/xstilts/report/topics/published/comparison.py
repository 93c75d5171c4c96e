"""The comparison of a study's scores with published rows, measure by measure.

Published scores are means over all test languages of a task, the language trained in among them; ours next to them are
taken over those of the same languages that are here, so they differ from the zero-shot means of the other tables. Only
the same values of the same metric are compared; everything else is listed with the name of its metric.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import NamedTuple

from xstilts.report.elements.formatting import name_list, number
from xstilts.report.scores.inputs import TargetInfo
from xstilts.report.scores.published_rows import Benchmark, BenchmarkTask, PublishedRow
from xstilts.report.scores.score_files import LanguageNumbers, read_scores
from xstilts.report.scores.scoreboard import Scoreboard
from xstilts.report.topics.gain_by_target import AverageGain, decompose
from xstilts.report.topics.published.caveats import row_remarks, target_caveats


@dataclass(frozen=True, kw_only=True)
class BenchmarkScore:
    """One arm's score as the benchmark would average it. `value` None: missing, and `reason` says why."""

    value: float | None
    lacking: tuple[str, ...] = ()  # languages of the measure that this arm lacks
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
    """A study next to the rows of one benchmark.

    remarks: how each row differs as a whole; target_caveats: target -> how its numbers differ.
    not_compared: published figures that no score of ours can be compared with, each with the name of its metric.
    missing_tasks: tasks of the benchmark that the study does not have; other_targets: targets that the benchmark does
        not have.
    """

    benchmark: Benchmark
    rows: tuple[PublishedRow, ...]
    arms: tuple[str, ...]
    measures: tuple[MeasureComparison, ...]
    remarks: tuple[str, ...]
    target_caveats: Mapping[str, tuple[str, ...]]
    not_compared: tuple[str, ...]
    missing_tasks: tuple[str, ...]
    other_targets: tuple[str, ...]
    gains: tuple[AverageGain, ...]


class _Measure(NamedTuple):
    """Values of a metric, of which a score is the mean."""

    metric: str
    values: tuple[str, ...]


def comparisons(board: Scoreboard, rows: Sequence[PublishedRow]) -> tuple[PublishedComparison, ...]:
    """Return one comparison for each benchmark that the rows are of. Raises StoreError when a score artefact cannot be
    read."""
    benchmarks = {row.benchmark.name: row.benchmark for row in rows}
    return tuple(
        _comparison(board, benchmark, tuple(row for row in rows if row.benchmark.name == name))
        for name, benchmark in benchmarks.items()
    )


def _comparison(board: Scoreboard, benchmark: Benchmark, rows: tuple[PublishedRow, ...]) -> PublishedComparison:
    targets = [target for target in board.results.targets if target.name in benchmark.tasks]
    measures: list[MeasureComparison] = []
    not_compared: list[str] = []
    for target in targets:
        task = benchmark.tasks[target.name]
        if candidates := board.candidates(target):
            not_compared += _incomparable(task, rows, f"ours is the best {candidates}, another task")
        elif task.metric in {s.metric for s in board.comparison.standings if s.target == target.name}:
            measures += [_compare(board, target, task, names, rows) for names in _comparable(task, rows)]
        else:
            not_compared += _incomparable(task, rows, f"{task.metric_title}; ours is {target.main}")
    averages, missing_averages = _averages(board, benchmark, rows, measures)
    names = [target.name for target in board.results.targets]
    return PublishedComparison(
        benchmark=benchmark,
        rows=rows,
        arms=board.results.arms,
        measures=(*measures, *averages),
        remarks=row_remarks(board.results.encoder, rows),
        target_caveats={
            target.name: target_caveats(board, target, benchmark)
            for target in targets
            if any(measure.target == target.name for measure in measures)
        },
        not_compared=(*not_compared, *missing_averages),
        missing_tasks=tuple(name for name in benchmark.tasks if name not in names),
        other_targets=tuple(name for name in names if name not in benchmark.tasks),
        gains=tuple(_gain(row, base) for row in rows for base in rows if row.over == base.name),
    )


def _comparable(task: BenchmarkTask, rows: Sequence[PublishedRow]) -> list[tuple[str, ...]]:
    """Return the values that can be compared: the task's score, and single values of it (F1 alone) where a row has no
    more."""
    partial = [row.values(task.name) for row in rows if row.score(task.name) is None]
    singles: list[tuple[str, ...]] = [(name,) for name in task.headline if any(name in values for values in partial)]
    if singles and len(partial) == len(rows):
        return singles
    return [task.headline, *singles]


def _compare(
    board: Scoreboard, target: TargetInfo, task: BenchmarkTask, names: tuple[str, ...], rows: Sequence[PublishedRow]
) -> MeasureComparison:
    languages = tuple(language for language in board.scored(target) if language in task.languages)
    measure = _Measure(task.metric, names)
    return MeasureComparison(
        target=target.name,
        measure=_title(names),
        ours={arm: _benchmark_score(board, arm, target, measure, languages) for arm in board.results.arms},
        published={row.name: _published(row, task, names) for row in rows},
        languages=languages,
        of=len(task.languages),
    )


def _title(names: Sequence[str]) -> str:
    words = [name.replace("_", " ").replace("f1", "F1") for name in names]
    return f"mean of {name_list(words)}" if len(words) > 1 else words[0]


def _published(row: PublishedRow, task: BenchmarkTask, names: tuple[str, ...]) -> float | None:
    values = row.values(task.name)
    return fmean(values[name] for name in names) if set(names) <= set(values) else None


def _benchmark_score(
    board: Scoreboard, arm: str, target: TargetInfo, measure: _Measure, languages: Sequence[str]
) -> BenchmarkScore:
    """Average over the languages that every scored seed has, then over those seeds, as `Scoreboard.mean` does."""
    scored: list[dict[str, float]] = []
    for seed in board.results.seeds:
        cell = board.cells.get((arm, target.name, seed))
        if cell is not None and cell.scores is not None:
            values = _values(read_scores(cell.scores).languages(measure.metric), measure.values, languages)
            scored += [values] if values else []
    full = [language for language in languages if scored and all(language in values for values in scored)]
    if not full:
        return BenchmarkScore(value=None, reason=board.reason(arm, target, languages))
    return BenchmarkScore(
        value=fmean(fmean(values[language] for language in full) for values in scored),
        lacking=tuple(language for language in languages if language not in full),
        marks=board.warnings(arm, target),
    )


def _values(numbers: Mapping[str, LanguageNumbers], names: Sequence[str], languages: Sequence[str]) -> dict[str, float]:
    """Return, for each language, the mean of the values named, where all of them are there."""
    means = {}
    for language in languages:
        values = [numbers[language].values.get(name) for name in names] if language in numbers else []
        present = [value for value in values if value is not None]
        if present and len(present) == len(values):
            means[language] = fmean(present)
    return means


def _averages(
    board: Scoreboard, benchmark: Benchmark, rows: Sequence[PublishedRow], measures: Sequence[MeasureComparison]
) -> tuple[list[MeasureComparison], list[str]]:
    """Return averages over tasks that a row prints: compared where an arm has every task, else listed."""
    scores = {m.target: m.ours for m in measures if m.measure == _title(benchmark.tasks[m.target].headline)}
    compared: list[MeasureComparison] = []
    listed_by_row: dict[str, list[str]] = {row.name: [] for row in rows}
    for average in benchmark.averages.values():
        published = {row.name: row.values(average.name).get("mean") for row in rows}
        printed = {name: value for name, value in published.items() if value is not None}
        ours = {arm: _mean_of_tasks(average.tasks, {t: scores[t][arm] for t in scores}) for arm in board.results.arms}
        if printed and any(score.value is not None for score in ours.values()):
            compared.append(MeasureComparison(target="", measure=average.title, ours=ours, published=published))
        else:
            for name, value in printed.items():
                listed_by_row[name].append(f"{average.title} {number(value)}")
    return compared, [f"{name}: {'; '.join(texts)} (ours is missing)" for name, texts in listed_by_row.items() if texts]


def _mean_of_tasks(tasks: Sequence[str], scores: Mapping[str, BenchmarkScore]) -> BenchmarkScore:
    """Average an arm's scores: missing unless it has every task, and for an average that is no mean of tasks."""
    values = [value for task in tasks if task in scores and (value := scores[task].value) is not None]
    if len(values) < max(len(tasks), 1):
        missing = len(tasks) - len(values)
        return BenchmarkScore(value=None, reason=f"{missing} of {len(tasks)} tasks have no score here")
    return BenchmarkScore(value=fmean(values))


def _incomparable(task: BenchmarkTask, rows: Sequence[PublishedRow], why: str) -> list[str]:
    """List published figures of a task that ours are not compared with, and why: another metric, or fewer candidates
    that were searched."""
    return [
        f"{row.name} on {task.name}: {', '.join(f'{_title([name])} {number(x)}' for name, x in values.items())} ({why})"
        for row in rows
        if (values := row.values(task.name))
    ]


def _gain(row: PublishedRow, base: PublishedRow) -> AverageGain:
    """Take apart the gain of a row over the one it was trained on top of, by the benchmark's scores of both."""
    tasks = row.benchmark.tasks
    scores = {name: (row.score(name), base.score(name)) for name in tasks}
    gains = {name: None if a is None or b is None else a - b for name, (a, b) in scores.items()}
    stated = row.values("all").get("gain")
    retrieval = [name for name, task in tasks.items() if task.retrieval]
    return AverageGain(name=f"{row.model} over {base.model}", parts=decompose(gains, retrieval, stated))
