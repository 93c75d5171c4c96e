"""Standings: each arm's scores on each target, every number labelled for what it averages. Numbers are percentages.

A mean over languages exists when every expected language has a score for every seed; otherwise it is missing, and
`partial` is the mean over those that have one, with how many of how many.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean
from typing import NamedTuple

from xstilts.report.scores.inputs import Results, StudyCell, TargetInfo
from xstilts.report.scores.score_files import ScoreRecord, read_scores
from xstilts.report.scores.trainings import read_state


@dataclass(frozen=True, kw_only=True)
class LanguageScore:
    """One language over the seeds. `value` None: missing in at least one seed, see `reason`."""

    language: str
    value: float | None
    by_seed: Mapping[int, float]  # the seeds that have a score
    floor: float | None
    n: int | None  # examples
    at_chance: tuple[int, ...]  # seeds whose interval reaches the floor
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class LanguageMean:
    """A mean over languages, then seeds; `low` and `high` are the least and the greatest seed."""

    label: str  # "mean of 15 languages"
    value: float | None
    by_seed: tuple[float, ...] = ()
    low: float | None = None
    high: float | None = None
    partial: float | None = None  # where `value` is missing: over the languages and seeds that have a score
    partial_label: str = ""  # "mean of 9 of 15 languages, 1 of 2 seeds"
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class ArmScore:
    """One arm on one target in one metric."""

    arm: str
    target: str
    metric: str
    main: bool  # whether it is the target's main metric
    overall: LanguageMean
    zero_shot: LanguageMean  # without the language trained in
    gap: float | None  # score in the language trained in minus the zero-shot mean; None where either is missing
    languages: tuple[LanguageScore, ...]  # all expected ones, in order
    states: Mapping[int, str]  # seed -> "ok", "diverged (mnli)", "failed: no memory"


class _RowKey(NamedTuple):
    """One arm in one metric; `is_main`: whether it is the target's main metric."""

    arm: str
    metric: str
    is_main: bool


def standings(results: Results) -> tuple[ArmScore, ...]:
    """Return score rows in the order of targets, arms, metrics (the main one first)."""
    cells = {(cell.arm, cell.target, cell.seed): cell for cell in results.cells}
    rows = []
    for target in results.targets:
        for arm in results.arms:
            by_seed = {seed: cell for seed in results.seeds if (cell := cells.get((arm, target.name, seed)))}
            records = {seed: read_scores(cell.scores) for seed, cell in by_seed.items() if cell.scores is not None}
            names = dict.fromkeys(name for record in records.values() for name in record.metrics)
            main = target.main or next((record.main for record in records.values()), "")
            for metric in dict.fromkeys([main, *names]):
                rows.append(_standing(results, target, _RowKey(arm, metric, metric == main), by_seed, records))
    return tuple(rows)


def _standing(
    results: Results,
    target: TargetInfo,
    row: _RowKey,
    cells: Mapping[int, StudyCell],
    records: Mapping[int, ScoreRecord],
) -> ArmScore:
    reason = "; ".join(dict.fromkeys(run_state(c) for s, c in cells.items() if s not in records)) or "no score"
    languages = tuple(_language(x, row.metric, results.seeds, records, reason) for x in target.languages)
    home = next((x for x in languages if x.language == target.train_language), None)
    zero_shot = _mean([x for x in languages if x is not home], results.seeds)
    if target.only_language is not None:
        zero_shot = replace(zero_shot, label="", reason=f"{target.only_language} only")
    gap = None
    if home is not None and home.value is not None and zero_shot.value is not None:
        gap = home.value - zero_shot.value
    return ArmScore(
        arm=row.arm,
        target=target.name,
        metric=row.metric,
        main=row.is_main,
        overall=_mean(languages, results.seeds),
        zero_shot=zero_shot,
        gap=gap,
        languages=languages,
        states={seed: run_state(cells[seed]) if seed in cells else "not in this study" for seed in results.seeds},
    )


def _language(
    language: str, metric: str, seeds: Sequence[int], records: Mapping[int, ScoreRecord], reason: str
) -> LanguageScore:
    by_seed = {seed: record.languages(metric).get(language) for seed, record in records.items()}
    numbers = {seed: entry for seed, entry in by_seed.items() if entry and entry.headline is not None}
    values = {seed: float(entry.headline) for seed, entry in numbers.items() if entry.headline is not None}
    first = next(iter(numbers.values()), None)
    reasons = [record.missing[language] for record in records.values() if language in record.missing]
    complete = len(values) == len(seeds)
    return LanguageScore(
        language=language,
        value=fmean(values.values()) if complete else None,
        by_seed=values,
        floor=first.floor if first else None,
        n=first.n if first else None,
        at_chance=tuple(seed for seed, entry in numbers.items() if entry.at_chance),
        reason="" if complete else next(iter(reasons), reason),
    )


def _mean(languages: Sequence[LanguageScore], seeds: Sequence[int]) -> LanguageMean:
    """Average over languages in each seed, then over seeds."""
    label = f"mean of {len(languages)} languages"
    if languages and all(x.value is not None for x in languages):
        by_seed = tuple(fmean(x.by_seed[seed] for x in languages) for seed in seeds)
        return LanguageMean(label=label, value=fmean(by_seed), by_seed=by_seed, low=min(by_seed), high=max(by_seed))
    scored_seeds = [seed for seed in seeds if any(seed in x.by_seed for x in languages)]
    full = [x for x in languages if scored_seeds and all(seed in x.by_seed for seed in scored_seeds)]
    reasons = dict.fromkeys(x.reason for x in languages if x.reason)
    share = f"mean of {len(full)} of {len(languages)} languages"
    missing_seeds = f", {len(scored_seeds)} of {len(seeds)} seeds" if len(scored_seeds) < len(seeds) else ""
    return LanguageMean(
        label=label,
        value=None,
        partial=fmean(x.by_seed[seed] for x in full for seed in scored_seeds) if full else None,
        partial_label=share + missing_seeds if full else "",
        reason="; ".join(reasons) or "no languages",
    )


def run_state(cell: StudyCell) -> str:
    """Return the worst that happened on the cell's route, and to which training."""
    if cell.scores is None:
        return cell.outcome
    names = [*cell.training_names, *(folder.name for folder in cell.trainings[len(cell.training_names) :])]
    states = {name: read_state(folder) for name, folder in zip(names, cell.trainings, strict=False)}
    for state in ("diverged", "at chance"):
        if bad := [name for name, value in states.items() if value == state]:
            return f"{state} ({', '.join(bad)})"
    return "ok"
