"""Training curves as small multiples: one panel for the loss and one for the dev score of each phase."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from xstilts.report.elements import svg

WIDE, HIGH, POINTS = 255.0, 120.0, 150
Points = Sequence[tuple[float, float]]


@dataclass(frozen=True, kw_only=True)
class Curve:
    """A line of a panel. `colour` is the number of its arm; lines of one arm share it. From the ninth on colours
    come again, dashed."""

    label: str
    colour: int
    points: Points


def panel(heading: str, curves: Sequence[Curve], floor: float | None = None) -> str:
    """One small chart against updates; `floor` is a dashed line (a dev score at chance)."""
    shown = [(curve, _finite(curve.points)) for curve in curves]
    points = [p for _, line in shown for p in line]
    if not points:
        return ""
    heights = [y for _, y in points] + ([] if floor is None else [floor])
    spread = (max(heights) - min(heights)) * 0.06 or 0.5
    across = svg.Scale(0, max(x for x, _ in points), 44, WIDE - 18)
    up = svg.Scale(min(heights) - spread, max(heights) + spread, HIGH, 24)
    parts = [svg.text(heading, 0, 12, "strong")]
    for t in svg.ticks(up.low, up.high, 4):
        parts.append(svg.line(44, up(t), WIDE - 18, up(t), "grid"))
        parts.append(svg.text(svg.plain(t), 38, up(t) + 4, "tick", "end"))
    for t in svg.ticks(0, across.high, 4):
        parts.append(svg.text(svg.plain(t), across(t), HIGH + 15, "tick", "middle"))
    if floor is not None:
        parts.append(
            svg.shape(
                "line", "floor", svg.title(f"chance: {floor:.1f}"), x1=44.0, y1=up(floor), x2=WIDE - 18, y2=up(floor)
            )
        )
    parts += [_line(curve, line, across, up) for curve, line in shown]
    return svg.picture(WIDE, HIGH + 20, f"{heading}, {len(curves)} runs", parts)


def _line(curve: Curve, points: Points, across: svg.Scale, up: svg.Scale) -> str:
    css = f"series a{curve.colour % 8}{' again' if curve.colour >= 8 else ''}"
    places = [(across(x), up(y)) for x, y in thin(points)]
    if len(places) == 1:
        return svg.shape("circle", f"{css} point", svg.title(curve.label), cx=places[0][0], cy=places[0][1], r=3.0)
    return svg.path(places, css, curve.label)


def thin(points: Points, most: int = POINTS) -> list[tuple[float, float]]:
    """At most `most` points: means of equal stretches, the last point kept as it is.

    >>> thin([(1, 4.0), (2, 2.0), (3, 1.0)], most=2)
    [(1.5, 3.0), (3, 1.0)]
    """
    if len(points) <= most:
        return list(points)
    body, last = points[:-1], points[-1]
    stretch = math.ceil(len(body) / (most - 1))
    cut = [body[i : i + stretch] for i in range(0, len(body), stretch)]
    return [(sum(x for x, _ in c) / len(c), sum(y for _, y in c) / len(c)) for c in cut] + [last]


def _finite(points: Points) -> list[tuple[float, float]]:
    return [(x, y) for x, y in points if math.isfinite(x) and math.isfinite(y)]
