"""From the results of several encoders on one task to means over languages with intervals, and their differences.

A mean is over the languages that every encoder has a score for, the language trained in left out. Its 95 % interval
counts test items and seeds, as the contrasts of a report do (`xstilts.metrics.significance`); with one seed it
holds for that seed only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import isnan
from statistics import fmean

import numpy as np

from xstilts.metrics.catalog import METRICS
from xstilts.metrics.significance import Axes, Draws, contrast, draw
from xstilts.report.scores.inputs import Results
from xstilts.report.scores.score_files import read_counts
from xstilts.report.scores.standings import ArmScore, LanguageScore, standings

_NOTHING = "nothing"  # an arm that scores zero: a mean is its difference from it


@dataclass(frozen=True, kw_only=True)
class Number:
    """Percent, or points for a difference. `low` and `high` are None where a language has a single test item."""

    value: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, kw_only=True)
class RowScore:
    """One encoder in one metric. `mean` None: no score, and `reason` says why."""

    mean: Number | None = None
    home: Number | None = None  # in the language trained in, where that is scored
    languages: Mapping[str, float]
    reason: str = ""  # or a warning: "diverged"


@dataclass(frozen=True, kw_only=True)
class Measured:
    """Several encoders on one task in one metric; the first row is the one the others are controls of."""

    task: str
    metric: str
    home: str  # the language trained in; "" where nothing is trained
    averaged: tuple[str, ...]
    missing: Mapping[str, str]  # expected language -> why it has no score
    floor: float | None  # mean over `averaged` of the best guess that ignores the input
    seeds: tuple[int, ...]
    rows: Mapping[str, RowScore]
    ahead_of: Mapping[str, Number]  # control -> first row minus control, mean over `averaged`
    notes: tuple[str, ...] = ()


def measure(rows: Mapping[str, Results]) -> tuple[Measured, ...]:
    """One `Measured` for each metric of the task, the main one first. `rows`: the results of each encoder in a study
    of one arm and this one target."""
    scores = {row: {score.metric: score for score in standings(results)} for row, results in rows.items()}
    metrics = dict.fromkeys(
        metric for row_scores in scores.values() for metric in row_scores
    )  # standings name the main one first
    return tuple(
        _measure(rows, metric, {row: row_scores[metric] for row, row_scores in scores.items() if metric in row_scores})
        for metric in metrics
    )


def _measure(rows: Mapping[str, Results], metric: str, scores: Mapping[str, ArmScore]) -> Measured:
    first = next(iter(rows.values()))
    target = first.targets[0]
    lines = {row: {x.language: x for x in standing.languages} for row, standing in scores.items()}
    scored = [row for row, row_scores in lines.items() if any(x.value is not None for x in row_scores.values())]
    have = [x for x in target.languages if scored and all(lines[row][x].value is not None for row in scored)]
    home = target.train_language if target.train_language in have else ""
    averaged = tuple(x for x in have if x != home) or tuple(have)
    draws = _draws({row: rows[row] for row in scored}, metric, have) if have else None
    return Measured(
        task=target.name,
        metric=metric,
        home=home,
        averaged=averaged,
        missing={x: _why(lines, x) for x in target.languages if x not in have},
        floor=_floor(lines[scored[0]], averaged) if scored else None,
        seeds=first.seeds,
        rows={row: _row(row, standing, draws, averaged, home) for row, standing in scores.items()},
        ahead_of=_ahead(list(rows), draws, averaged),
        notes=tuple(dict.fromkeys((*target.notes, *first.notes))),
    )


def _why(lines: Mapping[str, Mapping[str, LanguageScore]], language: str) -> str:
    return next(
        (row_scores[language].reason for row_scores in lines.values() if row_scores[language].reason), "no score"
    )


def _floor(lines: Mapping[str, LanguageScore], averaged: Sequence[str]) -> float | None:
    floors = [floor for x in averaged if (floor := lines[x].floor) is not None]
    return fmean(floors) if floors else None


def _row(row: str, standing: ArmScore, draws: Draws | None, averaged: Sequence[str], home: str) -> RowScore:
    values = {line.language: line.value for line in standing.languages if line.value is not None}
    reason = "; ".join(dict.fromkeys(state for state in standing.states.values() if state != "ok"))
    if draws is None or row not in draws.arms:
        return RowScore(languages=values, reason=reason or "no score")
    level = {row: 1.0, _NOTHING: -1.0}
    return RowScore(
        mean=_number(draws, level, averaged),
        home=_number(draws, level, [home]) if home else None,
        languages=values,
        reason=reason,
    )


def _ahead(names: Sequence[str], draws: Draws | None, averaged: Sequence[str]) -> dict[str, Number]:
    scored = [name for name in names if draws is not None and name in draws.arms]
    if draws is None or names[0] not in scored:
        return {}
    return {name: _number(draws, {names[0]: 1.0, name: -1.0}, averaged) for name in scored if name != names[0]}


def _number(draws: Draws, weights: Mapping[str, float], languages: Sequence[str]) -> Number:
    estimate = contrast([(draws, languages)], weights)
    if isnan(estimate.low):
        return Number(value=estimate.value)
    return Number(value=estimate.value, low=estimate.low, high=estimate.high)


def _draws(rows: Mapping[str, Results], metric: str, languages: Sequence[str]) -> Draws:
    """All encoders on the same resampled test sets, and one more that scores nothing."""
    cells = {
        (row, cell.seed, language): counts
        for row, results in rows.items()
        for cell in results.cells
        if cell.scores is not None
        for language, counts in read_counts(cell.scores, metric).items()
    }
    seeds = next(iter(rows.values())).seeds
    draws = draw(METRICS[metric], cells, Axes(list(rows), seeds, languages), np.random.default_rng(0))
    zero_ASL = np.zeros_like(draws.point[:1])
    zero_RASL = np.zeros_like(draws.drawn[:, :1])
    return replace(
        draws,
        arms=(*draws.arms, _NOTHING),
        point=np.concatenate([draws.point, zero_ASL]),
        drawn=np.concatenate([draws.drawn, zero_RASL], axis=1),
    )
