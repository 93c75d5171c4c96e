"""Which operation uses a number of the question: tags for its words."""

from __future__ import annotations

import re

from xstilts.data.word_problems.arithmetic import NUMBER, Number, number_value
from xstilts.data.word_problems.recompute import Workings
from xstilts.data.word_problems.solutions import Solution

_WORD = re.compile(rf"{NUMBER.pattern}|\w+(?:['’]\w+)*|[^\w\s]")
_NAMES = {"+": "add", "-": "subtract", "*": "multiply", "/": "divide", "//": "divide"}
OPERATION_TAGS = ("O", "B-add", "B-subtract", "B-multiply", "B-divide")
_SPELLED = {
    word: number
    for number, word in enumerate(
        ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"],
        start=1,
    )
} | {"twice": 2, "half": 2, "double": 2, "triple": 3, "dozen": 12}


def tagged_words(question: str, solution: Solution) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the words of a question and a tag for each: a number that a calculation uses as a given one has the
    operation at which it stands, the first where several use it; everything else is O."""
    uses = operations_of(Workings(solution))
    words = tuple(_WORD.findall(question))
    return words, tuple(_tag(word, uses) for word in words)


def operations_of(workings: Workings) -> dict[Number, str]:
    """Return for each given number the name of the operation that first uses it: the sign before it, or after it where
    it comes first."""
    uses: dict[Number, str] = {}
    for (number, token), earlier in workings.origin.items():
        if earlier is not None:
            continue
        expression = workings.calculations[number].expression
        signs = [
            t for t in (*reversed(expression[:token]), *expression[token + 1 :]) if isinstance(t, str) and t in _NAMES
        ]
        if signs:
            uses.setdefault(workings.number((number, token)), _NAMES[signs[0]])
    return uses


def _tag(word: str, uses: dict[Number, str]) -> str:
    number = number_value(word) if word[0].isdigit() or word[0] == "." else _SPELLED.get(word.lower())
    return "O" if number is None or number not in uses else f"B-{uses[number]}"
