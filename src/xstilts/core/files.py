"""Files that are either whole or not there.

Every write goes to a temporary file in the same folder, reaches the disk, and is renamed into place. A full disk or a
forbidden folder is a `StoreError` and leaves the old file as it was.
"""

from __future__ import annotations

import contextlib
import gzip
import io
import json
import os
import stat
import uuid
import zlib
from pathlib import Path
from typing import Any, TextIO

from xstilts.core.encodings import UTF8
from xstilts.core.errors import DataError, EncoderError, StoreError
from xstilts.core.io_errors import make_folder, writing
from xstilts.core.visible_text import escaped_json

DRAFTS = f".*.{'[0-9a-f]' * 12}.tmp"  # what a kill leaves of a write, as a pattern of names


def write_atomic(path: Path, data: bytes | str) -> None:
    """Write `data` (text as UTF-8) so that a reader sees the old file or the new one, never a part.

    Makes the parent folders. Raises StoreError on a full disk or a forbidden place; then nothing of it stays.
    """
    payload = data.encode() if isinstance(data, str) else data
    draft = path.with_name(f".{path.name}.{uuid.uuid4().hex[:12]}.tmp")
    make_folder(path.parent)
    with writing(path):
        try:
            with draft.open("xb") as file:
                file.write(payload)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(path)
        except BaseException:
            with contextlib.suppress(OSError):
                draft.unlink()
            raise


def whole_lines(path: Path, offset: int) -> tuple[bytes, int]:
    """Return the whole lines of a file that grows, from a place in it on, without the last newline, and the place after
    them. The last line may be half written. A file that is shorter than `offset` has none. Raises OSError."""
    with path.open("rb") as file:
        offset = min(offset, file.seek(0, os.SEEK_END))  # it may be another file by now
        file.seek(offset)
        lines, newline, _ = file.read().rpartition(b"\n")
    return lines, offset + len(lines) + len(newline)


def write_json(path: Path, value: Any) -> None:
    """Write `value` as indented JSON, atomically; what would steer a terminal is an escape in it. Numbers that JSON
    lacks (NaN, infinities) raise ValueError."""
    write_atomic(path, escaped_json(json.dumps(value, ensure_ascii=False, indent=1, allow_nan=False)) + "\n")


def read_json(path: Path) -> Any:
    """Return the JSON value in `path` (UTF-8). Raises StoreError when it is missing, unreadable or not JSON."""
    if problem := not_a_file(path):
        raise StoreError(f"{problem}.", where=str(path))
    try:
        return json.loads(path.read_text("utf-8"))
    except FileNotFoundError as error:
        raise StoreError("there is no such file.", where=str(path)) from error
    except OSError as error:
        raise StoreError(f"the file cannot be read ({error.strerror}).", where=str(path)) from error
    except json.JSONDecodeError as error:
        raise StoreError(f"this is not JSON ({error.msg}).", where=f"{path}:{error.lineno}") from error
    except UnicodeDecodeError as error:
        raise StoreError(f"this is not UTF-8 text ({error.reason}).", where=str(path)) from error
    except RecursionError as error:
        raise StoreError("this JSON is nested too deeply.", where=str(path)) from error
    except ValueError as error:  # a number of thousands of digits
        raise StoreError(f"this JSON cannot be read ({error}).", where=str(path)) from error


def read_json_mapping(path: Path) -> dict[str, Any]:
    """Return the JSON object in `path`, values by name. Raises StoreError as `read_json`, and for any other value."""
    value = read_json(path)
    if not isinstance(value, dict):
        noun = {list: "a list", str: "a text", bool: "a truth value", type(None): "null"}.get(type(value), "a number")
        raise StoreError(f"this is {noun}, not values by name ({{...}}).", where=str(path))
    return value


def read_settings(path: Path) -> dict[str, Any]:
    """Return the settings in a JSON file by name. Raises EncoderError where it cannot be read or holds none."""
    try:
        return read_json_mapping(path)
    except StoreError as error:
        raise EncoderError(error.what, where=error.where) from error


def not_a_file(path: Path) -> str:
    """Return what a path is where it is there and no ordinary file (opening a pipe would wait for ever), else ""."""
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError):
        return ""
    if stat.S_ISREG(mode):
        return ""
    noun = next((noun for test, noun in _OTHER_THINGS.items() if test(mode)), "something else")
    return f"this is {noun}, not a file"


_OTHER_THINGS = {
    stat.S_ISDIR: "a folder",
    stat.S_ISFIFO: "a named pipe",
    stat.S_ISCHR: "a device",
    stat.S_ISBLK: "a device",
    stat.S_ISSOCK: "a socket",
}


def file_text(path: Path) -> str:
    """Return the text of a file (UTF-8, with or without a byte order mark). Raises DataError that names the first line
    which is no UTF-8."""
    with open_bytes(path) as file:
        try:
            content: bytes = file.read()
        except (OSError, EOFError, zlib.error) as error:
            raise DataError(f"the file cannot be read ({error})", where=str(path)) from error
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        problem = f"line {line} is not UTF-8: byte 0x{content[error.start]:02x} ({error.reason})"
        raise DataError(problem, where=str(path), hint="Save the file as UTF-8.") from error


def open_text(path: Path, encoding: str = UTF8) -> TextIO:
    """Open a text file (newlines unchanged) or a gzipped one, told apart by the first two bytes, not by name.

    Raises DataError when it is missing or cannot be read.
    """
    return io.TextIOWrapper(open_bytes(path), encoding=encoding, newline="")


def open_bytes(path: Path) -> Any:
    """Open a file or a gzipped one for reading bytes, told apart as `open_text` does.

    Raises DataError when it is missing, is no file, or cannot be read."""
    if problem := not_a_file(path):
        raise DataError(f"{problem}.", where=str(path))
    try:
        raw = path.open("rb")
        packed = raw.read(2) == b"\x1f\x8b"
        raw.seek(0)
    except FileNotFoundError as error:
        raise DataError("there is no such file.", where=str(path)) from error
    except OSError as error:
        raise DataError(f"the file cannot be read ({error.strerror}).", where=str(path)) from error
    return _Unzipped(raw) if packed else raw


class _Unzipped(gzip.GzipFile):
    """GzipFile leaves a file object it was given open; this one closes it."""

    def __init__(self, raw: Any) -> None:
        self._raw = raw
        super().__init__(fileobj=raw, mode="rb")

    def close(self) -> None:
        super().close()
        self._raw.close()
