"""Reader of Parquet tables. Several files are read one after the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from xstilts.core.errors import DataError
from xstilts.data.source import WHERE, Row
from xstilts.data.text_lines import reading


@dataclass(frozen=True, kw_only=True)
class Parquet:
    """Parquet files, row group by row group; nested columns become lists and dicts. `where` is `file:row`, from 1.

    Arguments
        columns: the columns to read; None: all.
    """

    columns: tuple[str, ...] | None = None

    def __call__(self, paths: Sequence[Path]) -> Iterator[Row]:
        for path in paths:
            with reading(path):
                yield from self._rows(path)

    def _rows(self, path: Path) -> Iterator[Row]:
        import pyarrow as pa
        import pyarrow.parquet as pq

        try:
            with pq.ParquetFile(path) as file:
                names = file.schema_arrow.names
                for name in self.columns or ():
                    if name not in names:
                        raise DataError(f"no column '{name}'", where=str(path), value=name, allowed=names)
                number = 0
                for batch in file.iter_batches(columns=list(self.columns) if self.columns else None):
                    for row in batch.to_pylist():
                        number += 1
                        yield {**row, WHERE: f"{path}:{number}"}
        except pa.ArrowInvalid as error:
            raise DataError(f"the file is not Parquet: {error}", where=str(path)) from error
