"""Formulas over regions: what a SyntaxGym suite predicts of the surprisals of its regions (Gauthier et al. 2020).

`(5;%cond%)` is the surprisal of region 5 in the condition `cond`, `(*;%cond%)` that of the whole sentence; operators
from the tightest are `+ -`, `< > =`, `& |`, all from left to right; both kinds of brackets group. `=` is equality
within 1e-3 bits or a relative 1e-5, the tolerances of the suites' own program. That program, as published, reads only
the first two parts of a chain `a & b & c`; here all of them must hold, as the suites' authors describe it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from xstilts.core.errors import DataError

Region = tuple[str, int]  # condition and number of a region; number 0: the whole sentence
Surprisals = Mapping[Region, float]  # bits
Value = float | bool

EQUAL_RELATIVE, EQUAL_BITS = 1e-5, 1e-3
WHOLE = 0

_TOKEN = re.compile(r"\s*(?:\(\s*(\d+|\*)\s*;\s*%([^%]+)%\s*\)|(\d+(?:\.\d+)?)|([-+<>=&|\[\]()]))")
_CLOSING = {"[": "]", "(": ")"}
_LEVELS: tuple[Mapping[str, Callable[..., Value]], ...] = (
    {"&": lambda a, b: bool(a and b), "|": lambda a, b: bool(a or b)},
    {
        "<": lambda a, b: a < b,
        ">": lambda a, b: a > b,
        "=": lambda a, b: math.isclose(a, b, rel_tol=EQUAL_RELATIVE, abs_tol=EQUAL_BITS),
    },
    {"+": lambda a, b: a + b, "-": lambda a, b: a - b},
)


@dataclass(frozen=True)
class Formula:
    """A formula that was read: the regions that it names, and whether it holds for their surprisals (bits)."""

    regions: frozenset[Region]
    holds: Callable[[Surprisals], bool]


@lru_cache(maxsize=1024)
def read_formula(text: str) -> Formula:
    """Read a formula. Raises DataError where it is none: it has no comparison, a bracket without its partner, or
    something unknown.

    >>> read_formula("[(1;%a%) + (2;%a%)] > (1;%b%)").holds({("a", 1): 2.0, ("a", 2): 2.0, ("b", 1): 3.0})
    True
    """
    return _Reader(text).read()


class _Reader:
    """Recursive descent over the tokens of one formula."""

    def __init__(self, text: str) -> None:
        self.text, self.regions = text, set[Region]()
        self.tokens = list(_tokens(text))
        self.at, self.compares = 0, False

    def read(self) -> Formula:
        evaluate = self._level(0)
        if self.at < len(self.tokens):
            raise self._error(f"'{self.tokens[self.at]}' is not expected")
        if not self.compares:
            raise self._error("it compares nothing")
        return Formula(frozenset(self.regions), lambda surprisals: bool(evaluate(surprisals)))

    def _error(self, problem: str) -> DataError:
        return DataError(f"the prediction '{self.text}' cannot be read: {problem}", value=self.text)

    def _level(self, level: int) -> Callable[[Surprisals], Value]:
        if level == len(_LEVELS):
            return self._atom()
        value = self._level(level + 1)
        while self.at < len(self.tokens) and self.tokens[self.at] in _LEVELS[level]:
            operate = _LEVELS[level][str(self.tokens[self.at])]
            self.compares |= level == 1
            self.at += 1
            value = _joined(operate, value, self._level(level + 1))
        return value

    def _atom(self) -> Callable[[Surprisals], Value]:
        if self.at >= len(self.tokens):
            raise self._error("it ends too early")
        token = self.tokens[self.at]
        self.at += 1
        if isinstance(token, float):
            return lambda _: token
        if isinstance(token, tuple):
            self.regions.add(token)
            return lambda surprisals: surprisals[token]
        if token not in _CLOSING:
            raise self._error(f"'{token}' is not expected")
        value = self._level(0)
        if self.at >= len(self.tokens) or self.tokens[self.at] != _CLOSING[token]:
            raise self._error(f"a '{token}' is not closed")
        self.at += 1
        return value


def _joined(
    operate: Callable[..., Value], first: Callable[[Surprisals], Value], second: Callable[[Surprisals], Value]
) -> Callable[[Surprisals], Value]:
    return lambda surprisals: operate(first(surprisals), second(surprisals))


def _tokens(text: str) -> Iterator[Region | float | str]:
    at, text_end = 0, len(text.rstrip())
    while at < text_end:
        match = _TOKEN.match(text, at)
        if match is None:
            rest = text[at:].strip()
            raise DataError(f"the prediction '{text}' cannot be read: '{rest[:20]}' is not expected", value=text)
        number, condition, literal, sign = match.groups()
        if condition is not None:
            yield condition, WHOLE if number == "*" else int(number)
        else:
            yield sign if literal is None else float(literal)
        at = match.end()
