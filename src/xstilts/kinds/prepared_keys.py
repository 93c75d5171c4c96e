"""Text keys of prepared rows, by which rows of different files are compared, as `kinds.tokenized` writes them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from xstilts.core.errors import StoreError
from xstilts.data.read import apply_views
from xstilts.data.source import Key, View

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class TextKeys:
    """Text keys of prepared rows, `text` [N]; `scored` [N]: a score counts the row; `names`: ids and groups."""

    text: np.ndarray
    scored: np.ndarray
    names: tuple[pa.ChunkedArray, pa.ChunkedArray]

    @cached_property
    def keys(self) -> list[Key]:
        """What views look at, [N]."""
        ids, groups = (column.to_pylist() for column in self.names)
        return list(map(Key, ids, groups, self.scored.tolist()))

    @classmethod
    def read(cls, folder: Path) -> TextKeys | None:
        """Read those of a file; None where its rows were prepared before there were text keys. Raises StoreError where
        they are damaged."""
        import pyarrow as pa

        path = folder / "keys.arrow"
        try:
            table = pa.ipc.open_file(pa.memory_map(str(path))).read_all()
            table.validate(full=True)
            names = table["id"], table["group"]
        except (OSError, pa.ArrowInvalid, KeyError) as error:
            raise StoreError("the keys of prepared rows are damaged.", where=str(path)) from error
        if not {"text", "scored"} <= set(table.column_names):
            return None
        return cls(table["text"].to_numpy(), table["scored"].to_numpy(), names)

    def indices(self, views: Sequence[View]) -> list[int]:
        return apply_views(views, self.keys) if views else list(range(len(self.text)))

    def of(self, indices: Sequence[int]) -> np.ndarray:
        """Return the keys of some rows, those that a score counts."""
        chosen = np.asarray(indices, dtype=np.int64)
        return self.text[chosen][self.scored[chosen]]
