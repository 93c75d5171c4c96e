"""Forest plot and heat map. Pure functions from numbers to SVG text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from xstilts.report import svg
from xstilts.report.words import interval, number, signed


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
    """One field of a heat map. `shade` in [-1, 1] is its place on the colour scale; None: no number, or no colour."""

    text: str
    tip: str
    shade: float | None = None
    missing: bool = False


def forest(groups: Sequence[tuple[str, Sequence[Effect]]], name: str) -> str:
    """Differences with intervals, one group of lines a contrast, around a line at zero (points)."""
    effects = [effect for _, lines in groups for effect in lines]
    ends = [e for effect in effects for e in (effect.value, effect.low, effect.high) if e is not None]
    low, high = min([0.0, *ends]), max([0.0, *ends])
    margin = (high - low) * 0.05 or 1.0
    labels = max([len(e.label) for e in effects] + [len(title) for title, _ in groups] + [8])
    left = min(labels, 30) * svg.CHARACTER + 22
    scale = svg.Scale(low - margin, high + margin, left, left + 360)
    rows: list[str] = []
    y = 14.0
    for title, lines in groups:
        rows.append(svg.text(svg.shorten(title, 60), 0, y + 4, "strong"))
        y += 22
        for effect in lines:
            rows.append(_effect(effect, scale, y))
            y += 22
        y += 8
    axis = [svg.line(scale(t), 22, scale(t), y - 6, "zero" if t == 0 else "grid") for t in svg.ticks(scale.low, scale.high)]
    axis += [svg.text(signed(t, 0 if t == int(t) else 1), scale(t), y + 10, "tick", "middle") for t in svg.ticks(scale.low, scale.high)]
    axis.append(svg.text("points", scale.stop + 12, y + 10, "tick"))
    return svg.picture(scale.stop + 160, y + 18, name, [*axis, *rows])


def _effect(effect: Effect, scale: svg.Scale, y: float) -> str:
    parts = [svg.text(svg.shorten(effect.label, 30), 10, y + 4, "strong" if effect.overall else "")]
    if effect.value is None:
        return svg.group([*parts, svg.text(svg.shorten(effect.note or "missing", 50), scale(0) + 8, y + 4, "faint")])
    css = f"effect {'sure' if effect.significant else 'unsure'} {'up' if effect.value >= 0 else 'down'}"
    if effect.low is not None and effect.high is not None:
        parts.append(svg.line(scale(effect.low), y, scale(effect.high), y, "whisker"))
        parts += [svg.line(scale(e), y - 4, scale(e), y + 4, "whisker") for e in (effect.low, effect.high)]
    x, r = scale(effect.value), 6.5 if effect.overall else 4.5
    if effect.overall:
        parts.append(svg.shape("polygon", "dot", points=f"{x - r:.1f},{y} {x:.1f},{y - r} {x + r:.1f},{y} {x:.1f},{y + r}"))
    else:
        parts.append(svg.shape("circle", "dot", cx=x, cy=y, r=r))
    text = signed(effect.value) + interval(effect.low, effect.high, before=" ") + (" *" if effect.significant else "")
    parts.append(svg.text(text, scale.stop + 12, y + 4, "number strong" if effect.overall else "number"))
    return svg.group(parts, css, f"{effect.label}: {text}{'; ' + effect.note if effect.note else ''}")


def heat(columns: Sequence[str], rows: Sequence[tuple[str, Sequence[Tile]]], name: str) -> str:
    """Arms (rows) by languages (columns). Numbers stand inside while they fit; above 26 columns they are tooltips."""
    numbers = len(columns) <= 26
    wide, high = (44.0, 28.0) if numbers else (22.0, 22.0)
    left = min(max([len(label) for label, _ in rows] + [4]), 24) * svg.CHARACTER + 14
    head = 20.0 if max([len(c) for c in columns] + [2]) * svg.CHARACTER < wide else 44.0
    parts: list[str] = []
    for i, column in enumerate(columns):
        x = left + (i + 0.5) * wide
        turn = {} if head == 20.0 else {"transform": f"rotate(-55 {x:.1f} {head - 8:.1f})"}
        parts.append(svg.shape("text", "tick", svg.escape(column), x=x, y=head - 7, text_anchor="start" if turn else "middle", **turn))
    for j, (label, tiles) in enumerate(rows):
        y = head + j * high
        parts.append(svg.text(svg.shorten(label, 24), left - 8, y + high / 2 + 4, "", "end"))
        parts += [_tile(tile, left + i * wide, y, (wide, high), numbers) for i, tile in enumerate(tiles)]
    return svg.picture(left + len(columns) * wide + 24, head + len(rows) * high + 4, name, parts)


def _tile(tile: Tile, x: float, y: float, size: tuple[float, float], numbers: bool) -> str:
    wide, high = size
    box = {"x": x + 1, "y": y + 1, "width": wide - 2, "height": high - 2, "rx": 3.0}
    strength = min(abs(tile.shade or 0.0), 1.0)
    css = "gap" if tile.missing else "flat" if tile.shade is None else "up" if tile.shade >= 0 else "down"
    fill = {} if tile.shade is None else {"fill_opacity": f"{0.08 + 0.82 * strength:.2f}"}
    parts = [svg.shape("rect", "tile", **box, **fill)]
    if numbers or tile.missing:
        parts.append(svg.text(tile.text, x + wide / 2, y + high / 2 + 4, "number", "middle"))
    return svg.group(parts, f"{css}{' hot' if strength > 0.6 else ''}", tile.tip)


def scale_key(limit: float, name: str) -> str:
    """The heat map's colour scale, from -limit to +limit points."""
    steps = 11
    parts = []
    for i in range(steps):
        shade = -1 + 2 * i / (steps - 1)
        parts.append(_tile(Tile(text="", tip=signed(shade * limit), shade=shade), 40 + i * 22, 0, (22, 16), False))
    parts.append(svg.text(signed(-limit), 36, 12, "tick", "end"))
    parts.append(svg.text(signed(limit), 46 + steps * 22, 12, "tick"))
    return svg.picture(100 + steps * 22, 18, f"{name}: from {number(-limit)} to {number(limit)} points", parts)
