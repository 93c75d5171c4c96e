"""Text files as numbered lines. A line ends at "\\n" and nowhere else; one "\\r" before it belongs to the line end.

`str.splitlines` and universal newlines also break at U+0085, U+2028, U+001C or a lone "\\r", which published data sets
hold inside their sentences; a reader that uses them shifts every later row.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path
from typing import cast

from xstilts.core.encodings import UTF8
from xstilts.core.errors import DataError
from xstilts.core.files import open_bytes, open_text

_SAVE = (
    "Save the file as UTF-8; with iconv: iconv -f LATIN1 -t UTF-8 (or -f UTF-16). A task of a study may name the "
    "`encoding` of its files."
)
WHITESPACE = "whitespace"  # a separator: any run of blanks and TABs

Numbered = tuple[int, str]  # line number from 1, and the line without its end


@contextmanager
def reading(path: Path, encoding: str = UTF8) -> Iterator[None]:
    """Turn what a damaged file raises while it is read into a DataError that names the file."""
    try:
        yield
    except FileNotFoundError:
        raise DataError("there is no such file", where=str(path)) from None
    except UnicodeError as error:
        raise _not_in(encoding, path, error) from error
    except (EOFError, zlib.error, OSError) as error:
        raise DataError(f"the file cannot be read: {error}", where=str(path)) from error


def _not_in(encoding: str, path: Path, error: UnicodeError) -> DataError:
    """Return the error of a text that is not in its encoding; of UTF-8 with the first line that is not."""
    if encoding != UTF8:
        reason = getattr(error, "reason", error)
        return DataError(f"the file is not in the encoding {encoding} ({reason})", where=str(path))
    return _not_utf8(path, error)


def _not_utf8(path: Path, error: UnicodeError) -> DataError:
    with open_bytes(path) as file:
        for number, line in enumerate(file, start=1):
            if number == 1 and line.startswith((b"\xff\xfe", b"\xfe\xff")):
                return DataError("the file is UTF-16, not UTF-8", where=str(path), hint=_SAVE)
            try:
                line.decode()
            except UnicodeDecodeError as first:
                problem = f"the line is not UTF-8: byte {first.start + 1} is 0x{line[first.start]:02x}"
                return DataError(f"{problem} ({first.reason})", where=f"{path}:{number}", hint=_SAVE)
    reason = getattr(error, "reason", error)
    return DataError(f"a text of the file is not UTF-8 ({reason})", where=str(path))  # inside a Parquet file


def numbered_lines(path: Path, encoding: str = UTF8) -> Iterator[Numbered]:
    """Yield the lines of a text file, gzip or not. A byte order mark at the very start is dropped."""
    with reading(path, encoding), open_text(path, encoding) as handle:
        cast(TextIOWrapper, handle).reconfigure(newline="\n")
        for number, line in enumerate(handle, start=1):
            if number == 1:
                line = line.removeprefix("\ufeff")
            if "\0" in line:
                raise DataError(
                    "the line holds a NUL character, which no text does", where=f"{path}:{number}", hint=_SAVE
                )
            yield number, line.removesuffix("\n").removesuffix("\r")


def read_text(path: Path, encoding: str = UTF8) -> str:
    """Return the whole text of a file, gzip or not, without a leading byte order mark."""
    with reading(path, encoding), open_text(path, encoding) as handle:
        return handle.read().removeprefix("\ufeff")


def first_character(path: Path) -> str:
    """Return the first character of a text file that is no blank; "" where there is none."""
    return next((line.strip()[0] for _, line in numbered_lines(path) if line.strip()), "")


def line_blocks(path: Path, encoding: str = UTF8) -> Iterator[list[Numbered]]:
    """Yield runs of lines between blank lines (a line of blanks alone is blank)."""
    block: list[Numbered] = []
    for number, line in numbered_lines(path, encoding):
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


def split_fields(line: str, separator: str) -> list[str]:
    """Return the fields of a line.

    >>> split_fields("a ||| b", " ||| "), split_fields("the  DT\tB-NP ", WHITESPACE)
    (['a', 'b'], ['the', 'DT', 'B-NP'])
    """
    return re.split("[ \t]+", line.strip(" \t")) if separator == WHITESPACE else line.split(separator)
