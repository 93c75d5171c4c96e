"""Rows of several languages through one encoder, each with its own language adapter at the bottom of the stack.

The encoder is loaded once; rows of one adapter run together, those of the checkpoint's own first, and between two of
them only the numbers of the lowest adapter change.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from xstilts.train.adapter_files import swap
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
        self, key: str, row: Callable[[int], Row], lengths_R: np.ndarray, readers: Sequence[Path | None]
    ) -> list[Any]:
        """The decoded output of each of R rows, in the rows' order; `readers[i]` is the checkpoint whose adapter reads
        row i, None: `checkpoint` itself. Raises EncoderError for an adapter that does not fit (`adapted.swap`)."""
        turns: dict[Path | None, list[int]] = {None: []}
        for place, reader in enumerate(readers):
            turns.setdefault(reader, []).append(place)
        found: list[Any] = [None] * len(lengths_R)
        done = 0
        for reader, listed in turns.items():
            if reader is not None:
                swap(self.model.encoder, self.checkpoint, reader)
            places = np.array(listed, dtype=np.int64)
            shown = self._shown(done, int(lengths_R.sum()))
            given = outputs(self.model, key, _picked(row, places), lengths_R[places], self.compute, shown)
            for place, output in zip(listed, given, strict=True):
                found[place] = output
            done += int(lengths_R[places].sum())
        return found

    def _shown(self, before: int, total: int) -> Progress | None:
        """Progress of one turn as a part of the whole."""
        tell = self.progress
        if tell is None:
            return None
        return lambda done, _total, unit="", text="": tell(before + done, total, unit, text)


def _picked(row: Callable[[int], Row], places: np.ndarray) -> Callable[[int], Row]:
    return lambda number: row(int(places[number]))
