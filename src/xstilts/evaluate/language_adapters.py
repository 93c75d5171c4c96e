"""Language adapters at prediction: rows of several languages run through one encoder, each row under the language
adapter of its checkpoint, at the bottom of the stack.

The encoder is loaded once; rows of one adapter run together, those of the checkpoint's own adapter first, and between
two languages only the numbers of the lowest adapter change.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from xstilts.train.adapter_files import copy_first_adapter
from xstilts.train.job import Compute
from xstilts.train.model import Model, Row, outputs

if TYPE_CHECKING:
    from xstilts.engine.step import Progress


@dataclass(frozen=True)
class AdapterSwitcher:
    """A model that was loaded from `checkpoint`, and how it is run. Afterwards it holds the last adapter."""

    model: Model
    checkpoint: Path
    compute: Compute
    progress: Progress | None = None

    def outputs(
        self, key: str, row: Callable[[int], Row], lengths_R: np.ndarray, adapters: Sequence[Path | None]
    ) -> list[Any]:
        """Return the decoded output of each of R rows, in the rows' order.

        Args:
            key: of the head that decodes.
            row: returns row i.
            lengths_R: tokens of each row.
            adapters: for each row the checkpoint whose language adapter reads it; None: `checkpoint` itself.

        Raises EncoderError for an adapter that does not fit (`train.adapter_files.copy_first_adapter`).
        """
        rows_of: dict[Path | None, list[int]] = {None: []}
        for index, adapter in enumerate(adapters):
            rows_of.setdefault(adapter, []).append(index)
        decoded_R: list[Any] = [None] * len(lengths_R)
        tokens_done = 0
        for adapter, row_numbers in rows_of.items():
            if adapter is not None:
                copy_first_adapter(self.model.encoder, self.checkpoint, adapter)
            indices = np.array(row_numbers, dtype=np.int64)
            progress = self._progress(tokens_done, int(lengths_R.sum()))
            decoded = outputs(self.model, key, _subset(row, indices), lengths_R[indices], self.compute, progress)
            for index, output in zip(row_numbers, decoded, strict=True):
                decoded_R[index] = output
            tokens_done += int(lengths_R[indices].sum())
        return decoded_R

    def _progress(self, tokens_before: int, total: int) -> Progress | None:
        """Return progress of one adapter's rows as a part of all rows."""
        progress = self.progress
        if progress is None:
            return None
        return lambda done, _total, unit="", text="": progress(tokens_before + done, total, unit, text)


def _subset(row: Callable[[int], Row], indices: np.ndarray) -> Callable[[int], Row]:
    return lambda number: row(int(indices[number]))
