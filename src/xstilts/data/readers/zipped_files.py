"""Reader of several files zipped together: row i of every file makes one row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import ClassVar

from xstilts.core.errors import DataError
from xstilts.data.source import WHERE, Reader, Row, RowPlace


@dataclass(frozen=True, kw_only=True)
class ZippedFiles:
    """Several files in step: row i of every file makes one row, whose place is that in the first. Each reader reads the
    file with its own number.

    Arguments
        readers: one for each file.
        prefixes: put before the field names of each file, so that equal names can stand side by side; () for none.
        on: a field that every file has and that must agree in each row, "" for none (it is kept once, without prefix).

    Raises DataError when the files have different numbers of rows, a field comes from two files, or `on` disagrees.
    """

    identity_name: ClassVar[str] = "Joined"

    readers: tuple[Reader, ...]
    prefixes: tuple[str, ...] = ()
    on: str = ""

    def __call__(self, paths: Sequence[Path]) -> Iterator[Row]:
        if len(paths) != len(self.readers):
            raise DataError(f"{len(self.readers)} files are read in step, {len(paths)} given", where=str(paths[0]))
        prefixes = self.prefixes or ("",) * len(self.readers)
        streams = [reader([path]) for reader, path in zip(self.readers, paths, strict=True)]
        for number, rows in enumerate(zip_longest(*streams)):
            if None in rows:
                short = ", ".join(str(path) for path, row in zip(paths, rows, strict=True) if row is None)
                raise DataError(
                    f"files read in step differ in length: after {number} rows nothing is left of {short}",
                    where=next(row[WHERE] for row in rows if row is not None),
                )
            yield self._merged(rows, prefixes)

    def _merged(self, rows: Sequence[Row], prefixes: Sequence[str]) -> Row:
        merged: Row = {key: value for key, value in rows[0].items() if isinstance(key, RowPlace)}
        if self.on:
            values = [row.get(self.on) for row in rows]
            if values[0] is None or any(str(value) != str(values[0]) for value in values):
                raise DataError(f"'{self.on}' disagrees between files read in step: {values}", where=rows[0][WHERE])
            merged[self.on] = values[0]
        for row, prefix in zip(rows, prefixes, strict=True):
            for name, value in row.items():
                if isinstance(name, RowPlace) or name == self.on:
                    continue
                if prefix + name in merged:
                    message = f"two files have a field '{prefix + name}'"
                    raise DataError(message, where=row[WHERE], hint="Give prefixes.")
                merged[prefix + name] = value
        return merged
