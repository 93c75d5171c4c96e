"""Charts: forest plot, heat map, training curves. Pure functions from numbers to SVG text."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from xstilts.report.elements import svg
from xstilts.report.elements.formatting import interval, number, plural, signed
from xstilts.report.elements.marks import STAR

NARROW = 326.0  # fits a screen of 360 px
_SLANT = math.radians(55)  # of column labels that do not fit beside each other
_LONGEST_COLUMN, _LONGEST_ROW = 24, 24  # characters of a label of a heat map
PANEL_WIDTH, PANEL_HEIGHT, PANEL_POINTS = 255.0, 120.0, 150
Points = Sequence[tuple[float, float]]


@dataclass(frozen=True, kw_only=True)
class Effect:
    """One line of a forest plot. `low` and `high` bound the interval; None where there is none."""

    label: str
    value: float | None
    low: float | None = None
    high: float | None = None
    significant: bool = False
    overall: bool = False
    note: str = ""  # why there is no value, or a remark


@dataclass(frozen=True, kw_only=True)
class Tile:
    """One field of a heat map. `shade` in [-1, 1] is its position on the colour scale; None: no number,
    or no colour."""

    text: str
    tip: str
    shade: float | None = None
    missing: bool = False


def forest(groups: Sequence[tuple[str, Sequence[Effect]]], name: str) -> str:
    """Differences with intervals, one group of lines a contrast, around a line at zero (points)."""
    effects = [effect for _, lines in groups for effect in lines]
    low, high = reach(effects)
    labels = max([len(e.label) for e in effects] + [8])
    left = min(labels, 30) * svg.CHARACTER + 22
    scale = svg.AxisScale(low, high, left, left + 320)
    rows: list[str] = []
    y = 14.0
    for title, lines in groups:
        rows.append(svg.text(svg.shorten(title, 60), 0, y + 4, "strong"))
        rows += [_effect(effect, scale, y + 22 * (i + 1)) for i, effect in enumerate(lines)]
        y += 22 * (len(lines) + 1) + 8
    axis = []
    for t in svg.ticks(low, high):
        axis.append(svg.line(scale(t), 22, scale(t), y - 6, "zero" if t == 0 else "grid"))
        axis.append(svg.text(signed(t, 0 if t == int(t) else 1), scale(t), y + 10, "tick", "middle"))
    axis.append(svg.text("points", scale.stop + 12, y + 10, "tick"))
    return svg.picture(scale.stop + 170, y + 18, name, [*axis, *rows], "wide")


def forests(groups: Sequence[tuple[str, Sequence[Effect]]], name: str) -> tuple[str, str]:
    """Return the drawing for a wide screen and that for a narrow one, of which the page shows one."""
    return forest(groups, name), narrow_forest(groups, name)


def narrow_forest(groups: Sequence[tuple[str, Sequence[Effect]]], name: str) -> str:
    """The same as `forest` for a narrow screen: the number stands beside the label, the interval below both."""
    low, high = reach([effect for _, lines in groups for effect in lines])
    scale = svg.AxisScale(low, high, 8.0, NARROW - 8.0)
    marks = svg.ticks(low, high, 4)
    rows: list[str] = []
    y = 14.0
    for title, lines in groups:
        rows.append(svg.text(svg.shorten(title, int(NARROW / svg.STRONG_CHARACTER)), 0, y + 4, "strong"))
        for effect in lines:  # lines of the axis stand below the text, not behind it
            rows += [svg.line(scale(t), y + 31, scale(t), y + 47, "zero" if t == 0 else "grid") for t in marks]
            rows.append(_narrow_effect(effect, scale, y + 26))
            y += 40
        y += 30
    axis = [svg.text(signed(t, 0 if t == int(t) else 1), scale(t), y - 8, "tick", "middle") for t in marks]
    return svg.picture(NARROW, y, f"{name}, in points", [*axis, *rows], "narrow")


def _narrow_effect(effect: Effect, scale: svg.AxisScale, y: float) -> str:
    text = _effect_text(effect)
    room = int((NARROW - len(text) * svg.CHARACTER) / svg.CHARACTER)
    parts = [
        svg.text(svg.shorten(effect.label, max(room, 8)), 0, y, "strong" if effect.overall else ""),
        svg.text(text, NARROW, y, "number strong" if effect.overall else "number", "end"),
    ]
    if effect.value is None:
        return svg.group(parts, "", f"{effect.label}: {effect.note}")
    return svg.group([*parts, *_marks(effect, scale, y + 13)], _effect_css(effect), _effect_tip(effect))


def reach(effects: Sequence[Effect]) -> tuple[float, float]:
    """Return the ends of the axis: all values, zero, and intervals as far as they help.

    One collapsed run can make an interval of hundreds of points; it is cut (and drawn with an arrow) at twice the
    largest value, at least 10 points, at most 100."""
    values = [e.value for e in effects if e.value is not None]
    limit = min(max([10.0, *(2 * abs(v) for v in values)]), 100.0)
    ends = [min(max(end, -limit), limit) for e in effects for end in (e.low, e.high) if end is not None]
    low, high = min([0.0, *values, *ends]), max([0.0, *values, *ends])
    margin = (high - low) * 0.05 or 1.0
    return low - margin, high + margin


def _effect(effect: Effect, scale: svg.AxisScale, y: float) -> str:
    parts = [svg.text(svg.shorten(effect.label, 30), 10, y + 4, "strong" if effect.overall else "")]
    if effect.value is None:
        return svg.group(
            [*parts, svg.text("missing", scale.stop + 12, y + 4, "faint")], "", f"{effect.label}: {effect.note}"
        )
    parts += _marks(effect, scale, y)
    css = "number strong" if effect.overall else "number"
    parts.append(svg.text(_effect_text(effect), scale.stop + 12, y + 4, css))
    return svg.group(parts, _effect_css(effect), _effect_tip(effect))


def _effect_text(effect: Effect) -> str:
    if effect.value is None:
        return "missing"
    return signed(effect.value) + interval(effect.low, effect.high, before=" ") + (STAR if effect.significant else "")


def _effect_tip(effect: Effect) -> str:
    return f"{effect.label}: {_effect_text(effect)}{'; ' + effect.note if effect.note else ''}"


def _effect_css(effect: Effect) -> str:
    return f"effect {'sure' if effect.significant else 'unsure'} {'up' if (effect.value or 0.0) >= 0 else 'down'}"


def _marks(effect: Effect, scale: svg.AxisScale, y: float) -> list[str]:
    """Draw the interval and the value: a dot, or a diamond where it is over all."""
    assert effect.value is not None
    x, r = scale(effect.value), 6.5 if effect.overall else 4.5
    diamond = [(x - r, y), (x, y - r), (x + r, y), (x, y + r)]
    dot = _polygon(diamond, "dot") if effect.overall else svg.shape("circle", "dot", cx=x, cy=y, r=r)
    return [*_whisker(effect, scale, y), dot]


def _whisker(effect: Effect, scale: svg.AxisScale, y: float) -> list[str]:
    """Draw the interval; an end beyond the axis is an arrow."""
    if effect.low is None or effect.high is None:
        return []
    ends = [min(max(end, scale.low), scale.high) for end in (effect.low, effect.high)]
    parts = [svg.line(scale(ends[0]), y, scale(ends[1]), y, "whisker")]
    for end, drawn_end, turn in zip((effect.low, effect.high), ends, (1, -1), strict=True):
        x = scale(drawn_end)
        if end == drawn_end:
            parts.append(svg.line(x, y - 4, x, y + 4, "whisker"))
        else:
            parts.append(_polygon([(x, y), (x + turn * 7, y - 4), (x + turn * 7, y + 4)], "arrow"))
    return parts


def _polygon(corners: Sequence[tuple[float, float]], css: str) -> str:
    return svg.shape("polygon", css, points=" ".join(f"{x:.1f},{y:.1f}" for x, y in corners))


def heat(columns: Sequence[str], rows: Sequence[tuple[str, Sequence[Tile]]], heading: str, name: str) -> str:
    """Draw arms (rows) by languages (columns). Numbers are printed inside while they fit; above 26 columns they are
    tooltips."""
    numbers = len(columns) <= 26
    wide, high = (44.0, 28.0) if numbers else (22.0, 22.0)
    left = min(max([len(label) for label, _ in rows] + [4]), _LONGEST_ROW) * svg.CHARACTER + 14
    longest = min(max([len(c) for c in columns] + [2]), _LONGEST_COLUMN) * svg.CHARACTER
    slanted = longest > wide
    head = 34.0 + longest * math.sin(_SLANT) if slanted else 42.0  # the title, and the labels below it
    parts = [svg.text(heading, 0, 12, "strong")]
    for i, column in enumerate(columns):
        x = left + (i + 0.5) * wide
        turn = {"transform": f"rotate(-55 {x:.1f} {head - 8:.1f})"} if slanted else {}
        parts.append(
            svg.shape(
                "text",
                "tick",
                svg.escape(svg.shorten(column, _LONGEST_COLUMN)),
                x=x,
                y=head - 7,
                text_anchor="start" if slanted else "middle",
                **turn,
            )
        )
    for j, (label, tiles) in enumerate(rows):
        y = head + j * high
        parts.append(svg.text(svg.shorten(label, _LONGEST_ROW), left - 8, y + high / 2 + 4, "", "end"))
        parts += [_tile(tile, left + i * wide, y, (wide, high), numbers) for i, tile in enumerate(tiles)]
    beyond = longest * math.cos(_SLANT) if slanted else 2.0  # of the last label
    width = max(left + len(columns) * wide + beyond, len(heading) * svg.STRONG_CHARACTER)
    return svg.picture(width, head + len(rows) * high + 4, name, parts)


def _tile(tile: Tile, x: float, y: float, size: tuple[float, float], numbers: bool) -> str:
    wide, high = size
    strength = min(abs(tile.shade or 0.0), 1.0)
    css = "gap" if tile.missing else "flat" if tile.shade is None else "up" if tile.shade >= 0 else "down"
    fill: dict[str, float | str] = {} if tile.shade is None else {"fill_opacity": f"{0.08 + 0.82 * strength:.2f}"}
    parts = [svg.shape("rect", "tile", x=x + 1, y=y + 1, width=wide - 2, height=high - 2, rx=3.0, **fill)]
    if numbers or tile.missing:
        parts.append(svg.text(tile.text, x + wide / 2, y + high / 2 + 4, "number", "middle"))
    return svg.group(parts, f"{css}{' hot' if strength > 0.6 else ''}", tile.tip)


def scale_key(limit: float, cut: bool, name: str) -> str:
    """Draw the heat map's colour scale, from -limit to +limit points; `cut`: stronger differences share the
    last colours."""
    steps, left = 11, 52.0
    low_sign, high_sign = ("≤ ", "≥ ") if cut else ("", "")
    parts = []
    for i in range(steps):
        shade = -1 + 2 * i / (steps - 1)
        parts.append(_tile(Tile(text="", tip=signed(shade * limit), shade=shade), left + i * 22, 0, (22, 16), False))
    parts.append(svg.text(low_sign + signed(-limit), left - 4, 12, "tick", "end"))
    parts.append(svg.text(high_sign + signed(limit), left + 6 + steps * 22, 12, "tick"))
    return svg.picture(2 * left + steps * 22, 18, f"{name}: from {number(-limit)} to {number(limit)} points", parts)


@dataclass(frozen=True, kw_only=True)
class Curve:
    """A line of a panel. `colour` is the number of its arm; lines of one arm share it. From the ninth on
    colours come again, dashed."""

    label: str
    colour: int
    points: Points


def panel(heading: str, curves: Sequence[Curve], floor: float | None = None) -> str:
    """Draw one small chart against updates; `floor` is a dashed line (a dev score at chance)."""
    finite = [[(x, y) for x, y in curve.points if math.isfinite(x) and math.isfinite(y)] for curve in curves]
    points = [point for line in finite for point in line]
    if not points:
        return ""
    heights = [y for _, y in points] + ([] if floor is None else [floor])
    spread = (max(heights) - min(heights)) * 0.06 or 0.5
    across = svg.AxisScale(0, max(x for x, _ in points), 44, PANEL_WIDTH - 18)
    up = svg.AxisScale(min(heights) - spread, max(heights) + spread, PANEL_HEIGHT, 24)
    parts = [svg.text(heading, 0, 12, "strong")]
    for t in svg.ticks(up.low, up.high, 4):
        parts.append(svg.line(44, up(t), PANEL_WIDTH - 18, up(t), "grid"))
        parts.append(svg.text(svg.plain(t), 38, up(t) + 4, "tick", "end"))
    for t in svg.ticks(0, across.high, 4):
        parts.append(svg.text(svg.plain(t), across(t), PANEL_HEIGHT + 15, "tick", "middle"))
    if floor is not None:
        tip, y = svg.title(f"chance: {floor:.1f}"), up(floor)
        parts.append(svg.shape("line", "floor", tip, x1=44.0, y1=y, x2=PANEL_WIDTH - 18, y2=y))
    parts += [_line(curve, line, across, up) for curve, line in zip(curves, finite, strict=True)]
    return svg.picture(PANEL_WIDTH, PANEL_HEIGHT + 20, f"{heading}, {plural(len(curves), 'line')}", parts)


def _line(curve: Curve, points: Points, across: svg.AxisScale, up: svg.AxisScale) -> str:
    css = f"series a{curve.colour % 8}{' again' if curve.colour >= 8 else ''}"
    places = [(across(x), up(y)) for x, y in thin(points)]
    if len(places) == 1:
        return svg.shape("circle", f"{css} point", svg.title(curve.label), cx=places[0][0], cy=places[0][1], r=3.0)
    return svg.path(places, css, curve.label)


def thin(points: Points, limit: int = PANEL_POINTS) -> list[tuple[float, float]]:
    """Return at most `limit` points: means of equal stretches, and the last point as it is.

    >>> thin([(1, 4.0), (2, 2.0), (3, 1.0)], limit=2)
    [(1.5, 3.0), (3, 1.0)]
    """
    if len(points) <= limit:
        return list(points)
    body, last = points[:-1], points[-1]
    stretch = math.ceil(len(body) / (limit - 1))
    cut = [body[i : i + stretch] for i in range(0, len(body), stretch)]
    return [(sum(x for x, _ in c) / len(c), sum(y for _, y in c) / len(c)) for c in cut] + [last]
