"""Sweeps: what a target scores with each value of its swept settings, as a table and, over numbers, as curves.

Which value is the target's score was settled before anything was scored; nothing here is tested or picks another.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import fmean
from typing import Any

from xstilts.report.elements.blocks import Block, Figure, Section, Table, TableCell, TableColumn, TerminalTable
from xstilts.report.elements.charts import Curve, panel
from xstilts.report.elements.formatting import MISSING, name_list, number
from xstilts.report.scores.inputs import SweepScores, TargetInfo
from xstilts.report.scores.score_files import read_scores
from xstilts.report.scores.scoreboard import Scoreboard, mean_over_seeds
from xstilts.report.topics.scores import averaged_languages
from xstilts.report.topics.topic import Topic

NOTE = (
    "The reported value was settled before anything was scored. The highest line is no better choice: it would be "
    "chosen on test data. Differences between lines are not tested."
)


@dataclass(frozen=True, kw_only=True)
class SweepMean:
    """One arm with one value: the mean over languages, then seeds. `value` None: missing, and `reason` says why."""

    value: float | None
    by_seed: Mapping[int, float]
    by_language: Mapping[str, float]  # means over the same seeds
    lacking: tuple[str, ...] = ()  # languages of the target's mean that are not averaged
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class SweepLine:
    """One value of each swept setting, and what every arm scores with it."""

    values: Mapping[str, Any]
    is_reported: bool
    arms: Mapping[str, SweepMean]

    @property
    def label(self) -> str:
        return ", ".join("null" if value is None else str(value) for value in self.values.values())


@dataclass(frozen=True, kw_only=True)
class TargetSweep:
    """A swept target: one line for each value, in order."""

    target: str
    settings: tuple[str, ...]
    measure: str  # "accuracy, mean of 7 languages"
    seeds: int
    lines: tuple[SweepLine, ...]

    @property
    def is_curve(self) -> bool:
        """Says whether one setting is swept, over numbers."""
        values = [value for line in self.lines for value in line.values.values()]
        return len(self.settings) == 1 and all(type(value) in (int, float) for value in values)


def compute(board: Scoreboard) -> tuple[TargetSweep, ...] | None:
    """Return None for a study without sweeps. Raises StoreError when a score artefact cannot be read."""
    scores = board.results.sweeps
    if not scores:
        return None
    return tuple(
        _target_sweep(board, target, [one for one in scores if one.target == target.name])
        for target in board.results.targets
        if any(one.target == target.name for one in scores)
    )


def _target_sweep(board: Scoreboard, target: TargetInfo, scores: Sequence[SweepScores]) -> TargetSweep:
    languages = board.headline(target)
    by_values: dict[tuple[tuple[str, Any], ...], list[SweepScores]] = {}
    for one in scores:
        by_values.setdefault(tuple(one.values.items()), []).append(one)
    averaged = averaged_languages(board, target, languages) if languages else ""
    return TargetSweep(
        target=target.name,
        settings=tuple(scores[0].values),
        measure=", ".join(text for text in (target.headline or target.main, averaged) if text),
        seeds=len(board.results.seeds),
        lines=tuple(
            SweepLine(
                values=dict(values),
                is_reported=of_values[0].is_reported,
                arms={
                    arm: _mean([one for one in of_values if one.arm == arm], target, languages)
                    for arm in board.results.arms
                },
            )
            for values, of_values in by_values.items()
        ),
    )


def _mean(scores: Sequence[SweepScores], target: TargetInfo, languages: Sequence[str]) -> SweepMean:
    seeds = {one.seed: found for one in scores if (found := _by_language(one, target, languages))}
    mean = mean_over_seeds(seeds, languages)
    if mean is None:
        reasons = dict.fromkeys(f"{one.status}: {one.reason}".removesuffix(": ") for one in scores if not one.scores)
        return SweepMean(value=None, by_seed={}, by_language={}, reason="; ".join(reasons) or "no score")
    return SweepMean(
        value=mean.value,
        by_seed=mean.by_seed or {},
        by_language={language: fmean(found[language] for found in seeds.values()) for language in mean.languages},
        lacking=mean.lacking,
    )


def _by_language(one: SweepScores, target: TargetInfo, languages: Sequence[str]) -> dict[str, float]:
    if one.scores is None:
        return {}
    record = read_scores(one.scores)
    numbers = record.languages(target.main or record.main)
    values = {language: numbers[language].headline for language in languages if language in numbers}
    return {language: value for language, value in values.items() if value is not None}


def table(sweep: TargetSweep) -> Table:
    """Lay out values by arms; the reported value is marked."""
    swept = " and ".join(sweep.settings)
    arms = list(sweep.lines[0].arms)
    return Table(
        caption=f"{sweep.target} by {swept}: {sweep.measure}, in percent.",
        columns=(TableColumn(label=swept, numeric=False), *(TableColumn(label=arm) for arm in arms)),
        rows=tuple(
            (
                TableCell(text=line.label, marks=("reported",) if line.is_reported else ()),
                *(_cell(line.arms[arm], sweep.seeds) for arm in arms),
            )
            for line in sweep.lines
        ),
        notes=(NOTE,),
    )


def _cell(mean: SweepMean, seeds: int) -> TableCell:
    if mean.value is None:
        return TableCell(text=MISSING, tip=mean.reason, role="missing")
    marks = (f"{len(mean.by_seed)} of {seeds} seeds",) if len(mean.by_seed) < seeds else ()
    without = (f"without {name_list(mean.lacking, 4)}",) if mean.lacking else ()
    tip = ", ".join(f"seed {seed}: {number(value)}" for seed, value in mean.by_seed.items())
    return TableCell(text=number(mean.value), marks=(*marks, *without), tip=tip)


def figure(sweep: TargetSweep) -> Figure | None:
    """Draw a curve for each arm over the values; None where they are no numbers, or nothing was scored."""
    if not sweep.is_curve:
        return None
    (setting,) = sweep.settings
    curves = []
    for colour, arm in enumerate(sweep.lines[0].arms):
        means = [(line.values[setting], line.arms[arm].value) for line in sweep.lines]
        points = [(float(x), y) for x, y in means if y is not None]
        curves.append(Curve(label=arm, colour=colour, points=points))
    drawn = panel(f"{sweep.target} by {setting}", curves)
    reported = next(line.label for line in sweep.lines if line.is_reported)
    caption = f"{sweep.target}: {sweep.measure}, against {setting}; its score is that of {setting} {reported}."
    return Figure(svg=(drawn,), caption=caption, legend=tuple(sweep.lines[0].arms)) if drawn else None


def sections(sweeps: Sequence[TargetSweep]) -> tuple[Section, ...]:
    blocks: list[Block] = []
    for sweep in sweeps:
        drawn = figure(sweep)
        blocks += [drawn, table(sweep)] if drawn else [table(sweep)]
    return (Section(id="sweeps", title="Sweeps", blocks=tuple(blocks)),)


def terminal(sweeps: Sequence[TargetSweep]) -> tuple[TerminalTable, ...]:
    return tuple(
        TerminalTable(
            table=table(sweep), caption=f"{sweep.target} by {' and '.join(sweep.settings)}: {sweep.measure}; not tested"
        )
        for sweep in sweeps
    )


SWEEPS = Topic(
    name="sweeps",
    compute=compute,
    sections=sections,
    record=lambda sweeps: {"sweeps": [asdict(sweep) for sweep in sweeps]},
    empty_record={"sweeps": []},
    terminal=terminal,
    command_json={"sweeps": "sweeps"},
)
