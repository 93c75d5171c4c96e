"""Vector files: sentence vectors with their ids, as Parquet, JSON lines or NumPy's format."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from xstilts.core.errors import DataError
from xstilts.core.files import not_a_file, write_atomic
from xstilts.core.visible_text import escaped_json

Vectors = NDArray[np.float32]


def check_vector_file(path: Path, read: Path) -> None:
    """Raise DataError where vectors cannot go into `path`: for its ending, for a folder, and for the file that is
    read."""
    if path.suffix not in _FORMATS:
        raise DataError(
            f"'{path.name}' has no ending that says its format.",
            where="--out",
            value=path.suffix,
            allowed=_FORMATS,
        )
    if path.exists() and read.exists() and path.samefile(read):
        raise DataError(f"'{path}' is the file that is read; vectors would overwrite it.", where="--out")
    if path.is_dir() or not_a_file(path):
        message = f"'{path}' is no file; vectors go into a new file, or one that they may replace."
        raise DataError(message, where="--out")


def write_vectors(path: Path, ids: Sequence[str], vectors_ND: Vectors, said: Mapping[str, str]) -> None:
    """Write N vectors of D numbers, fp32, as the ending of `path` says; whole or not at all.

    .parquet: columns `id` and `vector` (a list of D numbers), `said` as metadata. .jsonl: an object a line, with `id`
    and `vector`. .npy: the array [N, D] in the order of the file that was read, without ids. Raises StoreError."""
    write_atomic(path, _FORMATS[path.suffix](ids, vectors_ND, said))


def _parquet(ids: Sequence[str], vectors_ND: Vectors, said: Mapping[str, str]) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    numbers = pa.array(np.ascontiguousarray(vectors_ND).reshape(-1), pa.float32())
    vectors = pa.FixedSizeListArray.from_arrays(numbers, vectors_ND.shape[1])
    table = pa.table({"id": pa.array(ids, pa.string()), "vector": vectors})
    buffer = pa.BufferOutputStream()
    pq.write_table(table.replace_schema_metadata(dict(said)), buffer, compression="zstd")
    return buffer.getvalue().to_pybytes()


def _json_lines(ids: Sequence[str], vectors_ND: Vectors, said: Mapping[str, str]) -> bytes:
    lines = (json.dumps({"id": name, "vector": _shortest(row)}) for name, row in zip(ids, vectors_ND, strict=True))
    return "".join(escaped_json(line) + "\n" for line in lines).encode()


def _shortest(row_D: NDArray[np.float32]) -> list[float]:
    """Return numbers whose digits are the fewest that give the same fp32."""
    return [float(str(number)) for number in row_D]


def _numpy(ids: Sequence[str], vectors_ND: Vectors, said: Mapping[str, str]) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, vectors_ND, allow_pickle=False)
    return buffer.getvalue()


_FORMATS: Mapping[str, Callable[[Sequence[str], Vectors, Mapping[str, str]], bytes]] = {
    ".parquet": _parquet,
    ".jsonl": _json_lines,
    ".npy": _numpy,
}
