"""Tokenized rows on disk: written once in a stream, read by memory mapping, a row being slices of the mapped file.

rows.arrow   Arrow IPC file, uncompressed: `example` int32, every other column a list of int32
keys.arrow   id, group and text key of each example, and whether a score counts it
meta.json    {"rows", "examples", "tokens", "truncated", "split", "unusable", "notes", "max_length"},
             and "first", where a kind says of what it counts where it stands first
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from xstilts.core.errors import StoreError
from xstilts.core.files import read_json, write_json
from xstilts.core.io_errors import writing
from xstilts.data.examples import Example
from xstilts.data.source import Key
from xstilts.data.text_keys import text_keys
from xstilts.kinds.base import Encoded, Kind

if TYPE_CHECKING:
    import pyarrow as pa
    from tokenizers import Tokenizer

    from xstilts.engine.step import Progress

CHUNK = 2000  # examples encoded and written at once: bounds the memory


@dataclass
class _Counts:
    """Counts of rows and examples, which `meta.json` holds."""

    max_length: int
    rows: int = 0
    examples: int = 0
    tokens: int = 0
    truncated: int = 0
    split: int = 0
    unusable: int = 0

    def add(self, encoded: Encoded, examples: int) -> None:
        self.rows += len(encoded)
        self.examples += examples
        self.tokens += sum(map(len, encoded.columns["ids"]))
        self.truncated += encoded.truncated
        self.split += encoded.split
        self.unusable += encoded.unusable


def write(
    examples: Sequence[Example],
    kind: Kind,
    tokenizer: Tokenizer,
    max_length: int,
    out: Path,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Check, encode and write all examples into the folder `out`; return what `meta.json` holds.

    Raises DataError (file:line) for a gold that `kind` does not allow, and StoreError on a full disk or a forbidden
    folder.
    """
    import pyarrow as pa

    counts, notes, first = _Counts(max_length=max_length), dict[str, int](), dict[str, str]()
    with writing(out), pa.OSFile(str(out / "rows.arrow"), "wb") as sink:
        writer = None
        for start in range(0, max(len(examples), 1), CHUNK):
            part = examples[start : start + CHUNK]
            for example in part:
                kind.check(example)
            encoded = kind.encode(part, tokenizer, max_length)
            batch = _batch(encoded, start)
            writer = writer or pa.ipc.new_file(sink, batch.schema)
            writer.write_batch(batch)
            counts.add(encoded, len(part))
            for note, n in encoded.notes.items():
                notes[note] = notes.get(note, 0) + n
            first = encoded.first | first
            if progress:
                progress(start + len(part), len(examples), "examples")
        if writer is not None:
            writer.close()
    _write_keys(examples, out / "keys.arrow")
    record = asdict(counts) | {"notes": notes} | ({"first": first} if first else {})
    write_json(out / "meta.json", record)
    return record


def _batch(encoded: Encoded, start: int) -> pa.RecordBatch:
    """Return columns as Arrow arrays; example numbers count from the first example of all."""
    import pyarrow as pa

    arrays: dict[str, Any] = {}
    for name, column in encoded.columns.items():
        if name == "example":
            arrays[name] = pa.array(np.asarray(column, dtype=np.int32) + np.int32(start))
            continue
        offsets = np.zeros(len(column) + 1, dtype=np.int32)
        np.cumsum([len(row) for row in column], out=offsets[1:])
        values = np.fromiter((number for row in column for number in row), np.int32, int(offsets[-1]))
        arrays[name] = pa.ListArray.from_arrays(pa.array(offsets), pa.array(values))
    return pa.RecordBatch.from_pydict(arrays)


def _write_keys(examples: Sequence[Example], path: Path) -> None:
    import pyarrow as pa

    table = pa.table(
        {
            "id": [e.id for e in examples],
            "group": [e.group for e in examples],
            "scored": [e.scored for e in examples],
            "text": text_keys(examples),
        }
    )
    with writing(path), pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)


class RaggedColumn(Sequence[Any]):
    """A column of lists. Row i is a read-only numpy slice of the mapped file (int32), not a copy."""

    def __init__(self, values: Sequence[np.ndarray], offsets: Sequence[np.ndarray]) -> None:
        self._values, self._offsets = values, offsets
        self._firsts = np.cumsum([0, *(len(o) - 1 for o in offsets)]).tolist()

    def __len__(self) -> int:
        return self._firsts[-1]

    def __getitem__(self, row: Any) -> Any:
        if not 0 <= row < len(self):
            raise IndexError(f"row {row} of {len(self)}")
        part = bisect_right(self._firsts, row) - 1
        at = row - self._firsts[part]
        offsets = self._offsets[part]
        return self._values[part][offsets[at] : offsets[at + 1]]

    @property
    def distinct(self) -> np.ndarray:
        """The entries of all rows (none below 0), each once and in order."""
        counted = [np.bincount(values) for values in self._values]
        seen = np.zeros(max(map(len, counted), default=0), dtype=bool)
        for counts in counted:
            seen[: len(counts)] |= counts > 0
        return np.flatnonzero(seen)

    @property
    def sizes(self) -> np.ndarray:
        """Entries of each row, [R]."""
        return np.concatenate([np.diff(offsets) for offsets in self._offsets])


class ColumnSubset(Sequence[Any]):
    """A view of some rows of a column, in an order of their own."""

    def __init__(self, column: Any, rows: np.ndarray) -> None:
        self._column, self._rows = column, rows

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, row: Any) -> Any:
        return self._column[int(self._rows[row])]


class ConcatenatedColumns(Sequence[Any]):
    """A view of columns one after the other."""

    def __init__(self, columns: Sequence[Any]) -> None:
        self._columns = columns
        self._ends = np.cumsum([len(column) for column in columns]).tolist()

    def __len__(self) -> int:
        return self._ends[-1]

    def __getitem__(self, row: Any) -> Any:
        part = bisect_right(self._ends, row)
        return self._columns[part][row - self._ends[part - 1] if part else row]


class TokenizedRows:
    """Prepared rows, memory-mapped. Raises StoreError when the folder does not hold any.

    columns: name -> `RaggedColumn`, but `example`, which is a plain int array [R].
    """

    def __init__(self, folder: Path) -> None:
        import pyarrow as pa

        self.folder = Path(folder)
        try:
            self.meta: Mapping[str, Any] = read_json(self.folder / "meta.json")
            file = pa.ipc.open_file(pa.memory_map(str(self.folder / "rows.arrow")))
        except (OSError, pa.ArrowInvalid) as error:
            raise StoreError(f"no prepared rows can be read: {error}", where=str(folder)) from error
        batches = [file.get_batch(i) for i in range(file.num_record_batches)]
        self.columns: dict[str, Any] = {
            name: _column([batch.column(name) for batch in batches]) for name in file.schema.names
        }

    def __len__(self) -> int:
        return len(self.columns["example"])

    @cached_property
    def keys(self) -> list[Key]:
        """Id and group of each example."""
        import pyarrow as pa

        table = pa.ipc.open_file(pa.memory_map(str(self.folder / "keys.arrow"))).read_all()
        return [Key(*key) for key in zip(table["id"].to_pylist(), table["group"].to_pylist(), strict=True)]

    @cached_property
    def lengths(self) -> np.ndarray:
        """Tokens of each row, [R]."""
        return self.columns["ids"].sizes

    @cached_property
    def vocabulary(self) -> np.ndarray:
        """The tokens of all rows, each once and in order."""
        return self.columns["ids"].distinct

    @cached_property
    def labelled(self) -> np.ndarray:
        """Numbers of the rows that have a gold value: those that can be trained on."""
        return np.flatnonzero(self.columns["gold"].sizes)

    def row(self, number: int) -> dict[str, Any]:
        """Return one row: column name -> numpy slice (`example`: an int)."""
        row = {name: column[number] for name, column in self.columns.items()}
        row["example"] = int(row["example"])
        return row

    def rows_of(self, examples: Sequence[int]) -> np.ndarray:
        """Return the numbers of the rows of these examples, example by example in the order given."""
        spans = [np.arange(first, last) for first, last in self.spans(examples)]
        return np.concatenate(spans) if spans else np.zeros(0, dtype=np.int64)

    def spans(self, examples: Sequence[int]) -> np.ndarray:
        """Return the first row and the one after the last of each example, [E, 2]; rows are in the order of
        examples."""
        numbers = np.asarray(examples, dtype=np.int64)
        firsts = np.searchsorted(self.columns["example"], numbers, "left")
        ends = np.searchsorted(self.columns["example"], numbers, "right")
        return np.stack([firsts, ends], axis=1)

    def part(self, examples: Sequence[int]) -> tuple[np.ndarray, dict[str, Any]]:
        """Return the numbers of the rows of these examples, and their columns as `Kind.postprocess` reads them: row i
        of the columns is the i-th of those rows, and `example` counts within `examples`."""
        rows, spans = self.rows_of(examples), self.spans(examples)
        columns: dict[str, Any] = {name: ColumnSubset(column, rows) for name, column in self.columns.items()}
        columns["example"] = np.repeat(np.arange(len(spans)), spans[:, 1] - spans[:, 0])
        return rows, columns


def _column(arrays: Sequence[Any]) -> Any:
    """Return a `RaggedColumn` over one Arrow array a batch, or a plain array where rows are single ints."""
    import pyarrow as pa

    if not pa.types.is_list(arrays[0].type):
        return np.concatenate([array.to_numpy() for array in arrays])
    values = [array.values.to_numpy(zero_copy_only=True) for array in arrays]
    offsets = [array.offsets.to_numpy(zero_copy_only=True) for array in arrays]
    return RaggedColumn(values, offsets)
