"""Text files as numbered lines. A line ends at "\\n" and nowhere else; one "\\r" before it belongs to the line end.

`str.splitlines` and universal newlines also break at U+0085, U+2028, U+001C or a lone "\\r", which published data sets
hold inside their sentences; a reader that uses them shifts every later row.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path
from typing import cast

from xstilts.core.errors import DataError
from xstilts.core.files import open_bytes, open_text

_SAVE = "Save the file as UTF-8; with iconv: iconv -f LATIN1 -t UTF-8 (or -f UTF-16)."

Numbered = tuple[int, str]  # line number from 1, and the line without its end


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Turn what a damaged file raises while it is read into a DataError that names the file."""
    try:
        yield
    except FileNotFoundError:
        raise DataError("there is no such file", where=str(path)) from None
    except UnicodeDecodeError as error:
        raise _not_utf8(path, error) from error
    except (EOFError, zlib.error, OSError) as error:
        raise DataError(f"the file cannot be read: {error}", where=str(path)) from error


def _not_utf8(path: Path, error: UnicodeDecodeError) -> DataError:
    """Return the error of a text that is not UTF-8, with the first line that is not."""
    with open_bytes(path) as file:
        for number, line in enumerate(file, start=1):
            if number == 1 and line.startswith((b"\xff\xfe", b"\xfe\xff")):
                return DataError("the file is UTF-16, not UTF-8", where=str(path), hint=_SAVE)
            try:
                line.decode()
            except UnicodeDecodeError as first:
                problem = f"the line is not UTF-8: byte {first.start + 1} is 0x{line[first.start]:02x}"
                return DataError(f"{problem} ({first.reason})", where=f"{path}:{number}", hint=_SAVE)
    return DataError(f"a text of the file is not UTF-8 ({error.reason})", where=str(path))  # inside a Parquet file


def numbered_lines(path: Path) -> Iterator[Numbered]:
    """Yield the lines of a text file, gzip or not. A byte order mark at the very start is dropped."""
    with reading(path), open_text(path) as handle:
        cast(TextIOWrapper, handle).reconfigure(newline="\n")
        for number, line in enumerate(handle, start=1):
            if number == 1:
                line = line.removeprefix("\ufeff")
            if "\0" in line:
                raise DataError(
                    "the line holds a NUL character, which no text does", where=f"{path}:{number}", hint=_SAVE
                )
            yield number, line.removesuffix("\n").removesuffix("\r")


def read_text(path: Path) -> str:
    """Return the whole text of a file, gzip or not, without a leading byte order mark."""
    with reading(path), open_text(path) as handle:
        return handle.read().removeprefix("\ufeff")


def first_character(path: Path) -> str:
    """Return the first character of a text file that is no blank; "" where there is none."""
    return next((line.strip()[0] for _, line in numbered_lines(path) if line.strip()), "")


def line_blocks(path: Path) -> Iterator[list[Numbered]]:
    """Yield runs of lines between blank lines (a line of blanks alone is blank)."""
    block: list[Numbered] = []
    for number, line in numbered_lines(path):
        if line.strip(" \t\r"):
            block.append((number, line))
        elif block:
            yield block
            block = []
    if block:
        yield block


def expect_fields(fields: list[str], expected: int, where: str) -> None:
    """Raise DataError with both numbers when a row has not the number of fields it should have."""
    if len(fields) != expected:
        raise DataError(f"the row has {len(fields)} fields, expected {expected}", where=where)
