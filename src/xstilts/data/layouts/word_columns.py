"""Column files: a word with its annotation on each line, blank lines between sentences."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

DOCUMENT = "-DOCSTART-"
_TREEBANK = re.compile(r"\d+([-.]\d+)?")
_NUMBER = re.compile(r"\d+")
_CHUNK_TAG = re.compile(r"O|[BIESLUMW]-.+")
TREEBANK_COLUMNS = 10


@dataclass(frozen=True, kw_only=True)
class ColumnLook:
    """How a column file is written.

    Attributes:
        words, tags: numbers of the columns, from 0.
        comment: how lines that are no words begin; "" where there are none.
        treebank: it is CoNLL-U.
    """

    separator: str
    width: int
    words: int
    tags: int
    comment: str
    treebank: bool


def look_at_columns(lines: Sequence[str]) -> ColumnLook | None:
    """Return how the lines of a column file are written; None where they are none: no two sentences with a blank line
    between them, or another number of columns from line to line.

    >>> look_at_columns(["# id 1", "Ada _ B-PER", "sings _ O", "", "Yes _ O"]).tags
    2
    """
    blocks = list(_blocks(lines))
    if len(blocks) < 2:
        return None
    has_comments = any(line.startswith("#") for block in blocks for line in block[:1])
    for separator in ("\t", " "):
        comment = "# " if has_comments else ""
        words = [line for block in blocks for line in block if not (comment and line.startswith(comment))]
        table = [line.split(separator) for line in words if not line.startswith(DOCUMENT)]
        widths = {len(row) for row in table}
        if len(widths) == 1 and (width := widths.pop()) > 1:
            treebank = (
                width == TREEBANK_COLUMNS and separator == "\t" and all(_TREEBANK.fullmatch(row[0]) for row in table)
            )
            numbered = all(_NUMBER.fullmatch(row[0]) for row in table)
            return ColumnLook(
                separator=separator, width=width, words=int(numbered and width > 2), tags=_tag_column(table, width),
                comment=comment, treebank=treebank,
            )  # fmt: skip
    return None


def _blocks(lines: Sequence[str]) -> Iterator[list[str]]:
    block: list[str] = []
    for line in lines:
        if line.strip():
            block.append(line)
        elif block:
            yield block
            block = []
    if block:
        yield block


def _tag_column(table: Sequence[Sequence[str]], width: int) -> int:
    """Return the last column whose values are tags of chunks, else the last one of several values."""
    columns = [{row[number] for row in table} for number in range(width)]
    numbers = range(width - 1, 0, -1)
    chunks = (n for n in numbers if len(columns[n]) > 1 and all(map(_CHUNK_TAG.fullmatch, columns[n])))
    several = (n for n in numbers if len(columns[n]) > 1)
    return next(chunks, next(several, width - 1))
