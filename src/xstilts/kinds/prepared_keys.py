"""Text keys of prepared rows, by which rows of different files are compared, as `kinds.tokenized` writes them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from xstilts.core.errors import StoreError
from xstilts.data.read import apply_views
from xstilts.data.source import Key, View


@dataclass(frozen=True)
class TextKeys:
    """Text keys of prepared rows, `text` [N]; `scored` [N]: a score counts the row; `keys` [N]: what views look at."""

    text: np.ndarray
    scored: np.ndarray
    keys: Sequence[Key]

    @classmethod
    def read(cls, folder: Path) -> TextKeys | None:
        """Read those of a file; None where its rows were prepared before there were text keys. Raises StoreError where
        they are damaged."""
        import pyarrow as pa

        path = folder / "keys.arrow"
        try:
            table = pa.ipc.open_file(pa.memory_map(str(path))).read_all()
            table.validate(full=True)
            ids, groups = (table[name].to_pylist() for name in ("id", "group"))
        except (OSError, pa.ArrowInvalid, KeyError) as error:
            raise StoreError("the keys of prepared rows are damaged.", where=str(path)) from error
        if not {"text", "scored"} <= set(table.column_names):
            return None
        scored = table["scored"].to_numpy()
        return cls(table["text"].to_numpy(), scored, list(map(Key, ids, groups, scored.tolist())))

    def indices(self, views: Sequence[View]) -> list[int]:
        return apply_views(views, self.keys)

    def of(self, indices: Sequence[int]) -> np.ndarray:
        """Return the keys of some rows, those that a score counts."""
        chosen = np.asarray(indices, dtype=np.int64)
        return self.text[chosen][self.scored[chosen]]
