"""Blocks of the scaling section: sentences, curves, the table of fits and that of exchange rates."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from xstilts.report.elements.blocks import (
    Block,
    Figure,
    Fold,
    Items,
    Prose,
    Section,
    Table,
    TableCell,
    TableColumn,
    TerminalText,
)
from xstilts.report.elements.formatting import number
from xstilts.report.elements.size_chart import FittedLine, size_panel
from xstilts.report.topics.scaling.curves import StudyScaling, TargetExchange, TargetScaling
from xstilts.scaling.bands import LEVEL, Band
from xstilts.scaling.curve_fit import LAW, SATURATED, CurveFit
from xstilts.scaling.records import sentence

BUDGETS = {
    "updates": "Every size was trained for as many updates, so a smaller set was seen more often.",
    "epochs": "Every size was seen as often, so a smaller set had fewer updates: more data is more training.",
    "matched": "Every size was seen as often, and the target phase has the updates that a smaller set leaves.",
    "": "What is equal along a curve, updates or epochs, the study did not say.",
}
AXES = {"intermediate": "examples of each intermediate task", "target": "examples of the target's training set"}
FINE_STEPS = 24  # of a drawn curve


def scaling_sections(scaling: StudyScaling) -> tuple[Section, ...]:
    blocks: list[Block] = [Items(items=tuple(sentence(curve.fit) for curve in scaling.curves))]
    budgets = dict.fromkeys(curve.arms.budget for curve in scaling.curves)
    blocks += [Prose(text=BUDGETS[budget]) for budget in budgets]
    for axis, title in AXES.items():
        curves = [curve for curve in scaling.curves if curve.arms.axis == axis]
        if curves:
            blocks += _figures(curves, title)
    blocks.append(_fits(scaling.curves))
    blocks += [_exchange_table(one) for one in scaling.exchange if one.rates]
    blocks += [Prose(text=one.reason) for one in scaling.exchange if not one.rates]
    return (Section(id="scaling", title="Size of the training data", blocks=tuple(blocks)),)


def _figures(curves: Sequence[TargetScaling], title: str) -> Iterator[Block]:
    """One panel a target, and behind it one a language."""
    names = list(dict.fromkeys(curve.arms.name for curve in curves))
    targets = list(dict.fromkeys(curve.target for curve in curves))
    level = f"Bands: {LEVEL:.0%}, over seeds and test examples. "
    panels, by_language = [], []
    for target in targets:
        of_target = [curve for curve in curves if curve.target == target]
        without = next((curve.level for curve in of_target if curve.level is not None), None)
        panels.append(
            size_panel(target, [_line(c.fit, c.arms.name, names.index(c.arms.name)) for c in of_target], without)
        )
        for language in [fit.curve.name for fit in of_target[0].by_language]:
            lines = [
                _line(fit, curve.arms.name, names.index(curve.arms.name))
                for curve in of_target
                for fit in curve.by_language
                if fit.curve.name == language
            ]
            by_language.append(size_panel(f"{target}, {language}", lines))
    dashed = "Dashed: without the phase. " if any(curve.level is not None for curve in curves) else ""
    caption = f"Score against {title}, on a logarithmic axis. {level}{dashed}".strip()
    yield Figure(svg=tuple(panels), caption=caption, legend=tuple(names))
    if by_language:
        small = Figure(svg=tuple(by_language), caption=f"The same by language. {level}".strip(), legend=tuple(names))
        yield Fold(title=f"By language, against {title}", blocks=(small,))


def _line(fit: CurveFit, label: str, colour: int) -> FittedLine:
    points = [(float(x), float(y)) for x, y in zip(fit.curve.sizes, fit.curve.means, strict=True)]
    if not fit.chosen:
        return FittedLine(label=label, colour=colour, points=points)
    low, high = points[0][0], points[-1][0]
    sizes = [low * (high / low) ** (i / FINE_STEPS) for i in range(FINE_STEPS + 1)]
    bands = fit.bands(sizes)
    return FittedLine(
        label=label,
        colour=colour,
        points=points,
        fitted=[(x, one.value) for x, one in zip(sizes, bands, strict=True)],
        band=[(x, one.low, one.high) for x, one in zip(sizes, bands, strict=True)],
    )


def _fits(curves: Sequence[TargetScaling]) -> Table:
    labels = ("Curve", "Languages", "Sizes", "Law", "Parameters", "Gain", "Saturates at")
    rows = [_row(curve, curve.fit, curve.measure) for curve in curves]
    rows += [_row(curve, fit, fit.curve.name) for curve in curves for fit in curve.by_language]
    missing = [
        f"{arm} is no point of the curve: {reason}." for curve in curves for arm, reason in curve.missing.items()
    ]
    return Table(
        caption=f"Fits, the best of four models by AICc, with its Akaike weight. In brackets: {LEVEL:.0%} bands over "
        f"seeds and test examples. Gain: points from the smallest to the largest size. Saturates at: the size from "
        f"which on twice the data gains less than {SATURATED:g} points.",
        columns=tuple(TableColumn(label=label, numeric=label in labels[5:]) for label in labels),
        rows=tuple(rows),
        notes=tuple(dict.fromkeys(missing)),
    )


def _row(curve: TargetScaling, fit: CurveFit, languages: str) -> tuple[TableCell, ...]:
    sizes = f"{fit.curve.sizes[0]:,.0f} to {fit.curve.sizes[-1]:,.0f}" if len(fit.curve.sizes) > 1 else "one"
    first = (
        TableCell(text=f"{curve.arms.name} on {curve.target}", small_print=(AXES[curve.arms.axis],)),
        TableCell(text=languages),
        TableCell(text=sizes, small_print=(f"{len(fit.curve.sizes)} sizes, {len(fit.curve.runs)} runs",)),
    )
    if fit.chosen is None:
        return (*first, TableCell(text=fit.verdict), *(TableCell(text="–", role="faint") for _ in range(3)))
    bands = fit.chosen.bands
    named = ", ".join(f"{name.replace('_', ' ')} {_band(band)}" for name, band in bands.items())
    weight = f"weight {fit.chosen.weight:.2f}"
    chosen = weight if fit.verdict == LAW else f"{fit.chosen.model.name}, {weight}"
    return (
        *first,
        TableCell(text=fit.verdict if fit.verdict != LAW else fit.chosen.model.name, small_print=(chosen,)),
        TableCell(text=named or "–"),
        TableCell(text=_band(fit.gain)),
        TableCell(text=_band(fit.saturation)),
    )


def _exchange_table(one: TargetExchange) -> Table:
    columns = ("Target examples", "Worth without the phase", "Target examples an intermediate one is worth")
    return Table(
        caption=f"Exchange rate on {one.target}: {one.curve} beside {one.without}. The intermediate phase has "
        f"{one.phase_examples:,} examples of each task; what it is worth are the target examples that reach the same "
        "score without it.",
        columns=tuple(TableColumn(label=label) for label in columns),
        rows=tuple(
            (TableCell(text=f"{rate.size:,}"), TableCell(text=_band(rate.equivalent)), TableCell(text=_band(rate.rate)))
            for rate in one.rates
        ),
    )


def _band(band: Band) -> str:
    return f"{_value(band.value)} ({_value(band.low)} to {_value(band.high)})"


def _value(value: float) -> str:
    """Four digits; what lies beyond what may be read is said so."""
    if math.isinf(value):
        return "beyond what is read"
    return f"{value:,.0f}" if abs(value) >= 1000 else number(value, 3 if abs(value) < 1 else 1)


def scaling_terminal(scaling: StudyScaling) -> tuple[TerminalText, ...]:
    return tuple(TerminalText(text=sentence(curve.fit)) for curve in scaling.curves)
