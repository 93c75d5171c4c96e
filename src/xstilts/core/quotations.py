"""Quotations: the numbers that stand in words quoted from a source."""

from __future__ import annotations

import re

_NUMBER = re.compile(r"\d+(?:,\d{3})*(?:\.\d+)?")


def numbers_in(quote: str) -> tuple[float, ...]:
    """Return the numbers of a text, without their signs.

    >>> numbers_in("from 55.8 to 81.4 on 10,000 rows")
    (55.8, 81.4, 10000.0)
    """
    return tuple(float(number.replace(",", "")) for number in _NUMBER.findall(quote))
