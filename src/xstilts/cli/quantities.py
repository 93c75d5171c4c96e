"""Quantities on a terminal: estimated numbers with a unit and no more digits than they deserve."""

from __future__ import annotations


def amount(number: float, unit: str = "") -> str:
    """1234567 -> "1.2M"; small numbers as they are."""
    for limit, suffix in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if number >= limit:
            return f"{number / limit:.1f}{suffix}{unit}"
    return f"{number:.0f}{unit}"


def duration(seconds: float) -> str:
    """ "8 s", "4 min", "2 h 10 min"."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60:02d} min"
