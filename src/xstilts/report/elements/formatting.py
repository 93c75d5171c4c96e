"""Formatting of numbers, durations and lists as people read them, the same in every form of the report."""

from __future__ import annotations

import math
from collections.abc import Sequence

from xstilts.core.sentences import listed

MISSING = "missing"


def number(value: float | None, digits: int = 1) -> str:
    """Write a number to `digits` places, with a true minus sign.

    >>> number(-3.14159)
    '−3.1'
    """
    if value is None or math.isnan(value):
        return MISSING
    text = f"{value:.{digits}f}"
    return "−" + text[1:] if text.startswith("-") and float(text) != 0 else text.removeprefix("-")


def signed(value: float | None, digits: int = 1) -> str:
    """Write a difference, with its sign.

    >>> signed(3.14159), signed(-0.01)
    ('+3.1', '0.0')
    """
    text = number(value, digits)
    return "+" + text if text[0].isdigit() and float(text) != 0 else text


def interval(low: float | None, high: float | None, before: str = "") -> str:
    """Write an interval in brackets, "" where there is none.

    An end near zero that is on the same side as the other is written with as many digits as show the side.

    >>> interval(0.41, 5.8), interval(0.02, 5.8)
    ('(0.4 to 5.8)', '(0.02 to 5.8)')
    """
    if low is None or high is None or math.isnan(low) or math.isnan(high):
        return ""
    ends = [number(end, _digits(end) if low * high > 0 else 1) for end in (low, high)]
    return f"{before}({ends[0]} to {ends[1]})"


def _digits(end: float) -> int:
    """Return the least digits, 1 to 12, with which a number is not written as zero."""
    return next((digits for digits in range(1, 12) if float(f"{end:.{digits}f}") != 0), 12)


def probability(p: float | None) -> str:
    """Write a p value. One below 0.05 is never written as 0.050: a star stands beside it.

    >>> probability(0.0004), probability(0.031), probability(0.04998)
    ('< 0.001', '0.031', '0.04998')
    """
    if p is None or math.isnan(p):
        return ""
    if p < 0.001:
        return "< 0.001"
    digits = next((digits for digits in range(3, 12) if (float(f"{p:.{digits}f}") < 0.05) == (p < 0.05)), 12)
    return f"{p:.{digits}f}"


def count(n: float | None) -> str:
    """Write a whole number with thousands marked.

    >>> count(1234567)
    '1,234,567'
    """
    return "" if n is None else f"{n:,.0f}"


def seconds(value: float | None) -> str:
    """Write a duration.

    >>> seconds(3.2), seconds(75), seconds(7290)
    ('3.2 s', '1 min 15 s', '2 h 1 min')
    """
    if value is None:
        return ""
    if value < 10:
        return f"{value:.1f} s"
    rounded = round(value)
    if rounded < 60:
        return f"{rounded} s"
    if rounded < 3600:
        return f"{rounded // 60} min {rounded % 60} s"
    return f"{rounded // 3600} h {rounded % 3600 // 60} min"


def size(n: float | None) -> str:
    """Write a number of bytes.

    >>> size(1_200_000)
    '1.2 MB'
    """
    if n is None:
        return ""
    if n < 1000:
        return f"{n:.0f} B"
    power = min(int(math.log10(n)) // 3, 4)
    return f"{n / 1000**power:.1f} {('kB', 'MB', 'GB', 'TB')[power - 1]}"


def amount(n: float) -> str:
    """An estimated number: no more digits than it deserves.

    >>> amount(1234567), amount(980)
    ('1.2M', '980')
    """
    for limit, suffix in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if n >= limit:
            return f"{n / limit:.1f}{suffix}"
    return f"{n:.0f}"


def operations(n: float | None) -> str:
    """Write a number of floating-point operations.

    >>> operations(2.36e15), operations(420.0)
    ('2.4 PFLOP', '420 FLOP')
    """
    if n is None:
        return ""
    power = min(int(math.log10(n)) // 3, 6) if n >= 1000 else 0
    return f"{n / 1000**power:.{1 if power else 0}f} {('', 'k', 'M', 'G', 'T', 'P', 'E')[power]}FLOP"


def energy(joules: float | None) -> str:
    """Write an energy, in watt hours from one on.

    >>> energy(512.0), energy(7_200.0), energy(7.2e6)
    ('512 J', '2.0 Wh', '2.0 kWh')
    """
    if joules is None:
        return ""
    hours = joules / 3600
    return f"{joules:.0f} J" if hours < 1 else f"{hours:.1f} Wh" if hours < 1000 else f"{hours / 1000:.1f} kWh"


def plural(n: int, noun: str) -> str:
    """Write a count with its noun.

    >>> plural(1, "seed"), plural(2, "seed")
    ('1 seed', '2 seeds')
    """
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"


def name_list(names: Sequence[str], limit: int = 12) -> str:
    """Return names as part of a sentence; a long list is cut, and ends in how many more there are.

    >>> name_list(["a", "b", "c"])
    'a, b and c'
    """
    if len(names) > limit:
        return ", ".join(names[:limit]) + f" and {len(names) - limit} more"
    return listed(names)
