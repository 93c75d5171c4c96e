"""The relevance of words on disk: a row for each text, found again by the text itself.

relevance.parquet   `text` (16 bytes of blake2b), and by token of the text `starts`, `ends` (int32), `shares` (float32)
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from xstilts.core.errors import StoreError
from xstilts.perturb.word_choice import TextRelevance

if TYPE_CHECKING:
    import pyarrow as pa

NAME = "relevance.parquet"


def text_digest(text: str) -> bytes:
    """Return 16 bytes that are equal for equal texts."""
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def relevance_rows(texts: Sequence[str], relevance: Sequence[TextRelevance]) -> pa.Table:
    """Return the rows of some texts, as they are written."""
    import pyarrow as pa

    offsets = np.cumsum([0, *(len(one.shares_T) for one in relevance)], dtype=np.int32)

    def ragged(name: str, kind: type) -> pa.Array:
        values = [getattr(one, name).astype(kind) for one in relevance]
        flat = np.concatenate(values) if values else np.zeros(0, dtype=kind)
        return pa.ListArray.from_arrays(pa.array(offsets), pa.array(flat))

    return pa.table(
        {
            "text": pa.array([text_digest(text) for text in texts], pa.binary(16)),
            "starts": ragged("starts_T", np.int32),
            "ends": ragged("ends_T", np.int32),
            "shares": ragged("shares_T", np.float32),
        }
    )


class RelevanceFile:
    """The relevance of the words of many texts, in memory. Raises StoreError where the folder holds none."""

    def __init__(self, folder: Path) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        self.path = folder / NAME
        try:
            table = pq.read_table(self.path).combine_chunks()
            self._rows = {digest: row for row, digest in enumerate(table["text"].to_pylist())}
            lists = {name: table[name].combine_chunks() for name in ("starts", "ends", "shares")}
        except (OSError, KeyError, pa.ArrowInvalid) as error:
            raise StoreError(f"no relevance of words can be read: {error}", where=str(self.path)) from error
        self._offsets = lists["starts"].offsets.to_numpy()
        self._values = {name: column.values.to_numpy() for name, column in lists.items()}

    def __len__(self) -> int:
        return len(self._rows)

    def of(self, text: str) -> TextRelevance:
        """Return the relevance of the words of a text. Raises StoreError for a text that is not here."""
        row = self._rows.get(text_digest(text))
        if row is None:
            raise StoreError(f"there is no relevance of the words of '{text[:60]}'", where=str(self.path))
        part = slice(self._offsets[row], self._offsets[row + 1])
        return TextRelevance(*(self._values[name][part] for name in ("starts", "ends", "shares")))
