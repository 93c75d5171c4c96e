"""Worked solutions as GSM8K writes them (Cobbe et al. 2021): lines with annotated calculations, `48/2 = <<48/2=24>>24`,
and the final number after `#### `."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

from xstilts.data.word_problems.arithmetic import Number, Token, decimals, number_value, tokens, value

_ANNOTATION = re.compile(r"<<([^<>]*)>>")
_MARK = "####"


@dataclass(frozen=True, slots=True)
class Calculation:
    """An annotated calculation. `line`: the number of its line; `stated`: the result that the annotation gives."""

    line: int
    expression: tuple[Token, ...]
    stated: Number

    @property
    def is_true(self) -> bool:
        """True where the stated result is the value, exactly or, where it has a point, to its places."""
        exact, places = value(self.expression), decimals(self.stated)
        if exact is None or exact == self.stated:
            return exact is not None
        return places > 0 and bool(abs(Fraction(exact) - Fraction(self.stated)) < Fraction(1, 10**places))


@dataclass(frozen=True, slots=True)
class Solution:
    """lines: as they read, without annotations; answer: the number after `#### `; final: the number of the last
    calculation that gives it, None where none does."""

    lines: tuple[str, ...]
    calculations: tuple[Calculation, ...]
    answer: Number

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    @property
    def final(self) -> int | None:
        gives = [number for number, one in enumerate(self.calculations) if one.stated == self.answer]
        return gives[-1] if gives else None

    @property
    def false_calculation(self) -> Calculation | None:
        """The first calculation whose result is wrong."""
        return next((one for one in self.calculations if not one.is_true), None)


NO_ANSWER = "the solution has no line '#### ' with a number"
UNREADABLE = "an annotation <<...>> is no calculation with a result"
FALSE = "an annotation <<...>> states a wrong result"
NOT_ITS_ANSWER = "no annotation <<...>> gives the final number"


def parse_solution(text: str) -> Solution | str:
    """Return a solution, or why the text is none: NO_ANSWER or UNREADABLE. Whether its calculations are right, and lead
    to the answer, is not asked here (`unusable`)."""
    body, mark, last = text.rpartition(_MARK)
    answer = number_value(last.strip().removeprefix("$")) if mark else None
    if answer is None or _MARK in body:
        return NO_ANSWER
    lines = [line for line in body.strip("\r\n ").split("\n") if line.strip()]
    calculations = []
    for number, line in enumerate(lines):
        for annotation in _ANNOTATION.findall(line):
            calculation = _calculation(number, annotation)
            if calculation is None:
                return UNREADABLE
            calculations.append(calculation)
    plain = tuple(_ANNOTATION.sub("", line).strip() for line in lines)
    return Solution(lines=plain, calculations=tuple(calculations), answer=answer)


def unusable(solution: Solution) -> str | None:
    """Return why a solution cannot be computed anew with other numbers: FALSE or NOT_ITS_ANSWER; None where it can."""
    if solution.false_calculation is not None:
        return FALSE
    if solution.final is None:
        return NOT_ITS_ANSWER
    return None


def _calculation(line: int, annotation: str) -> Calculation | None:
    left, equals, right = annotation.rpartition("=")
    expression, stated = tokens(left), value(tokens(right) or ())
    if not equals or not expression or stated is None:
        return None
    return Calculation(line=line, expression=expression, stated=stated)
