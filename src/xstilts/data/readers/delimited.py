"""Readers of delimited tables, TSV and CSV: a row of named fields at a time.

Several files are read one after the other.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from io import TextIOWrapper
from pathlib import Path
from typing import cast

from xstilts.core.canonical import OMIT_DEFAULT
from xstilts.core.encodings import UTF8
from xstilts.core.errors import DataError
from xstilts.core.files import open_text
from xstilts.data.source import WHERE, Row
from xstilts.data.text_lines import expect_fields, numbered_lines, reading, split_fields

_LONGEST_CELL = 2**31 - 1  # characters; the csv module refuses more than 131,072 unless told


@dataclass(frozen=True, kw_only=True)
class Tsv:
    """Fields between separators, TABs unless it says otherwise; a quotation mark is a character like any other.

    Arguments
        columns: names of the fields. None: those of the header, or "0", "1", ... where there is no header.
        header: the first line of each file holds names and is not a row.
        separator: any text; "whitespace" is any run of blanks and TABs.
        encoding: of the files, as Python's codecs are called.
    """

    columns: tuple[str, ...] | None = None
    header: bool = False
    separator: str = field(default="\t", metadata=OMIT_DEFAULT)
    encoding: str = field(default=UTF8, metadata=OMIT_DEFAULT)

    def __call__(self, paths: Sequence[Path]) -> Iterator[Row]:
        for path in paths:
            lines = numbered_lines(path, self.encoding)
            cells = ((f"{path}:{number}", split_fields(line, self.separator)) for number, line in lines)
            yield from _named(cells, self.columns, self.header)


@dataclass(frozen=True, kw_only=True)
class Csv:
    """RFC 4180 tables: quoted cells may hold separators, doubled quotes and line breaks. `where` is a row's first line.

    Arguments
        columns, header, encoding: as for `Tsv`; an empty header cell is the field "".
        delimiter: the separator, one character.
        quote: the quotation mark, one character; "": none is one.
        escape: a character that takes its meaning from a quotation mark within a cell; "": such a mark is doubled.
    """

    columns: tuple[str, ...] | None = None
    header: bool = True
    delimiter: str = ","
    quote: str = field(default='"', metadata=OMIT_DEFAULT)
    escape: str = field(default="", metadata=OMIT_DEFAULT)
    encoding: str = field(default=UTF8, metadata=OMIT_DEFAULT)

    def __call__(self, paths: Sequence[Path]) -> Iterator[Row]:
        for path in paths:
            yield from _named(self._cells(path), self.columns, self.header)

    def _cells(self, path: Path) -> Iterator[tuple[str, list[str]]]:
        with reading(path, self.encoding), open_text(path, self.encoding) as handle:
            csv.field_size_limit(_LONGEST_CELL)
            table = csv.reader(
                _lines(cast(TextIOWrapper, handle), path),
                delimiter=self.delimiter,
                quotechar=self.quote or None,
                quoting=csv.QUOTE_MINIMAL if self.quote else csv.QUOTE_NONE,
                escapechar=self.escape or None,
                strict=True,
            )
            first = 1
            try:
                for cells in table:
                    yield f"{path}:{first}", cells
                    first = table.line_num + 1
            except csv.Error as error:
                raise DataError(f"the row is not valid CSV: {error}", where=f"{path}:{first}") from error


def _lines(handle: TextIOWrapper, path: Path) -> Iterator[str]:
    """Yield lines with their ends, the first one without a byte order mark."""
    handle.reconfigure(newline="\n")
    for number, line in enumerate(handle, start=1):
        if "\0" in line:
            raise DataError("the line holds a NUL character, which no text does", where=f"{path}:{number}")
        yield line.removeprefix("\ufeff") if number == 1 else line


def _named(cells: Iterable[tuple[str, list[str]]], columns: tuple[str, ...] | None, header: bool) -> Iterator[Row]:
    """Yield rows of a table from (where, fields). The first line settles names and number of fields for the whole
    file."""
    names: list[str] | None = None
    for where, fields in cells:
        if names is None:
            names = list(columns) if columns else fields if header else [str(i) for i in range(len(fields))]
            if len(set(names)) != len(names):
                twice = next(name for name in names if names.count(name) > 1)
                raise DataError(f"the column name '{twice}' occurs twice", where=where)
            if header:
                expect_fields(fields, len(names), where)
                continue
        if not fields:  # an empty line of a CSV file
            continue
        expect_fields(fields, len(names), where)
        yield {**dict(zip(names, fields, strict=True)), WHERE: where}
