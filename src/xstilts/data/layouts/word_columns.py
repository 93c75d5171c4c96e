"""Column files: a word with its annotation on each line, blank lines between sentences."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import dropwhile

from xstilts.data.text_lines import split_fields

COMMENTS = ("# ", "-DOCSTART-")  # how lines before a sentence begin
SEPARATORS = {"\t": "TABs", " ": "blanks", "whitespace": "runs of blanks"}  # in the order they are tried
_TREEBANK = re.compile(r"\d+([-.]\d+)?")
_NUMBER = re.compile(r"\d+")
_CHUNK_TAG = re.compile(r"O|[BIESLUMW]-.+")
TREEBANK_COLUMNS = 10


@dataclass(frozen=True, kw_only=True)
class ColumnLook:
    """How a column file is written.

    Attributes:
        words, tags: numbers of the columns, from 0.
        comments: how lines before the first word of a sentence begin.
        treebank: it is CoNLL-U.
    """

    separator: str
    width: int
    words: int
    tags: int
    comments: tuple[str, ...]
    treebank: bool


def look_at_columns(lines: Sequence[str]) -> ColumnLook | None:
    """Return how the lines of a column file are written; None where they are none: no two sentences with a blank line
    between them, or another number of columns from line to line.

    >>> look_at_columns(["# id 1", "Ada _ B-PER", "sings _ O", "", "Yes _ O"]).tags
    2
    """
    blocks = list(_blocks(lines))
    comments = tuple(begin for begin in COMMENTS if any(block[0].startswith(begin) for block in blocks))
    sentences = [list(dropwhile(lambda line: line.startswith(comments), block)) for block in blocks]
    if sum(map(bool, sentences)) < 2:
        return None
    for separator in SEPARATORS:
        table = [split_fields(line, separator) for sentence in sentences for line in sentence]
        widths = {len(row) for row in table}
        if len(widths) == 1 and (width := widths.pop()) > 1:
            treebank = (
                width == TREEBANK_COLUMNS and separator == "\t" and all(_TREEBANK.fullmatch(row[0]) for row in table)
            )
            numbered = all(_NUMBER.fullmatch(row[0]) for row in table)
            return ColumnLook(
                separator=separator, width=width, words=int(numbered and width > 2), tags=_tag_column(table, width),
                comments=comments, treebank=treebank,
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
