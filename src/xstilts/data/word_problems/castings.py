"""A word problem cast into tasks for an encoder: choosing the answer, judging a solution, choosing the next step.

Each casting draws in which of its worlds (`worlds`) the question is asked; what that world says is right.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice

from xstilts.data.word_problems.arithmetic import Number, number_text
from xstilts.data.word_problems.draws import drawn, shuffled
from xstilts.data.word_problems.recompute import Workings
from xstilts.data.word_problems.solutions import Solution
from xstilts.data.word_problems.worlds import World, exchanges, numbers_in, other_numbers

ANSWERS = 4
STEPS = 4


@dataclass(frozen=True, slots=True)
class CastOptions:
    """prompt: what is answered; texts: the options as they are shown; right: the number of the right one."""

    prompt: str
    texts: tuple[str, ...]
    right: int


@dataclass(frozen=True, slots=True)
class Judged:
    """A question, its solution, and one corrupted solution: that of the same problem with numbers exchanged.

    recorded: the numbers that were exchanged, as the question has them -> as the corrupted solution has them."""

    question: str
    right: str
    wrong: str
    final: str
    wrong_final: str
    recorded: dict[str, str]


def answer_options(
    question: str, solution: Solution, name: str, seed: int, as_written: bool = False
) -> CastOptions | None:
    """Return the question with four answers, those of four worlds; None where there are not as many, or one stands in
    the question. `as_written`: the question is not asked in another world (it is in a language whose numbers are not
    rewritten)."""
    worlds = _apart(question, other_numbers(question, solution, name, seed))
    if len(worlds) < ANSWERS:
        return None
    asked = 0 if as_written else drawn(ANSWERS, f"asked {name}", seed)
    order = shuffled(range(ANSWERS), f"order {name}", seed)
    texts = tuple(number_text(worlds[world].final) or "" for world in order)
    return CastOptions(prompt=worlds[asked].question(question), texts=texts, right=order.index(asked))


def judged_solutions(question: str, solution: Solution, name: str, seed: int) -> Judged | None:
    """Return a question with its solution and a corrupted one, whose final number is another; None where no two numbers
    of the question can change places."""
    worlds = list(islice(exchanges(question, solution, name, seed), 2))
    if len(worlds) < 2:
        return None
    asked = drawn(2, f"asked {name}", seed)
    here, there = worlds[asked], worlds[1 - asked]
    lines = solution.lines
    return Judged(
        question=here.question(question),
        right="\n".join(map(here.step, lines)),
        wrong="\n".join(map(there.step, lines)),
        final=number_text(here.final) or "",
        wrong_final=number_text(there.final) or "",
        recorded={
            str(number_text(here.given.get(old, old))): str(number_text(there.given.get(old, old)))
            for old in sorted({*here.given, *there.given})
        },
    )


def next_step(question: str, solution: Solution, name: str, seed: int) -> CastOptions | None:
    """Return the question and the steps so far with two to four next steps, those of different worlds; None where no
    step can be told apart. The worlds are those in which the earlier results that the step uses are the same, so that
    what an option is computed from stands in the prompt of every one."""
    workings = Workings(solution)
    worlds = list(exchanges(question, solution, name, seed))
    for line in shuffled(sorted({one.line for one in workings.calculations}), f"line {name}", seed):
        told: dict[tuple[Number, ...], World] = {}
        for world in worlds:
            if all(world.replaced[number] == number for number in _earlier(workings, line)):
                told.setdefault(_results_of(workings, world, line), world)
        if len(told) < 2:
            continue
        chosen = list(told.values())[:STEPS]
        asked = drawn(len(chosen), f"asked {name}", seed)
        order = shuffled(range(len(chosen)), f"order {name}", seed)
        world = chosen[asked]
        prompt = [world.question(question), *map(world.step, solution.lines[:line])]
        return CastOptions(
            prompt="\n".join(prompt),
            texts=tuple(chosen[i].step(solution.lines[line]) for i in order),
            right=order.index(asked),
        )
    return None


def _apart(question: str, worlds: Iterable[World]) -> list[World]:
    """Return as many worlds as are needed whose final numbers stand in none of their questions, the problem as it is
    first; none where that is none of them."""
    chosen: list[World] = []
    named: set[Number] = set()
    for world in worlds:
        numbers = named | numbers_in(world.question(question))
        if numbers.isdisjoint({world.final, *(one.final for one in chosen)}):
            chosen.append(world)
            named = numbers
        if not chosen or len(chosen) == ANSWERS:
            break
    return chosen


def _earlier(workings: Workings, line: int) -> list[Number]:
    """Return the earlier results that the calculations of a line use."""
    found = workings.origin.items()
    return [
        workings.number(place) for place, earlier in found if earlier is not None and _line(workings, place[0]) == line
    ]


def _results_of(workings: Workings, world: World, line: int) -> tuple[Number, ...]:
    pairs = zip(workings.calculations, world.results, strict=True)
    return tuple(result for calculation, result in pairs if calculation.line == line)


def _line(workings: Workings, calculation: int) -> int:
    return workings.calculations[calculation].line
