"""Contrasts: the differences between arms, as a forest plot and as a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from xstilts.report.elements.blocks import Block, Figure, Fold, Prose, Section, Table, TableCell, TableColumn
from xstilts.report.elements.charts import Effect, forest
from xstilts.report.elements.formatting import MISSING, interval, plural, probability, signed
from xstilts.report.scores.contrasts import Contrast, headline_contrasts
from xstilts.report.scores.scoreboard import Scoreboard
from xstilts.report.topics.gain_by_target import GAIN_BY_TARGET, gain_table
from xstilts.report.topics.topic import Topic

FEW_CONTRASTS = 4  # contrasts whose targets are all shown at once


def sections(board: Scoreboard) -> tuple[Section, ...]:
    """Return the differences; with them what their averages are made of."""
    contrasts, gains = board.comparison.contrasts, board.once(GAIN_BY_TARGET.compute)
    blocks = (
        *forest_plots(contrasts),
        *([gain_table(gains)] if gains else []),
        Fold(title="The same differences as a table", blocks=(contrast_table(contrasts),)),
    )
    return (Section(id="differences", title="Differences", blocks=blocks),)


def size(contrast: Contrast) -> str:
    """ "+3.1 (0.4 to 5.8)"."""
    return signed(contrast.value) + interval(contrast.low, contrast.high, before=" ")


def forest_plots(contrasts: Sequence[Contrast]) -> tuple[Block, ...]:
    """Draw every contrast: its targets, then the mean over them. Where there are many, the means come first, alone."""
    drawn = headline_contrasts(contrasts)
    groups = []
    for name in dict.fromkeys(c.name for c in drawn):
        lines = [c for c in drawn if c.name == name]
        groups.append((lines[0].title, [_effect(c) for c in lines if len(lines) > 2 or c.target is not None]))
    caption = (
        "Differences in points with 95 % intervals, over the zero-shot languages (over all where there are no others). "
        "Filled and starred: significant after Holm's correction over every contrast of the study."
    )
    if any(c.seeds == 1 for c in drawn):
        caption += " One seed: the intervals are over documents and hold for this seed only."
    if all(c.value is None for c in drawn):
        return (Prose(text="No difference can be computed; the table says what is missing."),)
    full = forest(groups, "Differences with intervals; the same numbers in the table below")
    means = [_effect(c, c.title) for c in drawn if c.target is None]
    if len(groups) <= FEW_CONTRASTS or not any(effect.value is not None for effect in means):
        return (Figure(svg=(full,), caption=caption),)
    heading = f"mean of {plural(len(drawn[-1].targets), 'target')}"
    short = forest([(heading, means)], "Differences averaged over targets, with intervals")
    fold = Fold(title="Differences on every target", blocks=(Figure(svg=(full,), caption=caption),))
    return (Figure(svg=(short,), caption=caption), fold)


def contrast_table(contrasts: Sequence[Contrast]) -> Table:
    """Lay out every contrast of the study, over all and over the zero-shot languages."""
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


def _effect(c: Contrast, label: str = "") -> Effect:
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
    if c.value is None:
        difference = TableCell(text=MISSING, role="missing")
    else:
        star = " *" if c.significant else ""
        difference = TableCell(text=signed(c.value) + star, role="best" if c.significant else "")
    return (
        TableCell(text=c.title),
        TableCell(text=c.target or "all"),
        TableCell(text=c.label),
        difference,
        TableCell(text=interval(c.low, c.high) or "–"),
        TableCell(text=probability(c.p) or "–"),
        TableCell(text=probability(c.p_holm) or "–"),
        TableCell(text=str(c.seeds)),
        TableCell(text=c.reason if c.value is None else c.note),
    )


CONTRASTS = Topic(
    name="contrasts",
    compute=lambda board: board if board.comparison.contrasts else None,
    sections=sections,
    record=lambda board: {"contrasts": [asdict(contrast) for contrast in board.comparison.contrasts]},
    empty_record={"contrasts": []},
    command_json={"contrasts": "contrasts"},
)
