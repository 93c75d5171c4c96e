"""Readers around another reader that change its rows: cells that hold values, and texts joined from several fields."""

from __future__ import annotations

import ast
import io
import json
import tokenize
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from xstilts.core.errors import DataError
from xstilts.data.fields import fill_template, shown, text_field
from xstilts.data.source import WHERE, Reader, Row


@dataclass(frozen=True, kw_only=True)
class ParsedCells:
    """The rows of `read`, a table, with the texts in some fields read as values: lists, objects, numbers, as JSON or
    Python writes them ("['a', 'b']" is what pandas makes of a list). A blank cell is null.

    Raises DataError (file:line) for a cell that holds neither.
    """

    read: Reader
    fields: tuple[str, ...]

    def __call__(self, paths: Sequence[Path]) -> Iterator[Row]:
        for row in self.read(paths):
            yield {**row, **{name: _value(text_field(row, name), name, row[WHERE]) for name in self.fields}}


@dataclass(frozen=True, kw_only=True)
class JoinedFields:
    """The rows of `read`, each with a field more for every template: "{passage} {question}" is called so, and holds the
    two fields with a blank between them. Raises DataError (file:line) for a field that there is not."""

    read: Reader
    templates: tuple[str, ...]

    def __call__(self, paths: Sequence[Path]) -> Iterator[Row]:
        for row in self.read(paths):
            yield {**row, **{template: fill_template(template, row) for template in self.templates}}


def _value(cell: str, name: str, where: str) -> Any:
    if not cell.strip():
        return None
    try:
        return json.loads(cell)
    except (ValueError, RecursionError):
        pass
    try:
        value = ast.literal_eval(cell.strip())
        lacks_comma = _has_neighbours(cell)
    except (ValueError, SyntaxError, RecursionError, MemoryError, tokenize.TokenError):
        raise _unreadable(cell, name, where, "is no value of JSON or Python") from None
    if lacks_comma:
        raise _unreadable(cell, name, where, "has two texts without a comma between them")
    return value


def _has_neighbours(cell: str) -> bool:
    """Tell whether two texts stand side by side, which Python joins and numpy writes for a list of two."""
    kinds = [token.type for token in tokenize.generate_tokens(io.StringIO(cell.strip()).readline)]
    return any(first == second == tokenize.STRING for first, second in pairwise(kinds))


def _unreadable(cell: str, name: str, where: str, problem: str) -> DataError:
    hint = "`parse` is for columns whose cells hold lists or objects."
    return DataError(f"the field '{name}' {problem}: {shown(cell)}", where=where, hint=hint)
