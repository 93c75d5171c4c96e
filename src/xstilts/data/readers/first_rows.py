"""Reader of a file beside the first rows of a longer one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from xstilts.core.errors import DataError
from xstilts.data.source import WHERE, Reader, Row, RowPlace


@dataclass(frozen=True, kw_only=True)
class BesideFirstRows:
    """Row i of the first file with the fields of row i of the second, which may go on longer: translations of the first
    rows of a set, beside what only the set itself has.

    Arguments
        read, other: the readers of the two files.
        prefix: put before the field names of the second.

    Raises DataError where the second file is the shorter one.
    """

    read: Reader
    other: Reader
    prefix: str = "other_"

    def __call__(self, paths: Sequence[Path]) -> Iterator[Row]:
        if len(paths) != 2:
            raise DataError(f"two files are read in step, {len(paths)} given", where=str(paths[0]))
        others = iter(self.other(paths[1:]))
        for number, row in enumerate(self.read(paths[:1])):
            other = next(others, None)
            if other is None:
                problem = f"files read in step differ in length: after {number} rows nothing is left of {paths[1]}"
                raise DataError(problem, where=row[WHERE])
            yield {**row, **{self.prefix + k: v for k, v in other.items() if not isinstance(k, RowPlace)}}
