"""Cases of a test of MultiCheckList: its templates filled with values that are drawn by the number of the case alone,
so that a case says the same in every language."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from xstilts.data.checklist.templates import Cell, CheckTest, parts_of
from xstilts.data.word_problems.draws import drawn, shuffled

NAMES = (
    "Adam", "Boris", "Carlos", "David", "Edwin", "Felix", "Gustav", "Hugo", "Ivan", "Jonas", "Karl", "Leo", "Martin",
    "Nikolas", "Oscar", "Paul", "Robert", "Simon", "Thomas", "Victor",
)  # fmt: skip
_PLACEHOLDER = re.compile(r"\{(?:[a-z]+:)?([a-z_]+\d?)(?:\[(\d)\]|\.([pv][12]))?\}")
_PROPERTY = "property"
_ALIASES = {"s": "state"}
_SENTENCE = re.compile(r"(^|[.!?]\s+)(\w)")


@dataclass(frozen=True, slots=True)
class Case:
    """A context with a question and its answer, which stands in it from `start`; -1: it does not."""

    context: str
    question: str
    answer: str
    start: int


def case_of(test: CheckTest, number: int, seed: int) -> Case | None:
    """Return a case; None where the language has no text for the values that were drawn."""
    name = f"{test.name} {number}"
    values = _values(test, name, seed)
    context_cell = test.contexts[drawn(len(test.contexts), f"context {name}", seed)]
    question_cell, answer_cell = test.questions[drawn(len(test.questions), f"question {name}", seed)]
    texts = [_filled(cell, values, context_cell.english) for cell in (context_cell, question_cell, answer_cell)]
    if None in texts:
        return None
    context, question, answer = (text or "" for text in texts)
    context = _SENTENCE.sub(lambda match: match[1] + match[2].upper(), context)
    start = context.find(answer)
    if start < 0 and answer:  # at the beginning of a sentence it has a capital
        start = context.find(answer[0].upper() + answer[1:])
        answer = context[start : start + len(answer)] if start >= 0 else answer
    return Case(context=context, question=question, answer=answer, start=start)


def _values(test: CheckTest, name: str, seed: int) -> dict[str, Cell | str]:
    """Return placeholder -> a name, or the row of its value."""
    names = shuffled(NAMES, f"names {name}", seed)
    values: dict[str, Cell | str] = {"first_name": names[0], "first_name1": names[1], "first_name2": names[2]}
    for placeholder, cells in test.values.items():
        values[placeholder] = cells[drawn(len(cells), f"{placeholder} {name}", seed)]
    if _PROPERTY in test.values:
        for number, property_ in enumerate(shuffled(test.values[_PROPERTY], f"properties {name}", seed)[:2], start=1):
            cells = test.values[property_.english]
            values[f"p{number}"] = property_
            values[f"v{number}"] = cells[drawn(len(cells), f"v{number} {name}", seed)]
    return values


def _key(match: re.Match[str]) -> str:
    return match[3] or _ALIASES.get(match[1], match[1])


def _filled(cell: Cell, values: Mapping[str, Cell | str], context: str) -> str | None:
    """Return the text of a template in its variant for the English values that the English template names, else for any
    that was drawn. Some variants of values are for an English template: the one they stand in, or the context."""
    english = [
        value.english
        for match in _PLACEHOLDER.finditer(cell.english)
        if isinstance(value := values.get(_key(match)), Cell)
    ]
    drawn_values = [value.english for value in values.values() if isinstance(value, Cell)]
    template = cell.text_for(english) or cell.text_for([*drawn_values, context])
    if template is None:
        return None
    everything = [*drawn_values, cell.english] if cell.english != context else [context, *drawn_values]
    filled: list[str | None] = []

    def put(match: re.Match[str]) -> str:
        value = values.get(_key(match))
        text = (value.text_for(everything) or value.text_for([context])) if isinstance(value, Cell) else value
        if text is not None and match[2] is not None:
            text = _part(text, int(match[2]), str(value.english) if isinstance(value, Cell) else "")
        filled.append(text)
        return text or ""

    said = _PLACEHOLDER.sub(put, template)
    return None if None in filled or "{" in said else said


def _part(text: str, number: int, english: str) -> str | None:
    """Return one of the parts of a value, which some languages put a blank between."""
    parts = parts_of(text)
    if len(parts) < len(parts_of(english)):
        parts = text.split()
    return parts[number] if number < len(parts) else None
