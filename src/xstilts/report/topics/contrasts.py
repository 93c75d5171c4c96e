"""Contrasts: the differences between arms, as a forest plot and as a table."""

from __future__ import annotations

from collections.abc import Sequence

from xstilts.report.elements.blocks import Block, Figure, Fold, Prose, Section, Table, TableCell, TableColumn
from xstilts.report.elements.charts import Effect, forests
from xstilts.report.elements.formatting import MISSING, interval, plural, probability, signed
from xstilts.report.elements.marks import STAR
from xstilts.report.scores.contrast_scopes import Contrast
from xstilts.report.scores.contrasts import headline_contrasts
from xstilts.report.scores.scoreboard import Scoreboard
from xstilts.report.topics.gain_by_target import GAIN_BY_TARGET, gain_table
from xstilts.report.topics.topic import Topic

FEW_CONTRASTS = 4  # contrasts whose targets are all shown at once


def sections(board: Scoreboard) -> tuple[Section, ...]:
    """Return the differences; with them what their averages are made of."""
    contrasts, gains = board.comparison.contrasts, board.once(GAIN_BY_TARGET.compute)
    languages = board.comparison.language_contrasts
    blocks = (
        *forest_plots(contrasts),
        *([gain_table(gains)] if gains else []),
        Fold(title="The same differences as a table", blocks=(contrast_table(contrasts),)),
        *([Fold(title="The languages of what was found", blocks=(language_table(languages),))] if languages else []),
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
    scope = "Differences in points, over the zero-shot languages (over all where there are no others)"
    caption = (
        f"{scope}, with simultaneous 95 % intervals. Filled and starred: significant, and then alone does the interval "
        "leave out zero. Means over targets are tested first, then the targets of those found."
    )
    if any(c.seeds == 1 for c in drawn):
        caption = (
            f"{scope}. One seed: nothing is tested, and the 95 % intervals are over test items, for this training."
        )
    if all(c.value is None for c in drawn):
        return (Prose(text="No difference can be computed; the table says what is missing."),)
    full = forests(groups, "Differences with intervals; the same numbers in the table below")
    means = [_effect(c, c.title) for c in drawn if c.target is None]
    if len(groups) <= FEW_CONTRASTS or not any(effect.value is not None for effect in means):
        return (Figure(svg=full, caption=caption),)
    heading = f"mean of {plural(len(drawn[-1].targets), 'target')}"
    short = forests([(heading, means)], "Differences averaged over targets, with intervals")
    fold = Fold(title="Differences on every target", blocks=(Figure(svg=full, caption=caption),))
    return (Figure(svg=short, caption=caption), fold)


LABELS = (
    "Contrast",
    "Target",
    "What is averaged",
    "Difference",
    "95 % interval",
    "p alone",
    "p adjusted",
    "Seeds",
    "Verdict",
    "Remark",
)


def contrast_table(contrasts: Sequence[Contrast]) -> Table:
    """Lay out every contrast of the study, over all and over the zero-shot languages."""
    return _table(
        contrasts,
        "All contrasts, in points. What is tested: means over targets, over the zero-shot languages (over all where "
        "there are no others), all together; then the targets of those found. The rate of false findings over all "
        "of them is at most 5 %, and an interval leaves out zero where its difference is significant, and only there. "
        "Lines that are not tested have an interval of their own.",
    )


def language_table(contrasts: Sequence[Contrast]) -> Table:
    """Lay out the languages of the targets on which a difference was found."""
    return _table(contrasts, "Each language of the targets on which a difference was found, in points.")


def _table(contrasts: Sequence[Contrast], caption: str) -> Table:
    columns = tuple(TableColumn(label=label, numeric=label in LABELS[3:8]) for label in LABELS)
    return Table(caption=caption, columns=columns, rows=tuple(_row(c) for c in contrasts))


def _effect(c: Contrast, label: str = "") -> Effect:
    label = label or c.target or f"mean of {plural(len(c.targets), 'target')}"
    note = _remark(c) if c.value is not None else f"missing: {c.reason}"
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
        star = STAR if c.significant else ""
        difference = TableCell(text=signed(c.value) + star, role="best" if c.significant else "")
    return (
        TableCell(text=c.title),
        TableCell(text=c.target or "all"),
        TableCell(text=c.label),
        difference,
        TableCell(text=interval(c.low, c.high) or "–"),
        TableCell(text=probability(c.p) or "–"),
        TableCell(text=probability(c.p_adjusted) or "–"),
        TableCell(text=str(c.seeds)),
        TableCell(text=c.verdict if c.value is not None else "–"),
        TableCell(text=c.reason if c.value is None else _remark(c)),
    )


def _remark(c: Contrast) -> str:
    """Return what a reader must know of a number; with the number of all runs where some are set apart."""
    apart = c.value is not None and c.value_of_all_runs is not None and abs(c.value - c.value_of_all_runs) > 1e-9
    return "; ".join(text for text in (c.note, f"all runs: {signed(c.value_of_all_runs)}" if apart else "") if text)


CONTRASTS = Topic(
    name="contrasts",
    compute=lambda board: board if board.comparison.contrasts else None,
    sections=sections,
    record=lambda board: {
        "contrasts": [contrast.to_dict() for contrast in board.comparison.contrasts],
        "language_contrasts": [contrast.to_dict() for contrast in board.comparison.language_contrasts],
    },
    empty_record={"contrasts": [], "language_contrasts": []},
    command_json={"contrasts": "contrasts"},
)
