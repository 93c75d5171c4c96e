"""SVG text of the few shapes that figures are made of.

Colours are never written here: every shape carries a CSS class and the page's style sheet gives it a colour, so one
figure serves light and dark. All text is escaped. Lengths are CSS pixels.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

CHARACTER = 6.7  # mean width of a character at the figures' 12 px; only used to reserve room
STRONG_CHARACTER = 8.0  # the same of strong text, with room for wide letters


@dataclass(frozen=True)
class AxisScale:
    """A linear map from data [low, high] to pixels [start, stop]."""

    low: float
    high: float
    start: float
    stop: float

    def __call__(self, value: float) -> float:
        share = (value - self.low) / ((self.high - self.low) or 1.0)
        return self.start + share * (self.stop - self.start)


def ticks(low: float, high: float, about: int = 5) -> list[float]:
    """Round numbers (1, 2 or 5 times a power of ten apart) inside [low, high].

    >>> ticks(-1.2, 7.9)
    [0.0, 2.0, 4.0, 6.0]
    """
    span = (high - low) or 1.0
    raw = span / max(about, 1)
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(m * power for m in (1, 2, 5, 10) if m * power >= raw * 0.999)
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [round(i * step, 10) + 0.0 for i in range(first, last + 1)]


def plain(value: float) -> str:
    """Write a tick's label: no trailing zeros, a true minus sign, thousands as k."""
    if abs(value) >= 10000:
        return plain(value / 1000) + "k"
    return f"{value:.6g}".replace("-", "−")


def title(text: str) -> str:
    """Write a tooltip: the first child of the shape it explains."""
    return f"<title>{escape(text)}</title>"


def shape(name: str, css: str, inside: str = "", /, **attributes: float | str) -> str:
    """Write one element; numbers are rounded to a tenth of a pixel, `_` in names becomes `-`."""
    pairs = "".join(f' {key.replace("_", "-")}="{_attribute(value)}"' for key, value in attributes.items())
    start = f'<{name} class="{escape(css)}"{pairs}'
    return f"{start}>{inside}</{name}>" if inside else f"{start}/>"


def text(content: str, x: float, y: float, css: str = "", anchor: str = "start") -> str:
    return shape("text", css, escape(content) or " ", x=x, y=y, text_anchor=anchor)


def line(x1: float, y1: float, x2: float, y2: float, css: str) -> str:
    return shape("line", css, x1=x1, y1=y1, x2=x2, y2=y2)


def path(points: Iterable[tuple[float, float]], css: str, tip: str = "") -> str:
    """Draw a line through points."""
    pairs = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return shape("polyline", css, title(tip) if tip else "", points=pairs)


def group(parts: Sequence[str], css: str = "", tip: str = "") -> str:
    return f'<g class="{escape(css)}">{title(tip) if tip else ""}{"".join(parts)}</g>'


def picture(width: float, height: float, name: str, body: Iterable[str], css: str = "") -> str:
    """Put a whole figure together. `name` is what a screen reader says; the numbers themselves are in a table of the
    page. `css`: "wide" or "narrow" for one that is shown on a screen of that kind alone."""
    size = f'width="{width:.0f}" height="{height:.0f}" viewBox="0 0 {width:.0f} {height:.0f}"'
    kind = f' class="{escape(css)}"' if css else ""
    return f'<svg{kind} {size} role="img" aria-label="{escape(name)}">{"".join(body)}</svg>'


def shorten(text: str, characters: int) -> str:
    return text if len(text) <= characters else text[: max(characters - 1, 1)].rstrip() + "…"


def _attribute(value: float | str) -> str:
    return escape(value) if isinstance(value, str) else f"{value:.1f}".removesuffix(".0")
