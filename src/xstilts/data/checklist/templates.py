"""The template table of MultiCheckList (Ruder et al. 2021, XTREME-R): tests, each with contexts, questions with their
answers, and values of placeholders. A cell of a language may have several variants, each with the English values that
it stands for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from xstilts.core.errors import DataError

_SEPARATORS = re.compile(r"\s*[,،，၊、]\s*")
_ENGLISH = "en"
_SUFFIX = "-placeholders"


@dataclass(frozen=True, slots=True)
class Variant:
    """A text of a cell, and the English values that it is for; () : for all."""

    text: str
    only_for: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Cell:
    """A row of the table in English and in one language."""

    english: str
    variants: tuple[Variant, ...]
    where: str

    def text_for(self, english_values: Iterable[str]) -> str | None:
        """Return the variant for these English values, one that names one of them first; None where there is none."""
        names = {name for value in english_values for name in names_of(value)}
        named = next((one.text for one in self.variants if names.intersection(one.only_for)), None)
        return named or next((one.text for one in self.variants if not one.only_for), None)


@dataclass(slots=True)
class CheckTest:
    """One test. questions: (question, answer) pairs; values: name of a placeholder -> its values."""

    name: str
    capability: str = ""
    contexts: list[Cell] = field(default_factory=list)
    questions: list[tuple[Cell, Cell]] = field(default_factory=list)
    values: dict[str, list[Cell]] = field(default_factory=dict)


def parts_of(text: str) -> list[str]:
    """Return the parts of a value such as "older, old"."""
    return [part for part in _SEPARATORS.split(text.strip()) if part]


def names_of(english: str) -> set[str]:
    """Return what a restriction may call an English value: itself, its parts, and the last word of each."""
    parts = parts_of(english)
    return {english.strip(), *parts, *(part.split()[-1] for part in parts)}


def read_tests(lines: Iterable[tuple[str, str]], language: str) -> list[CheckTest]:
    """Return the tests of a language from (where, line) pairs of the table.

    Raises DataError (file:line) for a language that has no column, a line of another number of fields, a question
    without an answer and a line before the first test."""
    tests: list[CheckTest] = []
    columns: list[tuple[int, int | None]] = []
    english = width = 0
    question: Cell | None = None
    for where, line in lines:
        fields = line.split("\t")
        if not width:
            width, columns = len(fields), _columns(fields, language, where)
            english = fields.index(_ENGLISH)
            continue
        if len(fields) != width:
            raise DataError(f"{len(fields)} fields, the first line has {width}", where=where)
        name = fields[0].strip()
        if not name:
            continue
        cell = Cell(fields[english].strip(), _variants(fields, columns), where)
        if name == "Name":
            tests.append(CheckTest(name=cell.english))
            continue
        if not tests:
            raise DataError("the table begins with no test", where=where, value=name, allowed=("Name",))
        test = tests[-1]
        if name == "Answer":
            if question is None:
                raise DataError("an answer without a question", where=where)
            test.questions.append((question, cell))
            question = None
        elif question is not None:
            raise DataError("a question without an answer", where=question.where)
        elif name == "Capability":
            test.capability = cell.english
        elif name == "Context":
            test.contexts.append(cell)
        elif name == "Question":
            question = cell
        else:
            test.values.setdefault(name, []).append(cell)
    return tests


def _columns(header: Sequence[str], language: str, where: str) -> list[tuple[int, int | None]]:
    """Return the columns of a language, each with that of the English values it is for."""
    found = [i for i, name in enumerate(header) if name == language and i]
    if not found or _ENGLISH not in header:
        known = sorted({name for name in header[1:] if not name.endswith(_SUFFIX)})
        raise DataError(f"the table has no column '{language}'", where=where, value=language, allowed=known)
    restricted = language + _SUFFIX
    return [(i, i + 1 if i + 1 < len(header) and header[i + 1] == restricted else None) for i in found]


def _variants(fields: Sequence[str], columns: Sequence[tuple[int, int | None]]) -> tuple[Variant, ...]:
    found = []
    for text, only_for in columns:
        if fields[text].strip():
            names = () if only_for is None else tuple(parts_of(fields[only_for]))
            found.append(Variant(text=fields[text].strip(), only_for=names))
    return tuple(found)
