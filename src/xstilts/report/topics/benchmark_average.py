"""A study's average as a benchmark takes it: over the benchmark's tasks that are targets here, each over the languages
of the benchmark that are here, the one trained in among them. Targets that the benchmark does not have are in no number
of this file.

The benchmark's total is given only where nothing of the benchmark is missing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

import numpy as np

from xstilts.metrics.arm_means import TargetScores, mean_of_arms
from xstilts.metrics.gatekeeping import clipped
from xstilts.metrics.simultaneous import ALPHA, draw_errors
from xstilts.report.elements.blocks import Section, Table, TableCell, TableColumn, TerminalText
from xstilts.report.elements.formatting import MISSING, interval, name_list, number, plural, signed
from xstilts.report.scores.published_files import benchmarks
from xstilts.report.scores.published_rows import Benchmark, BenchmarkTask
from xstilts.report.scores.scoreboard import Scoreboard
from xstilts.report.scores.target_draws import TargetDraws, collapsed_share
from xstilts.report.topics.topic import Topic

MIN_TASKS = 3  # tasks of a benchmark that make an average worth its name
LIMIT = 3  # differences spelled out in a sentence


@dataclass(frozen=True, kw_only=True)
class ArmAverage:
    """One arm's average. `value` None: it lacks a score that another arm has, and `reason` says which."""

    value: float | None
    by_seed: tuple[float, ...] = ()
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class AverageDifference:
    """A contrast of the study on this average, in points, with its 95 % interval. It is not tested: what a study tests
    is its own mean over targets, nearly the same question."""

    name: str
    value: float | None
    low: float | None = None
    high: float | None = None
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class BenchmarkAverage:
    """The average over a benchmark's tasks that are targets here.

    tasks: target -> the languages averaged; missing: task of the benchmark -> why it is not in the average;
    outside: targets that are not of the benchmark; lacking: what the total lacks, () where nothing is missing.
    """

    benchmark: Benchmark
    tasks: Mapping[str, tuple[str, ...]]
    missing: Mapping[str, str]
    outside: tuple[str, ...]
    lacking: tuple[str, ...]
    arms: Mapping[str, ArmAverage]
    differences: tuple[AverageDifference, ...]
    seeds: int

    @property
    def name(self) -> str:
        """ "XTREME's average over 4 of its 9 tasks (xnli, udpos, panx and tatoeba)"."""
        of = len(self.benchmark.tasks)
        share = f"all {of}" if len(self.tasks) == of else f"{len(self.tasks)} of its {of}"
        return f"{self.benchmark.title}'s average over {share} tasks ({name_list(list(self.tasks))})"

    def total(self, arm: str) -> float | None:
        """Return an arm's average where it is the benchmark's total."""
        return None if self.lacking else self.arms[arm].value


def compute(board: Scoreboard) -> BenchmarkAverage | None:
    """Return None for a study with few targets of any benchmark, or of one whose total is no plain mean of its
    tasks."""
    names = [target.name for target in board.results.targets]
    benchmark = max(benchmarks(), key=lambda candidate: sum(name in candidate.tasks for name in names))
    draws = board.target_draws
    languages = {name: _languages(draws[name], task) for name, task in benchmark.tasks.items() if name in draws}
    tasks = {name: codes for name, codes in languages.items() if codes}
    if len(tasks) < MIN_TASKS or set(benchmark.averages["all"].tasks) != set(benchmark.tasks):
        return None
    arms = {arm: _arm_average(board, arm, tasks) for arm in board.results.arms}
    return BenchmarkAverage(
        benchmark=benchmark,
        tasks=tasks,
        missing={
            name: _missing_reason(draws.get(name), task) for name, task in benchmark.tasks.items() if name not in tasks
        },
        outside=tuple(name for name in names if name not in benchmark.tasks),
        lacking=tuple(_lacking(benchmark, tasks, draws)),
        arms=arms,
        differences=_differences(board, arms, [(draws[name], tasks[name]) for name in tasks]),
        seeds=len(board.results.seeds),
    )


def _languages(target: TargetDraws, task: BenchmarkTask) -> tuple[str, ...]:
    """Return the languages of the benchmark that any arm has, scored as the benchmark scores them."""
    if target.draws is None or target.target.main != task.metric:
        return ()
    return tuple(x for x in target.draws.languages if x in task.languages)


def _missing_reason(target: TargetDraws | None, task: BenchmarkTask) -> str:
    if target is None:
        return "no target of this study"
    if target.draws is None:
        return target.reason
    metric = target.target.main
    return f"scored in {metric}, not in {task.metric}" if metric != task.metric else "no score"


def _lacking(benchmark: Benchmark, tasks: Mapping[str, Sequence[str]], draws: Mapping[str, TargetDraws]) -> list[str]:
    """Say what keeps the average from being the benchmark's total."""
    missing = [name for name in benchmark.tasks if name not in tasks]
    reasons = [f"no score for {name_list(missing)}"] if missing else []
    for name, languages in tasks.items():
        n, target = len(benchmark.tasks[name].languages), draws[name].target
        if len(languages) < n:
            reasons.append(f"{name} in {len(languages)} of {n} languages")
        if target.test_limit is not None:
            reasons.append(f"{name} on at most {target.test_limit} examples a language")
        elif "test sets" in target.samples:
            reasons.append(f"{name} from packaged samples")
    return reasons


def _arm_average(board: Scoreboard, arm: str, tasks: Mapping[str, Sequence[str]]) -> ArmAverage:
    by_seed = []
    for seed in board.results.seeds:
        means = []
        for name, languages in tasks.items():
            target = board.target_draws[name]
            draws = target.draws
            missing = [x for x in languages if draws is None or not draws.has(arm, seed, x)]
            if draws is None or missing:
                reason = board.reason(arm, target.target, missing)
                return ArmAverage(value=None, reason=f"{name}, seed {seed}: {name_list(missing, 4)} ({reason})")
            row = draws.arms.index(arm), draws.seeds.index(seed)
            means.append(fmean(draws.point[(*row, draws.languages.index(x))] for x in languages))
        by_seed.append(fmean(means))
    return ArmAverage(value=fmean(by_seed), by_seed=tuple(by_seed))


def _differences(
    board: Scoreboard, arms: Mapping[str, ArmAverage], parts: Sequence[tuple[TargetDraws, Sequence[str]]]
) -> tuple[AverageDifference, ...]:
    # Of all runs, as the averages above them are: a benchmark's average leaves none out.
    drawn = [TargetScores(t.draws, x, np.zeros_like(t.collapsed)) for t, x in parts if t.draws is not None]
    means = mean_of_arms(drawn)
    differences: list[AverageDifference] = []
    for spec in board.results.contrasts:
        if missing := [arm for arm in spec.weights if arms[arm].value is None]:
            reason = f"{name_list(missing)} missing"
            differences.append(AverageDifference(name=spec.title, value=None, reason=reason))
            continue
        weights = means.weights([dict(spec.weights)])
        value, low, high = float((weights @ means.means.value)[0]), None, None
        if means.groups > 1:
            errors = draw_errors(means.means, weights, np.random.default_rng(0), each=0)
            low, high = clipped(value, float(errors.reach(ALPHA)[0]))
        lost, of = collapsed_share([target for target, _ in parts], list(spec.weights))
        remark = f"{lost} of {of} runs collapsed; all are in it" if lost else ""
        differences.append(AverageDifference(name=spec.title, value=value, low=low, high=high, reason=remark))
    return tuple(differences)


def section(average: BenchmarkAverage) -> Section:
    tables = (arms_table(average), *([differences_table(average)] if average.differences else []))
    return Section(id="benchmark", title=f"{average.benchmark.title}'s average", blocks=tables)


def arms_table(average: BenchmarkAverage) -> Table:
    """Lay out arms down: the average over the targets present, and the total where nothing is missing."""
    title, of = average.benchmark.title, len(average.benchmark.tasks)
    columns = (
        TableColumn(label="Arm", numeric=False),
        TableColumn(
            label="Average over the targets present", small_print=(f"mean of {len(average.tasks)} of {of} tasks",)
        ),
        TableColumn(label=f"{title}'s total", small_print=(f"all {of} tasks, all languages, whole test sets",)),
    )
    return Table(
        caption=f"{average.name}, in percent: each task is the mean over {title}'s languages that are here, the "
        f"one trained in among them, as {title} takes it; then over {plural(average.seeds, 'seed')}. So it is not the "
        "mean of the zero-shot scores above.",
        columns=columns,
        rows=tuple(
            (TableCell(text=arm), _average_cell(arm_average), _total_cell(average.total(arm)))
            for arm, arm_average in average.arms.items()
        ),
        notes=_notes(average),
    )


def _notes(average: BenchmarkAverage) -> tuple[str, ...]:
    """Say what the average holds and what it lacks."""
    title = average.benchmark.title
    counts = {name: (len(x), len(average.benchmark.tasks[name].languages)) for name, x in average.tasks.items()}
    tasks = [f"{name} {n} of {of} languages" if n < of else f"{name} all {of}" for name, (n, of) in counts.items()]
    notes = [f"Averaged: {', '.join(tasks)}."]
    if average.missing:
        notes.append(f"Missing: {'; '.join(f'{name} ({reason})' for name, reason in average.missing.items())}.")
    if average.outside:
        notes.append(f"Not of {title}, and not in it: {name_list(average.outside)}.")
    total = f"The total is over the test files that are here; the notes say where {title} has others."
    return (*notes, f"No total: {'; '.join(average.lacking)}." if average.lacking else total)


def differences_table(average: BenchmarkAverage) -> Table:
    labels = ("Contrast", "Difference", "95 % interval", "Remark")
    return Table(
        caption=f"The study's contrasts on {average.name}, in points, each with an interval of its own. They are not "
        "tested: the study's own mean over targets is.",
        columns=tuple(TableColumn(label=label, numeric=label in labels[1:3]) for label in labels),
        rows=tuple(_difference_row(difference) for difference in average.differences),
    )


def first_sentence(average: BenchmarkAverage) -> tuple[str, ...]:
    """Return the first sentence of the answer where the study has other targets, which its other averages include."""
    computed = sorted((d for d in average.differences if d.value is not None), key=lambda d: -abs(d.value or 0.0))
    if not average.outside or not computed:
        return ()
    sizes = [f"{d.name} {signed(d.value)}{interval(d.low, d.high, before=' ')}" for d in computed[:LIMIT]]
    others = f" and {len(computed) - LIMIT} more" if len(computed) > LIMIT else ""
    return (f"On {average.name}, in points and not tested: {', '.join(sizes)}{others}.",)


def terminal(average: BenchmarkAverage) -> tuple[TerminalText, ...]:
    """Say what is averaged, every arm, and whether there is a total."""
    arms = ", ".join(f"{arm} {number(arm_average.value)}" for arm, arm_average in average.arms.items())
    without = f" Without {name_list(list(average.missing))}." if average.missing else ""
    total = f" No total of {average.benchmark.title}: {'; '.join(average.lacking)}." if average.lacking else ""
    return (TerminalText(text=f"{average.name}: {arms}.{without}{total}"),)


def record(average: BenchmarkAverage) -> dict[str, Any]:
    arms = {
        arm: {"value": a.value, "by_seed": list(a.by_seed), "total": average.total(arm), "reason": a.reason}
        for arm, a in average.arms.items()
    }
    entry = {
        "benchmark": average.benchmark.name,
        "tasks": {name: list(languages) for name, languages in average.tasks.items()},
        "missing": dict(average.missing),
        "outside": list(average.outside),
        "no_total": list(average.lacking),
        "arms": arms,
        "differences": [
            {key: getattr(d, key) for key in ("name", "value", "low", "high")} for d in average.differences
        ],
    }
    return {"headline": entry}


def _average_cell(average: ArmAverage) -> TableCell:
    if average.value is None:
        return TableCell(text=MISSING, small_print=(average.reason,), role="missing")
    tip = ", ".join(number(value) for value in average.by_seed) if len(average.by_seed) > 1 else ""
    return TableCell(text=number(average.value), tip=tip)


def _total_cell(total: float | None) -> TableCell:
    return TableCell(text="–", role="faint") if total is None else TableCell(text=number(total))


def _difference_row(difference: AverageDifference) -> tuple[TableCell, ...]:
    missing = difference.value is None
    text = MISSING if missing else signed(difference.value)
    return (
        TableCell(text=difference.name),
        TableCell(text=text, role="missing" if missing else ""),
        TableCell(text=interval(difference.low, difference.high) or "–"),
        TableCell(text=difference.reason),
    )


BENCHMARK_AVERAGE = Topic(
    name="benchmark_average",
    compute=compute,
    sections=lambda average: (section(average),),
    record=record,
    empty_record={"headline": None},
    terminal=terminal,
)
