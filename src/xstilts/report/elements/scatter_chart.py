"""Scatter charts: one point a language, gains against a distance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from xstilts.report.elements import svg
from xstilts.report.elements.charts import PANEL_HEIGHT, PANEL_WIDTH
from xstilts.report.elements.formatting import plural

LEAST_REACH = 2.0  # points that a chart spans up and down, so that noise looks like noise


@dataclass(frozen=True, kw_only=True)
class ScatterPoint:
    label: str  # "de": written beside the point
    tip: str
    x: float
    y: float  # points above zero


def scatter(heading: str, points: Sequence[ScatterPoint], colour: int = 0) -> str:
    """Draw one small chart with a line at zero; "" where there are no points."""
    if not points:
        return ""
    low, high = min(0.0, *(p.y for p in points)), max(0.0, *(p.y for p in points))
    spread = max((high - low) * 0.1, (LEAST_REACH - (high - low)) / 2)
    margin = (max(p.x for p in points) - min(p.x for p in points)) * 0.06 or 0.05
    across = svg.AxisScale(min(p.x for p in points) - margin, max(p.x for p in points) + margin, 44, PANEL_WIDTH - 18)
    up = svg.AxisScale(low - spread, high + spread, PANEL_HEIGHT, 24)
    parts = [svg.text(svg.shorten(heading, 40), 0, 12, "strong")]
    for t in svg.ticks(up.low, up.high, 4):
        parts.append(svg.line(44, up(t), PANEL_WIDTH - 18, up(t), "zero" if t == 0 else "grid"))
        parts.append(svg.text(svg.plain(t), 38, up(t) + 4, "tick", "end"))
    for t in svg.ticks(across.low, across.high, 4):
        parts.append(svg.text(svg.plain(t), across(t), PANEL_HEIGHT + 15, "tick", "middle"))
    for p in points:
        x, y = across(p.x), up(p.y)
        parts.append(svg.shape("circle", f"series a{colour % 8} point", svg.title(p.tip), cx=x, cy=y, r=3.0))
        parts.append(svg.text(p.label, x + 5, y + 3, "tick"))
    name = f"{heading}: {plural(len(points), 'language')}; the numbers stand in the table below"
    return svg.picture(PANEL_WIDTH, PANEL_HEIGHT + 20, name, parts)
