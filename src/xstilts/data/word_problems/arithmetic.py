"""Exact arithmetic of written expressions: tokens, values, and numbers as texts.

Whole numbers are `int`, all others `Fraction`: the two compare and mix, and most word problems need no other.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache

Number = int | Fraction
Token = Number | str  # a number, or one of + - * / // ( )
OPERATORS = "+-*/"
NUMBER = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?(?!\d)|\d+\.\d+|\.\d+|\d+")
_TOKEN = re.compile(rf"\s*(?:(?P<number>{NUMBER.pattern})|(?P<sign>//|[-+*/()]))")
_DEEPEST = 50  # nested brackets and signs
_PLACES = 4  # decimals of a number that is written down


@lru_cache(maxsize=1 << 16)  # one problem is rewritten with the same few numbers hundreds of times
def number_value(text: str) -> Number | None:
    """Return the value of a written number, thousands commas and a sign allowed; None for anything else.

    >>> number_value("-1,250.5"), number_value("12,5")
    (Fraction(-2501, 2), None)
    """
    digits = text.strip().removeprefix("-").strip()
    if not NUMBER.fullmatch(digits):
        return None
    value = _simple(Fraction(digits.replace(",", "")))
    return -value if text.strip().startswith("-") else value


def number_text(value: Number) -> str | None:
    """Return a value as a decimal; None where it needs more than four places.

    >>> number_text(Fraction(1, 4)), number_text(-3), number_text(Fraction(1, 3))
    ('0.25', '-3', None)
    """
    if isinstance(value, int):
        return str(value)
    scaled = value * 10**_PLACES
    if scaled.denominator != 1:
        return None
    sign, (whole, rest) = "-" if value < 0 else "", divmod(abs(scaled.numerator), 10**_PLACES)
    return f"{sign}{whole}" + (f".{rest:0{_PLACES}d}".rstrip("0") if rest else "")


def decimals(value: Number) -> int:
    """Return the places after the point that a value needs, 5 for more than four."""
    if isinstance(value, int):
        return 0
    return next((places for places in range(_PLACES + 1) if 10**places % value.denominator == 0), _PLACES + 1)


def tokens(expression: str) -> tuple[Token, ...] | None:
    """Return the tokens of an expression; None where it holds anything but numbers, + - * / and brackets."""
    found: list[Token] = []
    place = 0
    expression = expression.rstrip()
    while place < len(expression):
        match = _TOKEN.match(expression, place)
        if match is None:
            return None
        number = number_value(match["number"]) if match["number"] else None
        found.append(match["sign"] if number is None else number)
        place = match.end()
    return tuple(found)


def value(expression: Sequence[Token]) -> Number | None:
    """Return the exact value of an expression, multiplication before addition, // as the floor of a quotient; None
    where it is malformed or divides by zero."""
    try:
        result, place = _sum(expression, 0, 0)
    except (IndexError, ZeroDivisionError, ValueError):
        return None
    return result if place == len(expression) else None


def _sum(expression: Sequence[Token], place: int, depth: int) -> tuple[Number, int]:
    result, place = _product(expression, place, depth)
    while place < len(expression) and expression[place] in ("+", "-"):
        term, after = _product(expression, place + 1, depth)
        result, place = (result + term if expression[place] == "+" else result - term), after
    return result, place


def _product(expression: Sequence[Token], place: int, depth: int) -> tuple[Number, int]:
    result, place = _factor(expression, place, depth)
    while place < len(expression) and (sign := expression[place]) in ("*", "/", "//"):
        factor, after = _factor(expression, place + 1, depth)
        result = result * factor if sign == "*" else result // factor if sign == "//" else _quotient(result, factor)
        place = after
    return _simple(result), place


def _factor(expression: Sequence[Token], place: int, depth: int) -> tuple[Number, int]:
    token = expression[place]
    if not isinstance(token, str):
        return token, place + 1
    if depth >= _DEEPEST:
        raise ValueError("nested too deeply")
    if token in ("-", "+"):
        inner, place = _factor(expression, place + 1, depth + 1)
        return (-inner if token == "-" else inner), place
    if token == "(":
        inner, place = _sum(expression, place + 1, depth + 1)
        if expression[place] != ")":
            raise ValueError("a bracket is not closed")
        return inner, place + 1
    raise ValueError(f"{token} stands where a number should")


def _quotient(one: Number, other: Number) -> Number:
    if isinstance(one, int) and isinstance(other, int) and one % other == 0:
        return one // other
    return Fraction(one) / other


def _simple(value: Number) -> Number:
    return value.numerator if isinstance(value, Fraction) and value.denominator == 1 else value
