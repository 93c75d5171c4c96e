"""Fields of a row by path, the one place that checks raw values, and texts made from them.

A text is what a file writes as one; a number is written out where it is an id, a label, a word or an option. Null, NaN,
an infinity, true and false are no texts: one made of them ("None", "nan", "True") would be trained on as if somebody
had written it. Labels alone may be true or false, spelled as JSON spells them.

>>> row = {WHERE: "f:1", "question": {"stem": "Why?", "choices": [{"text": "a"}, {"text": "b"}]}}
>>> field_value(row, "question.stem"), field_value(row, "question.choices.*.text")
('Why?', ['a', 'b'])
>>> fill_template("{question.stem} {option}", {**row, "option": "a"})
'Why? a'
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Sequence
from typing import Any

from xstilts.core.errors import DataError
from xstilts.data.source import WHERE, Row, RowPlace

_LONGEST_NAME = 64
_LONGEST_SHOWN = 80
_FLAGS = {"true": True, "false": False, "1": True, "0": False}


def field_value(row: Row, path: str) -> Any:
    """Return the value at `path`: names between dots, "*" for every item of a list, a number for one of them (from 0).
    A field that is itself called `path` comes first.

    Raises DataError, naming what the row has, when there is no such field.
    """
    if path in row:
        return row[path]
    value: Any = row
    steps = path.split(".")
    for i, step in enumerate(steps):
        if step == "*" and isinstance(value, list | tuple):
            return [
                field_value({WHERE: row[WHERE], "item": item}, ".".join(["item", *steps[i + 1 :]])) for item in value
            ]
        if isinstance(value, list | tuple) and step.isdecimal() and int(step) < len(value):
            value = value[int(step)]
            continue
        if not isinstance(value, dict) or step not in value:
            names = [name for name in value if not isinstance(name, RowPlace)] if isinstance(value, dict) else []
            raise DataError(f"the row has no field '{path}'", where=row[WHERE], value=step, allowed=names)
        value = value[step]
    return value


def text_field(row: Row, path: str) -> str:
    """Return the field at `path`, which must be a text. Raises DataError (file:line)."""
    value = field_value(row, path)
    if not isinstance(value, str):
        hint = "Put it in quotation marks where it is one." if written_out(value) is not None else None
        raise DataError(f"the field '{path}' is not a text: {shown(value)}", where=row[WHERE], hint=hint)
    return value


def name_field(row: Row, path: str) -> str:
    """Return the field at `path`, a text or a number, which is written out: an id, a part of a template, an option.
    Raises DataError (file:line)."""
    value = field_value(row, path)
    text = written_out(value)
    if text is None:
        raise DataError(f"the field '{path}' is not a text: {shown(value)}", where=row[WHERE])
    return text


def words_field(row: Row, path: str) -> tuple[str, ...]:
    """Return the field at `path`, which must be a list of texts (numbers are written out). Raises DataError
    (file:line)."""
    return tuple(str(written_out(item)) for item in _list_of_texts(row, path))


def label_field(row: Row, path: str) -> str | None:
    """Return the label at `path`: a text, a number written out, true and false as JSON spells them; None for null.
    Raises DataError (file:line)."""
    return label_text(field_value(row, path), path, row[WHERE])


def label_text(value: Any, path: str, where: str) -> str | None:
    """Return a raw label as `label_field` does; `path` and `where` say where it was read."""
    if value is None:
        return None
    text = json.dumps(value) if isinstance(value, bool) else written_out(value)
    if text is None:
        raise DataError(f"the field '{path}' is not a label: {shown(value)}", where=where)
    return text


def split_words(text: str) -> list[str]:
    """Return the words between blanks and TABs; a no-break space, U+3000 and the like are parts of words.

    >>> split_words(" 10\xa0000 Fr  sind viel ")
    ['10\xa0000', 'Fr', 'sind', 'viel']
    """
    return [word for word in re.split("[ \t\r\n]+", text) if word]


def labels_field(row: Row, path: str) -> tuple[str, ...] | None:
    """Return the list of labels at `path`, each as `label_field` reads it; None for null. Raises DataError (file:line)
    for what is no list, and for a label among them that is missing."""
    value = field_value(row, path)
    if value is None:
        return None
    if not isinstance(value, list | tuple):
        raise DataError(f"the field '{path}' is not a list of labels: {shown(value)}", where=row[WHERE])
    labels = [label_text(item, path, row[WHERE]) for item in value]
    if None in labels:
        problem = f"label {labels.index(None) + 1} of {len(labels)} in the field '{path}' is null"
        raise DataError(problem, where=row[WHERE], hint="A row without labels has null in the place of the list.")
    return tuple(label for label in labels if label is not None)


def flag_field(row: Row, path: str) -> bool | None:
    """Return a field that says yes or no: true, false, 1 or 0, as a value or as a text; None for null. Raises
    DataError (file:line) for anything else."""
    value = field_value(row, path)
    if value is None:
        return None
    text = str(value).strip().lower() if isinstance(value, str | bool | int) else ""
    if text not in _FLAGS:
        raise DataError(f"the field '{path}' is neither true nor false: {shown(value)}", where=row[WHERE])
    return _FLAGS[text]


def written_out(value: Any) -> str | None:
    """Return a raw value as text: a text as it is, a finite number written out; None for anything else."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return str(value)


def value_name(value: Any) -> str:
    """Return a raw value as a study names it: a text, a number written out, true and false as JSON spells them; "" for
    null.

    >>> value_name(3), value_name(True), value_name(None), value_name("en")
    ('3', 'true', '', 'en')
    """
    if value is None:
        return ""
    text = json.dumps(value) if isinstance(value, bool) else written_out(value)
    return shown(value) if text is None else text


def shown(value: Any) -> str:
    """Return a raw value as a message shows it: as JSON spells it, cut where it is long."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _LONGEST_SHOWN else text[:_LONGEST_SHOWN] + " ..."


def _list_of_texts(row: Row, path: str) -> Sequence[Any]:
    value = field_value(row, path)
    if not isinstance(value, list | tuple):
        raise DataError(f"the field '{path}' is not a list of texts: {shown(value)}", where=row[WHERE])
    for number, item in enumerate(value, start=1):
        if written_out(item) is None:
            problem = f"the field '{path}' is not a list of texts: item {number} of {len(value)} is {shown(item)}"
            raise DataError(problem, where=row[WHERE])
    return value


def fill_template(template: str, row: Row) -> str:
    """Return `template` with each {path} replaced by that field, without blanks at its ends (a field may be empty)."""
    return re.sub(r"\{([^{}]+)\}", lambda match: name_field(row, match[1]), template).strip()


def group_name(row: Row, paths: Sequence[str]) -> str:
    """Return one name from the values of some fields, joined by " / "; a digest where that is long or of several
    lines; "" where all of them are blank. Raises DataError (file:line) for a value that names nothing (NaN, which rows
    without a name would share; an object)."""
    parts = []
    for path in paths:
        value = field_value(row, path)
        if isinstance(value, list | tuple):
            parts.append(" ".join([_name(item, path, row[WHERE]) for item in value]))
        else:
            parts.append(_name(value, path, row[WHERE]))
    if not any(map(str.strip, parts)):
        return ""
    joined = " / ".join(parts)
    if len(joined) <= _LONGEST_NAME and joined.isprintable():
        return joined
    return hashlib.sha256(joined.encode()).hexdigest()[:16]


def _name(value: Any, path: str, where: str) -> str:
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    text = json.dumps(value) if isinstance(value, bool) else written_out(value)
    if text is None:
        raise DataError(f"the field '{path}' names no group: {shown(value)}", where=where)
    return text
