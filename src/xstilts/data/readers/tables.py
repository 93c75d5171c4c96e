"""Readers of tables and records: a row of named fields at a time. Several files are read one after the other."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from xstilts.core.errors import DataError
from xstilts.core.files import open_text
from xstilts.data.source import Row
from xstilts.data.text_lines import expect_fields, lines, readable, text_of


@dataclass(frozen=True, kw_only=True)
class Tsv:
    """Fields between TABs; a quotation mark is a character like any other.

    Arguments
        columns: names of the fields. None: those of the header, or "0", "1", ... where there is no header.
        header: the first line of each file holds names and is not a row.
    """

    columns: tuple[str, ...] | None = None
    header: bool = False

    def __call__(self, paths: Sequence[Path]) -> Iterator[Row]:
        for path in paths:
            cells = ((f"{path}:{number}", line.split("\t")) for number, line in lines(path))
            yield from _named(cells, self.columns, self.header)


@dataclass(frozen=True, kw_only=True)
class Csv:
    """RFC 4180 tables: quoted cells may hold separators, doubled quotes and line breaks. `where` is a row's first line.

    Arguments
        columns, header: as for `Tsv`; an empty header cell is the field "".
        delimiter: the separator, one character.
    """

    columns: tuple[str, ...] | None = None
    header: bool = True
    delimiter: str = ","

    def __call__(self, paths: Sequence[Path]) -> Iterator[Row]:
        for path in paths:
            yield from _named(self._cells(path), self.columns, self.header)

    def _cells(self, path: Path) -> Iterator[tuple[str, list[str]]]:
        with readable(path), open_text(path) as handle:
            table = csv.reader(handle, delimiter=self.delimiter, strict=True)
            first = 1
            try:
                for cells in table:
                    if first == 1:
                        cells[:1] = [cell.removeprefix("\ufeff") for cell in cells[:1]]
                    yield f"{path}:{first}", cells
                    first = table.line_num + 1
            except csv.Error as error:
                raise DataError(f"the row is not valid CSV: {error}", where=f"{path}:{first}") from error


def _named(cells: Iterable[tuple[str, list[str]]], columns: tuple[str, ...] | None, header: bool) -> Iterator[Row]:
    """Rows of a table from (where, fields). The first line settles names and number of fields for the whole file."""
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
        yield {**dict(zip(names, fields, strict=True)), "where": where}


@dataclass(frozen=True, kw_only=True)
class Jsonl:
    """One JSON object a line; blank lines are passed over. Fields inside objects are named by path (`data.fields`)."""

    def __call__(self, paths: Sequence[Path]) -> Iterator[Row]:
        for path in paths:
            for number, line in lines(path):
                if line.strip():
                    where = f"{path}:{number}"
                    yield _record(parse_json(line, where), where)


@dataclass(frozen=True, kw_only=True)
class JsonList:
    """A JSON file that holds a list of objects. `at` is the path of the list, such as "data.items"; "" for the whole
    file. `where` names the item, `file:at[number]`."""

    at: str = ""

    def __call__(self, paths: Sequence[Path]) -> Iterator[Row]:
        for path in paths:
            value = parse_json(text_of(path), str(path))
            for name in self.at.split(".") if self.at else ():
                if not isinstance(value, dict) or name not in value:
                    here = value if isinstance(value, dict) else {}
                    raise DataError(f"no list at '{self.at}'", where=str(path), value=name, allowed=here)
                value = value[name]
            if not isinstance(value, list):
                raise DataError(f"expected a list at '{self.at}', found {_shape(value)}", where=str(path))
            for number, item in enumerate(value):
                where = f"{path}:{self.at}[{number}]"
                yield _record(item, where)


@dataclass(frozen=True, kw_only=True)
class Parquet:
    """Parquet files, row group by row group; nested columns become lists and dicts. `where` is `file:row`, from 1.

    Arguments
        columns: the columns to read; None: all.
    """

    columns: tuple[str, ...] | None = None

    def __call__(self, paths: Sequence[Path]) -> Iterator[Row]:
        for path in paths:
            with readable(path):
                yield from self._rows(path)

    def _rows(self, path: Path) -> Iterator[Row]:
        import pyarrow as pa
        import pyarrow.parquet as pq

        try:
            with pq.ParquetFile(path) as file:
                names = file.schema_arrow.names
                for name in self.columns or ():
                    if name not in names:
                        raise DataError(f"no column '{name}'", where=str(path), value=name, allowed=names)
                number = 0
                for batch in file.iter_batches(columns=list(self.columns) if self.columns else None):
                    for row in batch.to_pylist():
                        number += 1
                        yield {**row, "where": f"{path}:{number}"}
        except pa.ArrowInvalid as error:
            raise DataError(f"the file is not Parquet: {error}", where=str(path)) from error


def parse_json(text: str, where: str) -> Any:
    """The value of a JSON text. Raises DataError at `where`; `where` of a whole file gets the line of the fault."""
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise DataError(f"not valid JSON: {error.msg} ({place})", where=where) from None


def _record(value: Any, where: str) -> Row:
    if not isinstance(value, dict):
        raise DataError(f"expected an object with named fields, found {_shape(value)}", where=where)
    return {**value, "where": where}


def _shape(value: Any) -> str:
    return {dict: "an object", list: "a list", str: "a text", type(None): "null"}.get(type(value), "a number")
