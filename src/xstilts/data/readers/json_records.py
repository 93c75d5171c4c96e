"""Readers of JSON records: an object on each line, or a list of objects.

Several files are read one after the other.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from xstilts.core.canonical import OMIT_DEFAULT
from xstilts.core.encodings import UTF8
from xstilts.core.errors import DataError
from xstilts.data.source import WHERE, Row
from xstilts.data.text_lines import numbered_lines, read_text

PairsHook = Callable[[list[tuple[str, Any]]], Any]  # what makes an object of its names and values


@dataclass(frozen=True, kw_only=True)
class Jsonl:
    """One JSON object a line; blank lines are passed over. Fields inside objects are named by path (`data.fields`).
    `encoding`: of the files, as Python's codecs are called."""

    encoding: str = field(default=UTF8, metadata=OMIT_DEFAULT)

    def __call__(self, paths: Sequence[Path]) -> Iterator[Row]:
        for path in paths:
            for number, line in numbered_lines(path, self.encoding):
                if line.strip():
                    where = f"{path}:{number}"
                    yield _record(parse_json(line, where), where)


@dataclass(frozen=True, kw_only=True)
class JsonList:
    """A JSON file that holds a list of objects. `at` is the path of the list, such as "data.items"; "" for the whole
    file. `encoding`: of the files, as Python's codecs are called. `where` names the item, `file:at[number]`."""

    at: str = ""
    encoding: str = field(default=UTF8, metadata=OMIT_DEFAULT)

    def __call__(self, paths: Sequence[Path]) -> Iterator[Row]:
        for path in paths:
            value = parse_json_file(path, encoding=self.encoding)
            for name in self.at.split(".") if self.at else ():
                if not isinstance(value, dict) or name not in value:
                    fields = value if isinstance(value, dict) else {}
                    raise DataError(f"no list at '{self.at}'", where=str(path), value=name, allowed=fields)
                value = value[name]
            if not isinstance(value, list):
                raise DataError(f"expected a list at '{self.at}', found {_shape(value)}", where=str(path))
            for number, item in enumerate(value):
                where = f"{path}:{self.at}[{number}]"
                yield _record(item, where)


def parse_json(text: str, where: str) -> Any:
    """Return the value of a JSON text. Raises DataError at `where`."""
    return _parsed(text, lambda line: where, None)


def parse_json_file(path: Path, pairs: PairsHook | None = None, encoding: str = UTF8) -> Any:
    """Return the value of a JSON file; `pairs` makes the objects. Raises DataError at the line of the fault."""
    return _parsed(read_text(path, encoding), lambda line: f"{path}:{line}", pairs)


def _parsed(text: str, where: Callable[[int], str], pairs: PairsHook | None) -> Any:
    try:
        value = json.loads(text, object_pairs_hook=pairs)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise DataError(f"not valid JSON: {error.msg} ({place})", where=where(error.lineno)) from None
    except RecursionError:
        raise DataError("this JSON is nested too deeply to be data", where=where(1)) from None
    except ValueError as error:  # a number of thousands of digits
        raise DataError(f"this JSON cannot be read: {error}", where=where(1)) from None
    if half := _half_surrogate(text):
        line = text.count("\n", 0, half.start()) + 1
        problem = f"the text holds half a character, {half[0]}: a surrogate without the other one of its pair"
        raise DataError(problem, where=where(line))
    return value


_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|.)")


def _half_surrogate(text: str) -> re.Match[str] | None:
    r"""Return the first `\ud83d` in a JSON text that is no half of a pair."""
    if "\\ud" not in text and "\\uD" not in text:
        return None
    high: re.Match[str] | None = None
    for match in _ESCAPE.finditer(text):
        code = int(match[1], 16) if match[1] else 0
        if high is not None and not (high.end() == match.start() and 0xDC00 <= code < 0xE000):
            return high
        if high is None and 0xDC00 <= code < 0xE000:
            return match
        high = match if 0xD800 <= code < 0xDC00 else None
    return high


def _record(value: Any, where: str) -> Row:
    if not isinstance(value, dict):
        raise DataError(f"expected an object with named fields, found {_shape(value)}", where=where)
    return {**value, WHERE: where}


def _shape(value: Any) -> str:
    return {dict: "an object", list: "a list", str: "a text", type(None): "null"}.get(type(value), "a number")
