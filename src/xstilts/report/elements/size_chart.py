"""Size charts: score against the size of the training data on a logarithmic axis, with fitted curves and bands."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from xstilts.report.elements import svg
from xstilts.report.elements.charts import PANEL_HEIGHT, PANEL_WIDTH, Points
from xstilts.report.elements.formatting import number, plural

LEAST_REACH = 8.0  # points that a chart spans, so that a flat curve looks flat


@dataclass(frozen=True, kw_only=True)
class FittedLine:
    """A curve of a panel.

    points: size, mean score. fitted: the same of the model; band: size, its low and its high end; both () where nothing
    was fitted. colour: as of a `Curve`.
    """

    label: str
    colour: int
    points: Points
    fitted: Points = ()
    band: Sequence[tuple[float, float, float]] = ()


def size_panel(heading: str, lines: Sequence[FittedLine], level: float | None = None) -> str:
    """Draw one small chart; `level` is a dashed line (the score without the phase). "" where there are no points."""
    points = [point for line in lines for point in line.points]
    if not points:
        return ""
    sizes = [x for x, _ in points] + [x for line in lines for x, _ in line.fitted]
    # A band that reaches far would leave the points no room.
    heights = (
        [y for _, y in points] + [y for line in lines for _, y in line.fitted] + ([] if level is None else [level])
    )
    reach = max(heights) - min(heights)
    spread = max(reach * 0.15, (LEAST_REACH - reach) / 2)
    across = svg.AxisScale(math.log(min(sizes)), math.log(max(sizes) * 1.02), 44, PANEL_WIDTH - 18)
    up = svg.AxisScale(max(min(heights) - spread, 0), min(max(heights) + spread, 100), PANEL_HEIGHT, 22)
    parts = [svg.text(svg.shorten(heading, 36), 0, 12, "strong")]
    for t in svg.ticks(up.low, up.high, 4):
        parts.append(svg.line(44, up(t), PANEL_WIDTH - 18, up(t), "grid"))
        parts.append(svg.text(svg.plain(t), 38, up(t) + 4, "tick", "end"))
    for t in size_ticks(sorted({x for x, _ in points})):
        parts.append(svg.text(svg.plain(t), across(math.log(t)), PANEL_HEIGHT + 15, "tick", "middle"))
    if level is not None:
        tip = svg.title(f"without the phase: {number(level)}")
        parts.append(svg.shape("line", "floor", tip, x1=44.0, y1=up(level), x2=PANEL_WIDTH - 18, y2=up(level)))
    parts += [part for line in lines for part in _line(line, across, up)]
    return svg.picture(PANEL_WIDTH, PANEL_HEIGHT + 20, f"{heading}, {plural(len(lines), 'curve')}", parts)


def size_ticks(sizes: Sequence[float], most: int = 5) -> list[float]:
    """Return at most so many of the sizes, the first and the last among them.

    >>> size_ticks([250, 500, 1000, 2000, 4000, 8000], 3)
    [250, 1000, 8000]
    """
    if len(sizes) <= most:
        return list(sizes)
    step = (len(sizes) - 1) / (most - 1)
    return [sizes[round(i * step)] for i in range(most)]


def _line(line: FittedLine, across: svg.AxisScale, up: svg.AxisScale) -> list[str]:
    css = f"series a{line.colour % 8}{' again' if line.colour >= 8 else ''}"
    parts = []

    def place(x: float, y: float) -> tuple[float, float]:
        return across(math.log(x)), up(min(max(y, up.low), up.high))

    if line.band:
        edge = [place(x, low) for x, low, _ in line.band] + [place(x, high) for x, _, high in reversed(line.band)]
        corners = " ".join(f"{x:.1f},{y:.1f}" for x, y in edge)
        parts.append(svg.shape("polygon", f"band a{line.colour % 8}", points=corners))
    if line.fitted:
        parts.append(svg.path([place(x, y) for x, y in line.fitted], css, line.label))
    for x, y in line.points:
        cx, cy = place(x, y)
        tip = svg.title(f"{line.label}, {x:,.0f} examples: {number(y)}")
        parts.append(svg.shape("circle", f"{css} point", tip, cx=cx, cy=cy, r=3.0))
    return parts
