"""Worlds: one problem with other numbers in its text, solved by the same calculations.

What is chosen among (answers, solutions, steps) is made of several worlds; in which of them the question is asked is
drawn, evenly, and what that world says is right. So the right one is even among the options, whatever they look like:
nothing can be told without the question, by construction. A wrong option is what follows from numbers in each other's
place: b - a for a - b, b / a for a / b, an earlier result of other numbers.

That the numbers of problems can be replaced as in a template is from GSM-Symbolic (Mirzadeh et al. 2024).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
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


def exchanges(question: str, solution: Solution, name: str, seed: int) -> list[World]:
    """Return the world of the problem as it is, then those in which numbers of the question change places, in an order
    drawn by `name`, each with a final number of its own. The same numbers stand in the question and the solution of
    every world, so that their overlap tells nothing."""
    workings = Workings(solution)
    movable = movable_numbers(question, solution, workings)[:_MOST_NUMBERS]
    orders = shuffled(list(permutations(movable))[1:], f"orders {name}", seed)[:_MOST_TRIED]
    return _distinct(workings, (dict(zip(movable, order, strict=True)) for order in orders))


def other_numbers(question: str, solution: Solution, name: str, seed: int) -> list[World]:
    """Return `exchanges`, then worlds in which one number of the question is a bit larger or smaller, or double."""
    workings = Workings(solution)
    movable = movable_numbers(question, solution, workings)
    known = numbers_in(question)
    near = [
        {number: other}
        for number in movable
        for other in (number + 1, number - 1, number + 2, number - 2, number + 10, 2 * number, number * 3)
        if other > 0 and other not in known
    ]
    worlds = exchanges(question, solution, name, seed)
    return _distinct(workings, ({}, *(world.given for world in worlds[1:]), *shuffled(near, f"near {name}", seed)))


def movable_numbers(question: str, solution: Solution, workings: Workings) -> list[Number]:
    """Return the numbers that the question has in digits and neither text in words, in order of size: given ones, and
    those that no calculation uses."""
    known = numbers_in(question)
    spelled = set(re.findall(r"[a-z]+", f"{question} {solution.text}".lower()))
    named = {number for number, word in enumerate(_WORDS, start=1) if word in spelled}
    results = {calculation.stated for calculation in workings.calculations}
    return sorted(number for number in known - named - results if number > 0)


def _distinct(workings: Workings, maps: Iterable[Mapping[Number, Number]]) -> list[World]:
    first = world(workings, {})
    if first is None:
        return []
    worlds, finals = [first], {first.final}
    for given in islice(maps, _MOST_TRIED):
        found = world(workings, given)
        if found is not None and found.final not in finals:
            worlds.append(found)
            finals.add(found.final)
    return worlds


def world(workings: Workings, given: Mapping[Number, Number]) -> World | None:
    """Return the world with these numbers in the text; None where a result does not look like that of the problem as it
    is (more decimals, below zero), or a text could not say it without saying one number in two ways."""
    changes: Changes = {place: new for old, new in given.items() for place in workings.places(old)}
    results = workings.results(changes)
    if results is None or not workings.look_alike(results):
        return None
    replaced = workings.replacements(changes, results)
    if replaced is None or any(replaced.get(old, new) != new for old, new in given.items()):
        return None
    if any(number_text(new) is None for new in replaced.values()):
        return None
    return World(given=given, replaced={**given, **replaced}, results=tuple(results))
