"""A study's average as a benchmark takes it: over the benchmark's tasks that are targets here, each over the languages
of the benchmark that are here, the one trained in among them. Targets that the benchmark does not have are in no number
of this file.

The benchmark's total stands beside it only where nothing of the benchmark is missing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean

import numpy as np

from xstilts.metrics.significance import ALPHA, contrast, holm
from xstilts.report.elements.formatting import listed
from xstilts.report.scores.contrasts import TargetDraws
from xstilts.report.scores.inputs import TargetInfo
from xstilts.report.scores.published import Benchmark, BenchmarkTask
from xstilts.report.scores.published_files import benchmarks
from xstilts.report.scores.scoreboard import Scoreboard
from xstilts.report.topics.contrasts import over

FEWEST = 3  # tasks of a benchmark that make an average worth its name


@dataclass(frozen=True, kw_only=True)
class ArmAverage:
    """One arm's average. `value` None: it lacks a score that another arm has, and `reason` says which."""

    value: float | None
    by_seed: tuple[float, ...] = ()
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class AverageDifference:
    """A contrast of the study on this average, in points. `p_holm`: corrected over the contrasts of this table."""

    name: str
    value: float | None
    low: float | None = None
    high: float | None = None
    p: float | None = None
    p_holm: float | None = None
    reason: str = ""

    @property
    def significant(self) -> bool:
        return self.p_holm is not None and self.p_holm < ALPHA


@dataclass(frozen=True, kw_only=True)
class BenchmarkAverage:
    """tasks: target -> the languages averaged; missing: task of the benchmark -> why it is not in the average;
    outside: targets that are not of the benchmark; lacking: what the total lacks, () where it is whole."""

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
        return f"{self.benchmark.title}'s average over {share} tasks ({listed(list(self.tasks))})"


def headline(board: Scoreboard) -> BenchmarkAverage | None:
    """None for a study with few targets of any benchmark, or of one whose total is no plain mean of its tasks."""
    names = [target.name for target in board.results.targets]
    benchmark = max(benchmarks(), key=lambda one: sum(name in one.tasks for name in names))
    fields = {field.target.name: field for field in board.comparison.fields}
    here = {name: _languages(fields[name], task) for name, task in benchmark.tasks.items() if name in fields}
    tasks = {name: languages for name, languages in here.items() if languages}
    if len(tasks) < FEWEST or set(benchmark.averages["all"].tasks) != set(benchmark.tasks):
        return None
    arms = {arm: _arm(board, arm, fields, tasks) for arm in board.results.arms}
    return BenchmarkAverage(
        benchmark=benchmark,
        tasks=tasks,
        missing={name: _why(fields.get(name), task) for name, task in benchmark.tasks.items() if name not in tasks},
        outside=tuple(name for name in names if name not in benchmark.tasks),
        lacking=tuple(_lacking(benchmark, tasks, fields)),
        arms=arms,
        differences=_differences(board, arms, [(fields[name], tasks[name]) for name in tasks]),
        seeds=len(board.results.seeds),
    )


def _languages(field: TargetDraws, task: BenchmarkTask) -> tuple[str, ...]:
    """Languages of the benchmark that any arm has, scored as the benchmark scores them."""
    if field.draws is None or field.target.main != task.metric:
        return ()
    return tuple(x for x in field.draws.languages if x in task.languages)


def _why(field: TargetDraws | None, task: BenchmarkTask) -> str:
    if field is None:
        return "no target of this study"
    if field.draws is None:
        return field.reason
    return f"scored in {field.target.main}, not in {task.metric}" if field.target.main != task.metric else "no score"


def _lacking(benchmark: Benchmark, tasks: Mapping[str, Sequence[str]], fields: Mapping[str, TargetDraws]) -> list[str]:
    """What keeps the average from being the benchmark's total."""
    lacking = [name for name in benchmark.tasks if name not in tasks]
    said = [f"no score for {listed(lacking)}"] if lacking else []
    for name, languages in tasks.items():
        target, n = fields[name].target, len(benchmark.tasks[name].languages)
        if len(languages) < n:
            said.append(f"{name} in {len(languages)} of {n} languages")
        if cut := _cut(target):
            said.append(f"{name} {cut}")
    return said


def _cut(target: TargetInfo) -> str:
    if target.test_limit is not None:
        return f"on at most {target.test_limit} examples a language"
    return "from packaged samples" if "test sets" in target.samples else ""


def _arm(
    board: Scoreboard, arm: str, fields: Mapping[str, TargetDraws], tasks: Mapping[str, Sequence[str]]
) -> ArmAverage:
    by_seed = []
    for seed in board.results.seeds:
        means = []
        for name, languages in tasks.items():
            draws = fields[name].draws
            lost = [x for x in languages if draws is None or not draws.has(arm, seed, x)]
            if draws is None or lost:
                why = board.reason(arm, fields[name].target, lost)
                return ArmAverage(value=None, reason=f"{name}, seed {seed}: {listed(lost, 4)} ({why})")
            place = draws.arms.index(arm), draws.seeds.index(seed)
            means.append(fmean(draws.point[(*place, draws.languages.index(x))] for x in languages))
        by_seed.append(fmean(means))
    return ArmAverage(value=fmean(by_seed), by_seed=tuple(by_seed))


def _differences(
    board: Scoreboard, arms: Mapping[str, ArmAverage], parts: Sequence[tuple[TargetDraws, Sequence[str]]]
) -> tuple[AverageDifference, ...]:
    found: list[AverageDifference] = []
    for spec in board.results.contrasts:
        name, weights = over(spec), spec.weights
        if lost := [arm for arm in weights if arms[arm].value is None]:
            found.append(AverageDifference(name=name, value=None, reason=f"{listed(lost)} missing"))
            continue
        made = contrast([(field.draws, x) for field, x in parts if field.draws is not None], weights)
        low, high, p = (None if np.isnan(x) else float(x) for x in (made.low, made.high, made.p))
        found.append(AverageDifference(name=name, value=made.value, low=low, high=high, p=p))
    tested = [one for one in found if one.p is not None]
    corrected = dict(zip((one.name for one in tested), holm([one.p or 0.0 for one in tested]), strict=True))
    return tuple(replace(one, p_holm=corrected.get(one.name)) for one in found)
