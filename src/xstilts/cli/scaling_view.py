"""View of fitted scaling curves: a sentence a curve, the table of fits, readings and exchange rates."""

from __future__ import annotations

import math
from collections.abc import Iterable

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from xstilts.app.scaling import ScalingAnswer
from xstilts.report.elements.formatting import number
from xstilts.scaling.bands import LEVEL, Band
from xstilts.scaling.curve_fit import CurveFit
from xstilts.scaling.records import sentence


def scaling_page(answer: ScalingAnswer) -> RenderableType:
    parts: list[RenderableType] = [Text(sentence(fit)) for fit in answer.fits]
    if answer.are_shares:
        parts.insert(0, Text("Scores are read as shares of one, and shown in percent.", style="dim"))
    if fitted := [fit for fit in answer.fits if fit.chosen]:
        parts += [_fits(fitted), Text(f"In brackets: {LEVEL:.0%} bands. Weights are Akaike's, by AICc.", style="dim")]
    if answer.readings:
        parts.append(_readings(answer))
    if answer.exchange:
        parts.append(_exchange(answer))
    return Group(*parts)


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for i, column in enumerate(columns):
        table.add_column(column, justify="left" if i < 2 else "right", overflow="fold")
    return table


def _fits(fits: Iterable[CurveFit]) -> Table:
    table = _table("curve", "model", "weight", "AICc", "parameters")
    for fit in fits:
        for i, one in enumerate(fit.fits):
            bands = one.bands
            named = [
                f"{name} {_band(bands[name]) if bands else _value(value)}" for name, value in one.parameters.items()
            ]
            name = Text("" if i else fit.curve.name)
            table.add_row(name, one.model.name, f"{one.weight:.2f}", number(one.criterion), ", ".join(named))
    return table


def _readings(answer: ScalingAnswer) -> Table:
    table = _table("curve", "size", "score")
    for curve, bands in answer.readings.items():
        for size, band in bands.items():
            table.add_row(Text(curve), f"{size:,}", number(band.value) + _ends(band.low, band.high))
    return table


def _exchange(answer: ScalingAnswer) -> Table:
    table = _table("target examples", "worth without the phase", "target examples an intermediate one")
    for one in answer.exchange:
        table.add_row(f"{one.size:,}", _band(one.equivalent), _band(one.rate))
    return table


def _band(band: Band) -> str:
    return _value(band.value) + _ends(band.low, band.high)


def _ends(low: float, high: float) -> str:
    return f" ({_value(low)} to {_value(high)})"


def _value(value: float) -> str:
    """Four digits; what lies beyond what may be read is said so."""
    if math.isinf(value):
        return "beyond what is read"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}".replace("-", "−")
