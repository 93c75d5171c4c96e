"""Readers of questions about databases: each row gets the schema of its database, as words and as an SQL script."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from xstilts.core.errors import DataError
from xstilts.data.readers.json_records import JsonList
from xstilts.data.source import WHERE, Row

_TYPES = {"number": "REAL", "boolean": "INTEGER"}


@dataclass(frozen=True, kw_only=True)
class WithSchemas:
    """Two JSON lists: questions with a `db_id`, and schemas in the layout of Spider's `tables.json`. A row gets

        schema  the names of its tables and columns, as they are, in lower and in upper case: gold forms have all
        tables  the script that creates the tables, without rows

    Raises DataError (the question's place) for a database that has no schema.
    """

    def __call__(self, paths: Sequence[Path]) -> Iterator[Row]:
        *questions, schemas = paths
        known = {row["db_id"]: row for row in JsonList()([schemas])}
        made = {name: (_names(schema), script(schema)) for name, schema in known.items()}
        for row in JsonList()(questions):
            name = str(row.get("db_id", ""))
            if name not in made:
                problem = f"there is no schema of the database '{name}'"
                raise DataError(problem, where=row[WHERE], value=name, allowed=known)
            words, tables = made[name]
            yield {**row, "schema": words, "tables": tables}


@dataclass(frozen=True, kw_only=True)
class WithTables:
    """One JSON list of questions about one database: each row gets `tables`, the script that creates it."""

    tables: str

    def __call__(self, paths: Sequence[Path]) -> Iterator[Row]:
        for row in JsonList()(paths):
            yield {**row, "tables": self.tables}


def script(schema: Mapping[str, Any]) -> str:
    """Return the SQL that creates the tables of a schema (Spider's layout), without keys: guesses are only read.

    >>> script({"table_names_original": ["t"], "column_names_original": [[-1, "*"], [0, "a b"]],
    ...         "column_types": ["text", "number"]})
    'CREATE TABLE "t" ("a b" REAL);'
    """
    columns: dict[int, list[str]] = {}
    for (table, name), kind in zip(schema["column_names_original"], schema["column_types"], strict=True):
        if table >= 0:
            columns.setdefault(table, []).append(f"{_quoted(name)} {_TYPES.get(kind, 'TEXT')}")
    names = schema["table_names_original"]
    return "\n".join(
        f"CREATE TABLE {_quoted(name)} ({', '.join(columns.get(number, ['x TEXT']))});"
        for number, name in enumerate(names)
    )


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _names(schema: Mapping[str, Any]) -> list[str]:
    names = [*schema["table_names_original"], *(name for table, name in schema["column_names_original"] if table >= 0)]
    return list(dict.fromkeys(form for name in names for form in (name, name.lower(), name.upper())))
