"""Quantities: the numbers of a sentence with their units, as papers write them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

_WORDS = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "eleven": 11, "twelve": 12, "half": 0.5, "twice": 2, "double": 2,
}  # fmt: skip
_UNITS = {
    "%": "percent", "percent": "percent", "per cent": "percent", "pp": "points", "point": "points", "points": "points",
    "percentage points": "points", "percentage point": "points", "% points": "points", "f1": "f1", "las": "las",
    "uas": "uas", "bleu": "bleu", "em": "em", "map": "map", "accuracy": "accuracy", "f1 points": "points",
    "las points": "points", "accuracy points": "points", "languages": "languages", "language": "languages",
    "tasks": "tasks", "datasets": "datasets", "data sets": "datasets", "seeds": "seeds", "runs": "seeds",
    "examples": "examples", "sentences": "sentences", "times": "times", "x": "times", "hours": "hours",
    "layers": "layers", "mb": "mb", "gb": "gb",
}  # fmt: skip
# Between the number and its unit may stand one word ("nine English tasks").
_UNIT = "|".join(re.escape(unit) for unit in sorted(_UNITS, key=len, reverse=True))
_QUANTITY = re.compile(
    rf"(?<![\w.])(?P<sign>[+−–-]\s?)?(?P<number>\d{{1,3}}(?:,\d{{3}})+(?:\.\d+)?|\d+(?:\.\d+)?|(?:{'|'.join(_WORDS)})\b)"
    rf"(?P<suffix>[kKM]\b)?(?:\s?(?P<unit>{_UNIT})(?![\w-])|\s(?:[A-Za-z-]+\s)?(?P<later>{_UNIT})(?![\w-]))?",
    re.IGNORECASE,
)
_SIGNIFICANCE = re.compile(r"\bp\s*[<>=≤]\s*$", re.IGNORECASE)
_REFERENCE = re.compile(
    r"(?:\b(?:section|table|figure|fig\.|eq\.|appendix|chapter|page|pages|pp\.)\s*$)", re.IGNORECASE
)
_SCALE = {"k": 1e3, "m": 1e6}
SCORES = frozenset({"percent", "points", "f1", "las", "uas", "em", "accuracy", "bleu", "map"})


@dataclass(frozen=True, kw_only=True)
class Quantity:
    """A number of a sentence. unit: "points", "percent", "f1", "languages", ...; "" where none stands with it. signed:
    whether it was written with a sign. digits: behind the point, as printed. start, end: its characters."""

    value: float
    unit: str
    signed: bool
    digits: int
    start: int
    end: int

    @property
    def rounding(self) -> float:
        """Half of the last printed digit: how far the exact number may be from it."""
        return 0.5 * 10.0**-self.digits


def quantities_of(text: str) -> tuple[Quantity, ...]:
    """Return the quantities of a sentence, without years, p values, and numbers of sections, tables and figures.

    >>> [(one.value, one.unit) for one in quantities_of("F1 rises by 8.7 points on nine tasks (p < 0.01)")]
    [(8.7, 'points'), (9.0, 'tasks')]
    """
    return tuple(quantity for found in _QUANTITY.finditer(text) if (quantity := _quantity(text, found)))


def _quantity(text: str, found: re.Match[str]) -> Quantity | None:
    before, number = text[: found.start()], found["number"]
    written = number.lower() in _WORDS
    unit = _UNITS.get((found["unit"] or found["later"] or "").lower(), "")
    if _SIGNIFICANCE.search(before) or _REFERENCE.search(before) or (written and not unit):
        return None
    value = float(_WORDS[number.lower()]) if written else float(number.replace(",", ""))
    is_year = not written and not unit and number.isdecimal() and 1900 <= value <= 2100 and not found["sign"]
    if is_year or (before.endswith("[") and text[found.end() : found.end() + 1] in "],"):
        return None
    value *= _SCALE.get((found["suffix"] or "").lower(), 1.0)
    sign = (found["sign"] or "").strip()
    is_range = sign in "–-" and bool(sign) and bool(before.rstrip()) and before.rstrip()[-1].isdigit()
    signed = bool(sign) and not is_range
    return Quantity(
        value=-value if signed and sign != "+" else value,
        unit=unit,
        signed=signed,
        digits=0 if written else len(number.partition(".")[2]),
        start=found.start("number"),
        end=found.end("unit") if found["unit"] else found.end("number"),
    )


def same_number(first: Quantity, second: Quantity) -> bool:
    """Whether two quantities may be one number: of units that do not differ, as close as what is printed says."""
    if first.unit and second.unit and first.unit != second.unit and not _are_scores(first, second):
        return False
    return abs(abs(first.value) - abs(second.value)) <= max(first.rounding, second.rounding) + 1e-9


def _are_scores(first: Quantity, second: Quantity) -> bool:
    return first.unit in SCORES and second.unit in SCORES


def reappears(quantity: Quantity, others: Iterable[Quantity]) -> bool:
    """Whether a quantity is among others."""
    return any(same_number(quantity, other) for other in others)
