"""Tables: the separator and the quoting that fit, and whether the first line names the columns."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

SEPARATORS = {"\t": "TAB", ";": "semicolon", "|": "vertical bar", ",": "comma"}  # in the order they are tried
_MOST_LINES = 500
_NUMBER = re.compile(r"-?\d+([.,]\d+)?")
_NAME = re.compile(r"[^\W\d][\w .:/()-]{0,39}")


@dataclass(frozen=True, kw_only=True)
class TableLook:
    """How a table is written. quoted: cells may stand in quotation marks, with separators and line ends in them."""

    separator: str
    quoted: bool
    header: tuple[str, ...]  # () where the first line is a row like any other
    width: int


def look_at_table(lines: Sequence[str], whole: bool) -> TableLook | None:
    """Return how the lines of a table are written; None where no separator cuts all of them into as many cells.

    `whole`: the lines are all there are, so that an open quotation mark at their end is a fault.

    >>> look_at_table(["text;mark", "gut;1", '"so; la";0'], whole=True)
    TableLook(separator=';', quoted=True, header=('text', 'mark'), width=2)
    """
    lines = lines[:_MOST_LINES]
    for separator in SEPARATORS:
        plain = [line.split(separator) for line in lines if line]
        cells = _quoted_cells(lines, separator, whole) if any('"' in line for line in lines) else None
        quoted = cells is not None and cells != plain and _width(cells) > 1
        table = cells if quoted and cells is not None else plain
        if _width(table) > 1:
            header = tuple(table[0]) if _names_columns(table) else ()
            return TableLook(separator=separator, quoted=quoted, header=header, width=len(table[0]))
    return None


def _quoted_cells(lines: Sequence[str], separator: str, whole: bool) -> list[list[str]] | None:
    """Return the cells of lines read as RFC 4180 has it; None where they are not so written."""
    found: list[list[str]] = []
    rows: Iterator[list[str]] = csv.reader((line + "\n" for line in lines), delimiter=separator, strict=True)
    try:
        found.extend(row for row in rows if row)
    except csv.Error as error:
        if whole or "unexpected end" not in str(error):
            return None
    return found


def _width(table: Sequence[Sequence[str]]) -> int:
    """Return how many cells every row has; 0 where they differ."""
    widths = {len(row) for row in table}
    return widths.pop() if len(widths) == 1 else 0


def _names_columns(table: Sequence[Sequence[str]]) -> bool:
    """Whether the first row names columns: short names, each once, that say something else than the rows below."""
    first, *rows = table
    if len(set(first)) != len(first) or not all(_NAME.fullmatch(cell.strip()) for cell in first) or not rows:
        return False
    columns = list(zip(*rows, strict=True))
    numeric = any(all(_NUMBER.fullmatch(cell) for cell in column) for column in columns)
    # What stands below in a column of few values would stand above as well, were the first row one of them.
    unlike = any(
        name not in column and len(set(column)) < len(column) for name, column in zip(first, columns, strict=True)
    )
    longer = any(
        len(name) * 3 < sum(map(len, column)) / len(column) for name, column in zip(first, columns, strict=True)
    )
    return numeric or (unlike and longer) or (unlike and len(rows) > 20)
