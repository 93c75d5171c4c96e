"""The base of a look at a file: the reader that fits it, its keys in a study, its first rows, and what was seen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from xstilts.data.source import Reader, Row, RowPlace


@dataclass(frozen=True, kw_only=True)
class FileLook:
    """What a look at a file has found.

    Attributes:
        layout: the reader, as a study calls it (`reader: csv`).
        keys: further keys of a task that say how it is read (`separator`, `fields`, ...).
        read: the reader itself.
        first: its first rows.
        seen: sentences that say what was seen.
    """

    path: Path
    layout: str
    read: Reader
    first: tuple[Row, ...]
    keys: Mapping[str, Any] = field(default_factory=dict)
    seen: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the fields of a row, in the order in which they first stand in one."""
        return tuple(dict.fromkeys(name for row in self.first for name in row if not isinstance(name, RowPlace)))

    def rows(self) -> Iterator[Row]:
        """Yield all rows. Raises DataError (file:line) for a malformed one."""
        return self.read([self.path])

    def values(self, column: str) -> list[Any]:
        """Return the values of a column in the first rows."""
        return [row.get(column) for row in self.first]
