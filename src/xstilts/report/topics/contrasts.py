"""Contrasts in words, as a table, and as a forest plot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from xstilts.report.elements.blocks import Block, Figure, Fold, Prose, Table, TableCell, TableColumn
from xstilts.report.elements.charts import Effect, forest
from xstilts.report.elements.formatting import MISSING, interval, plural, probability, signed
from xstilts.report.scores.contrasts import Contrast
from xstilts.report.scores.inputs import ContrastSpec
from xstilts.report.scores.scoreboard import Scoreboard

FEW = 4  # contrasts whose targets are all shown at once


def over(contrast: Contrast | ContrastSpec) -> str:
    """ "nli over none" where one arm is set against another, else the contrast's own name."""
    sides = {weight: arm for arm, weight in contrast.weights.items()}
    return f"{sides[1.0]} over {sides[-1.0]}" if sorted(contrast.weights.values()) == [-1.0, 1.0] else contrast.name


def size(contrast: Contrast) -> str:
    """ "+3.1 (0.4 to 5.8)"."""
    return signed(contrast.value) + interval(contrast.low, contrast.high, before=" ")


def headlines(contrasts: Sequence[Contrast]) -> tuple[Contrast, ...]:
    """One contrast for each name and scope: over the zero-shot languages, or over all where those are the same."""
    zero_shot = {(c.name, c.target) for c in contrasts if c.zero_shot}
    return tuple(c for c in contrasts if c.zero_shot or (c.name, c.target) not in zero_shot)


def beside(board: Scoreboard, contrasts: Sequence[Contrast]) -> dict[tuple[str, str], str]:
    """What stands below a score: its difference from the baseline over the same languages."""
    base = board.results.baseline
    found = {}
    for c in headlines(contrasts):
        arms = [arm for arm in c.weights if arm != base]
        if c.target is not None and c.value is not None and c.weights == {arms[0]: 1.0, base: -1.0}:
            found[arms[0], c.target] = size(c) + (" *" if c.significant else "")
    return found


def forest_plots(contrasts: Sequence[Contrast]) -> tuple[Block, ...]:
    """Every contrast: its targets, then the mean over them. Where there are many, the means come first, alone."""
    shown = headlines(contrasts)
    groups = []
    for name in dict.fromkeys(c.name for c in shown):
        mine = [c for c in shown if c.name == name]
        groups.append((over(mine[0]), [_effect(c, "") for c in mine if len(mine) > 2 or c.target is not None]))
    caption = (
        "Differences in points with 95 % intervals, over the zero-shot languages (over all where there are no others). "
        "Filled and starred: significant after Holm's correction over every contrast of the study."
    )
    if any(c.seeds == 1 for c in shown):
        caption += " One seed: the intervals are over documents and hold for this seed only."
    if all(c.value is None for c in shown):
        return (Prose(text="No difference can be computed; the table says what is missing."),)
    full = forest(groups, "Differences with intervals; the same numbers in the table below")
    means = [_effect(c, over(c)) for c in shown if c.target is None]
    if len(groups) <= FEW or not any(effect.value is not None for effect in means):
        return (Figure(svg=(full,), caption=caption),)
    heading = f"mean of {plural(len(shown[-1].targets), 'target')}"
    short = forest([(heading, means)], "Differences averaged over targets, with intervals")
    fold = Fold(title="Differences on every target", blocks=(Figure(svg=(full,), caption=caption),))
    return (Figure(svg=(short,), caption=caption), fold)


def contrast_table(contrasts: Sequence[Contrast]) -> Table:
    """Every contrast of the study, over all and over the zero-shot languages."""
    labels = (
        "Contrast",
        "Target",
        "What is averaged",
        "Difference",
        "95 % interval",
        "p",
        "p (Holm)",
        "Seeds",
        "Remark",
    )
    columns = tuple(TableColumn(label=label, numeric=label in labels[3:8]) for label in labels)
    return Table(
        caption="All contrasts, in points. Intervals and p values come from resampled documents and paired seeds; "
        "Holm's correction is over all lines of this table.",
        columns=columns,
        rows=tuple(_row(c) for c in contrasts),
    )


def _effect(c: Contrast, label: str) -> Effect:
    label = label or c.target or f"mean of {plural(len(c.targets), 'target')}"
    note = c.note if c.value is not None else f"missing: {c.reason}"
    return Effect(
        label=label,
        value=c.value,
        low=c.low,
        high=c.high,
        significant=c.significant,
        overall=c.target is None,
        note=note,
    )


def _row(c: Contrast) -> tuple[TableCell, ...]:
    known = c.value is not None
    texts: Mapping[str, str] = {
        "difference": (signed(c.value) + (" *" if c.significant else "")) if known else MISSING,
        "interval": interval(c.low, c.high) or "–",
        "p": probability(c.p) or "–",
        "holm": probability(c.p_holm) or "–",
    }
    role = "" if known else "missing"
    return (
        TableCell(text=over(c)),
        TableCell(text=c.target or "all"),
        TableCell(text=c.label),
        TableCell(text=texts["difference"], role="best" if c.significant else role),
        TableCell(text=texts["interval"]),
        TableCell(text=texts["p"]),
        TableCell(text=texts["holm"]),
        TableCell(text=str(c.seeds)),
        TableCell(text=c.note if known else c.reason),
    )
