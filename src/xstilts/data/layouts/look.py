"""Look at a data file: which of the readers fits it, and how."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import Any

from xstilts.core.errors import DataError
from xstilts.core.files import open_bytes
from xstilts.data.layouts.base import FileLook
from xstilts.data.layouts.tables import SEPARATORS, TableLook, look_at_table
from xstilts.data.layouts.word_columns import SEPARATORS as COLUMN_SEPARATORS
from xstilts.data.layouts.word_columns import ColumnLook, look_at_columns
from xstilts.data.readers.catalog import Bio, Conllu, Csv, Jsonl, JsonList, Parquet, SquadReader, Tsv
from xstilts.data.readers.json_records import parse_json, parse_json_file
from xstilts.data.source import Reader, Row
from xstilts.data.text_lines import numbered_lines

FIRST_ROWS = 200
_MOST_LINES = 5000
WORDS, TAG = "token", "tag"  # what the columns of a column file are called


def look_at(path: Path) -> FileLook:
    """Return what fits a file: Parquet, JSON (lines, a list, SQuAD), CoNLL-U, columns of words, a table.

    Raises DataError for a file that none of these fits, and for one that is malformed in its first rows.
    """
    with open_bytes(path) as opened:
        packed = opened.read(4) == b"PAR1"
    if packed:
        return _seen(path, "parquet", Parquet(), "a Parquet table")
    lines = [line for _, line in islice(numbered_lines(path), _MOST_LINES)]
    written = [line for line in lines if line.strip()]
    if not written:
        raise DataError("the file has no rows.", where=str(path))
    if written[0].lstrip()[0] in "[{" and (found := _json(path, written[0])):
        return found
    if columns := look_at_columns(lines):
        return _columns(path, columns)
    table = look_at_table(lines, whole=len(lines) < _MOST_LINES)
    if table is None:
        named = ", ".join(SEPARATORS.values())
        raise DataError(
            f"no separator ({named}) cuts every line into as many cells, and it is neither JSON, Parquet nor a file of "
            "words in columns.",
            where=str(path),
            hint="docs/add-a-task.md lists the layouts that a task is read from.",
        )
    return _table(path, table)


def _json(path: Path, first: str) -> FileLook | None:
    if first.lstrip().startswith("["):
        return _seen(path, "json", JsonList(), "a JSON list of objects")
    if _is_object(first, path):
        return _seen(path, "jsonl", Jsonl(), "JSON lines, an object a line")
    value = parse_json_file(path)
    documents = value.get("data") if isinstance(value, dict) else None
    if isinstance(documents, list) and documents and isinstance(documents[0], dict) and "paragraphs" in documents[0]:
        return _seen(path, "squad", SquadReader(), "JSON in the layout of SQuAD")
    names = ", ".join(f"'{name}'" for name in list(value)[:8]) if isinstance(value, dict) else ""
    raise DataError(
        f"the file is one JSON object ({names}), neither a list of rows nor in the layout of SQuAD.",
        where=str(path),
        hint="Write its rows as a list of objects, or an object a line.",
    )


def _is_object(line: str, path: Path) -> bool:
    """Whether a line is an object of its own, that of a row."""
    try:
        value = parse_json(line, str(path))
    except DataError:
        return False
    return isinstance(value, dict) and not isinstance(value.get("data"), list)


def _columns(path: Path, found: ColumnLook) -> FileLook:
    if found.treebank:
        return _seen(path, "conllu", Conllu(), "CoNLL-U, a treebank")
    fields = [f"column{number + 1}" for number in range(found.width)]
    fields[found.words], fields[found.tags] = WORDS, TAG
    keys: dict[str, Any] = {} if fields == [WORDS, TAG] else {"fields": fields}
    if found.separator != "\t":
        keys["separator"] = found.separator
    if found.comments:
        keys["comment"] = found.comments[0] if len(found.comments) == 1 else list(found.comments)
    reader = Bio(columns=tuple(fields), separator=found.separator, comment=found.comments or "")
    between = COLUMN_SEPARATORS[found.separator]
    seen = [f"a word a line in {found.width} columns, {between} between them, a blank line between sentences"]
    for begin in found.comments:
        seen.append(f"lines before a sentence that begin with '{begin.strip()}' are no words")
    seen.append(f"the words are column {found.words + 1}, the tags column {found.tags + 1}")
    return _seen(path, "bio", reader, *seen, keys=keys)


def _table(path: Path, found: TableLook) -> FileLook:
    names = None if found.header else tuple(f"column{number + 1}" for number in range(found.width))
    keys: dict[str, Any] = {} if names is None else {"fields": list(names)}
    reader: Reader
    if found.separator == "\t" and not found.quoted:
        layout, reader = "tsv", Tsv(columns=names, header=bool(found.header))
    else:
        layout, reader = "csv", Csv(columns=names, header=bool(found.header), delimiter=found.separator)
        if found.separator != ",":
            keys["separator"] = found.separator
    quoting = ", cells may stand in quotation marks" if found.quoted else ""
    named = f"the first line names them: {', '.join(found.header)}" if found.header else "no line names them"
    seen = f"a table of {found.width} columns, {SEPARATORS[found.separator]} between them{quoting}"
    return _seen(path, layout, reader, seen, named, keys=keys)


def _seen(path: Path, layout: str, read: Reader, *seen: str, keys: dict[str, Any] | None = None) -> FileLook:
    first: tuple[Row, ...] = tuple(islice(read([path]), FIRST_ROWS))
    if not first:
        raise DataError("the file has no rows.", where=str(path))
    return FileLook(path=path, layout=layout, read=read, first=first, keys=keys or {}, seen=seen)
