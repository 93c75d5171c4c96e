"""Fields of a row by path, and texts made from them.

>>> row = {"where": "f:1", "question": {"stem": "Why?", "choices": [{"text": "a"}, {"text": "b"}]}}
>>> field_value(row, "question.stem"), field(row, "question.choices.*.text")
('Why?', ['a', 'b'])
>>> fill_template("{question.stem} {option}", {**row, "option": "a"})
'Why? a'
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from typing import Any

from xstilts.core.errors import DataError
from xstilts.data.source import Row

_LONGEST_NAME = 64


def field_value(row: Row, path: str) -> Any:
    """Return the value at `path`: names between dots, "*" for every item of a list. A field that is itself called
    `path` comes first.

    Raises DataError, naming what the row has, when there is no such field.
    """
    if path in row:
        return row[path]
    value: Any = row
    steps = path.split(".")
    for i, step in enumerate(steps):
        if step == "*" and isinstance(value, list):
            return [
                field_value({"where": row["where"], "item": item}, ".".join(["item", *steps[i + 1 :]]))
                for item in value
            ]
        if not isinstance(value, dict) or step not in value:
            names = [name for name in value if name != "where"] if isinstance(value, dict) else []
            raise DataError(f"the row has no field '{path}'", where=row["where"], value=step, allowed=names)
        value = value[step]
    return value


def text_field(row: Row, path: str) -> str:
    """Return the field at `path`, which must be a text (a number is written out)."""
    value = field_value(row, path)
    if not isinstance(value, str | int | float):
        raise DataError(f"the field '{path}' is not a text: {value!r}", where=row["where"])
    return str(value)


def words_field(row: Row, path: str) -> tuple[str, ...]:
    """Return the field at `path`, which must be a list of texts (numbers are written out)."""
    value = field_value(row, path)
    if not isinstance(value, list | tuple) or not all(isinstance(item, str | int) for item in value):
        raise DataError(f"the field '{path}' is not a list of texts: {value!r}", where=row["where"])
    return tuple(str(item) for item in value)


def fill_template(template: str, row: Row) -> str:
    """Return `template` with each {path} replaced by that field, without blanks at its ends (a field may be empty)."""
    return re.sub(r"\{([^{}]+)\}", lambda match: text_field(row, match[1]), template).strip()


def group_name(row: Row, paths: Sequence[str]) -> str:
    """Return one name from the values of some fields, joined by " / "; a digest where that is long or of several
    lines."""
    parts = []
    for path in paths:
        value = field_value(row, path)
        parts.append(" ".join(map(str, value)) if isinstance(value, list | tuple) else str(value))
    joined = " / ".join(parts)
    if len(joined) <= _LONGEST_NAME and joined.isprintable():
        return joined
    return hashlib.sha256(joined.encode()).hexdigest()[:16]
