"""A solution computed anew: numbers replaced by others, operations by others, and what follows from them.

A number of an expression that an earlier calculation has resulted in is taken for that result; any other is *given*.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from xstilts.data.word_problems.arithmetic import NUMBER, Number, Token, decimals, number_text, number_value, value
from xstilts.data.word_problems.solutions import Calculation, Solution

Place = tuple[int, int]  # the number of a calculation, the number of a token in it
Changes = Mapping[Place, Token]


class Workings:
    """The calculations of a solution up to the one that gives the final number, to be computed anew.

    origin: for each number of the expressions the earlier calculation that it is the result of, None for a given one.
    """

    def __init__(self, solution: Solution) -> None:
        last = len(solution.calculations) - 1 if solution.final is None else solution.final
        self.calculations: tuple[Calculation, ...] = solution.calculations[: last + 1]
        self.origin: dict[Place, int | None] = {}
        latest: dict[Number, int] = {}
        for number, calculation in enumerate(self.calculations):
            for token, term in enumerate(calculation.expression):
                if not isinstance(term, str):
                    self.origin[number, token] = latest.get(term)
            latest[calculation.stated] = number
        self._places: dict[Number, list[Place]] = {}
        for place, earlier in self.origin.items():
            if earlier is None:
                self._places.setdefault(self.number(place), []).append(place)

    def number(self, place: Place) -> Number:
        """Return the number that stands at a place."""
        term = self.calculations[place[0]].expression[place[1]]
        assert not isinstance(term, str)
        return term

    @property
    def given(self) -> list[Number]:
        """The given numbers, each once, in order of size."""
        return sorted(self._places)

    def places(self, number: Number) -> Sequence[Place]:
        """Return where a number stands as a given one."""
        return self._places.get(number, ())

    def exchanged(self, one: Number, other: Number) -> dict[Place, Token]:
        """Return the changes that put each of two given numbers in the place of the other."""
        changes: dict[Place, Token] = dict.fromkeys(self.places(one), other)
        changes.update(dict.fromkeys(self.places(other), one))
        return changes

    def results(self, changes: Changes) -> list[Number] | None:
        """Return the results of all calculations after `changes` of numbers and of operations; None where one cannot
        be computed. A calculation that nothing has changed keeps its stated result."""
        touched = {number for number, _ in changes}
        results: list[Number] = []
        changed = False
        for number, calculation in enumerate(self.calculations):
            if not changed and number not in touched:
                results.append(calculation.stated)
                continue
            terms: list[Token] = []
            for token, term in enumerate(calculation.expression):
                place = (number, token)
                if place in changes:
                    term = changes[place]
                elif not isinstance(term, str) and (earlier := self.origin[place]) is not None:
                    term = results[earlier]
                terms.append(term)
            result = calculation.stated if terms == list(calculation.expression) else value(terms)
            if result is None:
                return None
            results.append(result)
            changed = changed or result != calculation.stated
        return results

    def look_alike(self, results: Sequence[Number]) -> bool:
        """Return whether new results look as the stated ones do: no more decimals, above zero where those are."""
        return all(
            decimals(new) <= decimals(old.stated) and (new > 0 or old.stated <= 0)
            for new, old in zip(results, self.calculations, strict=True)
        )

    def replacements(self, changes: Changes, results: Sequence[Number]) -> dict[Number, Number] | None:
        """Return old -> new for the numbers of the calculations; None where one old number would become two new ones,
        so that a text with it cannot be rewritten."""
        pairs = [(number, changes.get(place)) for number, places in self._places.items() for place in places]
        pairs += [(calculation.stated, new) for calculation, new in zip(self.calculations, results, strict=True)]
        new_of: dict[Number, Number] = {}
        for old, new in pairs:
            becomes = old if new is None or isinstance(new, str) else new
            if new_of.setdefault(old, becomes) != becomes:
                return None
        return new_of


def rewritten(text: str, values: Mapping[Number, Number]) -> str:
    """Return a text with its written numbers replaced by value, with thousands commas where they had some.

    >>> rewritten("He paid $1,200 for 4.", {1200: 2500, 4: 7})
    'He paid $2,500 for 7.'
    """

    def new(written: str) -> str:
        old = number_value(written)
        changed = None if old is None else values.get(old, old)
        if changed is None or changed == old:
            return written
        text = number_text(changed) or written
        whole, point, rest = text.partition(".")
        return f"{int(whole):,}{point}{rest}" if "," in written else text

    return NUMBER.sub(lambda match: new(match[0]), text)
