"""Worlds: one problem with other numbers in its text, solved by the same calculations.

What is chosen among (answers, solutions, steps) is made of several worlds; in which of them the question is asked is
drawn, evenly, and what that world says is right. So the right one is even among the options, whatever they look like:
nothing can be told without the question, by construction. A wrong option is what follows from numbers in each other's
place: b - a for a - b, b / a for a / b, an earlier result of other numbers.

That the numbers of problems can be replaced as in a template is from GSM-Symbolic (Mirzadeh et al. 2024).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, permutations

from xstilts.data.word_problems.arithmetic import NUMBER, Number, number_text, number_value
from xstilts.data.word_problems.draws import shuffled
from xstilts.data.word_problems.recompute import Changes, Workings, rewritten
from xstilts.data.word_problems.solutions import Solution

_MOST_NUMBERS = 5  # that change places: 120 orders
_MOST_TRIED = 60
_WORDS = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]


@dataclass(frozen=True, slots=True)
class World:
    """given: old -> new number of the text; replaced: the same for everything in the solution; results: of the
    calculations, the last one the final number."""

    given: Mapping[Number, Number]
    replaced: Mapping[Number, Number]
    results: tuple[Number, ...]

    @property
    def final(self) -> Number:
        return self.results[-1]

    def question(self, text: str) -> str:
        return rewritten(text, self.given)

    def step(self, line: str) -> str:
        return rewritten(line, self.replaced)


def numbers_in(text: str) -> frozenset[Number]:
    """Return the values of the numbers written in digits."""
    return frozenset(number for written in NUMBER.findall(text) if (number := number_value(written)) is not None)


def exchanges(question: str, solution: Solution, name: str, seed: int) -> Iterator[World]:
    """Yield the world of the problem as it is, then those in which numbers of the question change places, in an order
    drawn by `name`, each with a final number of its own. The same numbers stand in the question and the solution of
    every world, so that their overlap tells nothing. A world is solved when it is asked for."""
    workings = Workings(solution)
    movable = movable_numbers(question, solution, workings)[:_MOST_NUMBERS]
    orders = shuffled(list(permutations(movable))[1:], f"orders {name}", seed)[:_MOST_TRIED]
    return _distinct(workings, (dict(zip(movable, order, strict=True)) for order in orders), set())


def other_numbers(question: str, solution: Solution, name: str, seed: int) -> Iterator[World]:
    """Yield `exchanges`, then worlds in which one number of the question is a bit larger or smaller, or double."""
    finals: set[Number] = set()
    for found in islice(exchanges(question, solution, name, seed), _MOST_TRIED):
        finals.add(found.final)
        yield found
    if finals:
        workings = Workings(solution)
        near = shuffled(_near(question, movable_numbers(question, solution, workings)), f"near {name}", seed)
        yield from _distinct(workings, near[: _MOST_TRIED - len(finals)], finals)


def _near(question: str, movable: Sequence[Number]) -> list[dict[Number, Number]]:
    known = numbers_in(question)
    return [
        {number: other}
        for number in movable
        for other in (number + 1, number - 1, number + 2, number - 2, number + 10, 2 * number, number * 3)
        if other > 0 and other not in known
    ]


def movable_numbers(question: str, solution: Solution, workings: Workings) -> list[Number]:
    """Return the numbers that the question has in digits and neither text in words, in order of size: given ones, and
    those that no calculation uses."""
    known = numbers_in(question)
    spelled = set(re.findall(r"[a-z]+", f"{question} {solution.text}".lower()))
    named = {number for number, word in enumerate(_WORDS, start=1) if word in spelled}
    results = {calculation.stated for calculation in workings.calculations}
    return sorted(number for number in known - named - results if number > 0)


def _distinct(workings: Workings, maps: Iterable[Mapping[Number, Number]], finals: set[Number]) -> Iterator[World]:
    """Yield worlds whose final number is none of `finals`, nor that of an earlier one; where there is none yet, the
    problem as it is first, without which there are none."""
    if not finals:
        first = world(workings, {})
        if first is None:
            return
        finals.add(first.final)
        yield first
    for given in maps:
        found = world(workings, given)
        if found is not None and found.final not in finals:
            finals.add(found.final)
            yield found


def world(workings: Workings, given: Mapping[Number, Number]) -> World | None:
    """Return the world with these numbers in the text; None where a result does not look like that of the problem as it
    is (more decimals, below zero), or a text could not say it without saying one number in two ways."""
    changes: Changes = {place: new for old, new in given.items() if new != old for place in workings.places(old)}
    results = workings.results(changes)
    if results is None or not workings.look_alike(results):
        return None
    replaced = workings.replacements(changes, results)
    if replaced is None or any(replaced.get(old, new) != new for old, new in given.items()):
        return None
    if any(number_text(new) is None for new in replaced.values()):
        return None
    return World(given=given, replaced={**given, **replaced}, results=tuple(results))
