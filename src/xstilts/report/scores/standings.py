"""Score rows: each arm on each target, every number labelled for what it averages. Numbers are percentages.

A mean over languages exists when every expected language has a score for every seed; otherwise it is missing and the
mean over those that have one stands beside it as `partial`, with how many of how many.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from xstilts.core.files import read_json
from xstilts.report.scores.inputs import Results, StudyCell, TargetInfo
from xstilts.report.scores.score_files import read_scores


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
    main: bool  # the target's main metric; others stand beside it
    overall: LanguageMean
    zero_shot: LanguageMean  # without the language trained in
    gap: float | None  # score in the language trained in minus the zero-shot mean; None where either is missing
    languages: tuple[LanguageScore, ...]  # all expected ones, in order
    states: Mapping[int, str]  # seed -> "ok", "diverged (mnli)", "failed: no memory"


def standings(results: Results) -> tuple[ArmScore, ...]:
    """Rows in the order of targets, arms, metrics (the main one first)."""
    cells = {(cell.arm, cell.target, cell.seed): cell for cell in results.cells}
    rows = []
    for target in results.targets:
        for arm in results.arms:
            found = {seed: cell for seed in results.seeds if (cell := cells.get((arm, target.name, seed)))}
            records = {seed: read_scores(cell.scores) for seed, cell in found.items() if cell.scores is not None}
            names = dict.fromkeys(name for record in records.values() for name in record["metrics"])
            main = target.main or next((record["main"] for record in records.values()), "")
            for metric in dict.fromkeys([main, *names]):
                rows.append(_standing(results, target, (arm, metric, metric == main), found, records))
    return tuple(rows)


def _standing(
    results: Results,
    target: TargetInfo,
    row: tuple[str, str, bool],
    cells: Mapping[int, StudyCell],
    records: Mapping[int, Mapping[str, Any]],
) -> ArmScore:
    arm, metric, main = row
    why = "; ".join(dict.fromkeys(_state(c) for s, c in cells.items() if s not in records)) or "no score"
    languages = tuple(_language(x, metric, results.seeds, records, why) for x in target.languages)
    home = next((x for x in languages if x.language == target.train_language), None)
    zero_shot = _mean([x for x in languages if x is not home], results.seeds)
    known = home is not None and home.value is not None and zero_shot.value is not None
    return ArmScore(
        arm=arm,
        target=target.name,
        metric=metric,
        main=main,
        overall=_mean(languages, results.seeds),
        zero_shot=zero_shot,
        gap=home.value - zero_shot.value if known else None,  # type: ignore[union-attr, operator]
        languages=languages,
        states={seed: _state(cells[seed]) if seed in cells else "not in this study" for seed in results.seeds},
    )


def _language(
    language: str, metric: str, seeds: Sequence[int], records: Mapping[int, Mapping[str, Any]], why: str
) -> LanguageScore:
    lines = {}
    for seed, record in records.items():
        line = record["metrics"].get(metric, {}).get("languages", {}).get(language)
        if line and line["headline"] is not None:
            lines[seed] = line
    values = {seed: float(line["headline"]) for seed, line in lines.items()}
    first: Mapping[str, Any] = next(iter(lines.values()), {})
    said = [r["missing"][language] for r in records.values() if language in r.get("missing", {})]
    complete = len(values) == len(seeds)
    return LanguageScore(
        language=language,
        value=fmean(values.values()) if complete else None,
        by_seed=values,
        floor=first.get("floor"),
        n=first.get("n"),
        at_chance=tuple(seed for seed, line in lines.items() if line.get("at_chance")),
        reason="" if complete else next(iter(said), why),
    )


def _mean(languages: Sequence[LanguageScore], seeds: Sequence[int]) -> LanguageMean:
    """Over languages in each seed, then over seeds."""
    label = f"mean of {len(languages)} languages"
    if languages and all(x.value is not None for x in languages):
        by_seed = tuple(fmean(x.by_seed[seed] for x in languages) for seed in seeds)
        return LanguageMean(label=label, value=fmean(by_seed), by_seed=by_seed, low=min(by_seed), high=max(by_seed))
    there = [seed for seed in seeds if any(seed in x.by_seed for x in languages)]
    full = [x for x in languages if there and all(seed in x.by_seed for seed in there)]
    reasons = dict.fromkeys(x.reason for x in languages if x.reason)
    return LanguageMean(
        label=label,
        value=None,
        partial=fmean(x.by_seed[seed] for x in full for seed in there) if full else None,
        partial_label=_partial(len(full), len(languages), len(there), len(seeds)) if full else "",
        reason="; ".join(reasons) or "no languages",
    )


def _partial(languages: int, of: int, seeds: int, of_seeds: int) -> str:
    missing_seeds = f", {seeds} of {of_seeds} seeds" if seeds < of_seeds else ""
    return f"mean of {languages} of {of} languages{missing_seeds}"


def _state(cell: StudyCell) -> str:
    """The worst that happened on the cell's route, and to which training."""
    if cell.scores is None:
        return ": ".join(text for text in (cell.status, cell.reason) if text)
    names = [*cell.training_names, *(folder.name for folder in cell.trainings[len(cell.training_names) :])]
    states = {
        name: read_json(folder / "summary.json").get("state", "ok")
        for name, folder in zip(names, cell.trainings, strict=False)
        if (folder / "summary.json").is_file()
    }
    for state in ("diverged", "at chance"):
        if bad := [name for name, value in states.items() if value == state]:
            return f"{state} ({', '.join(bad)})"
    return "ok"
