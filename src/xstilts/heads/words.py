"""Where the words of rows are in a batch: their first pieces, by the column `first`."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from xstilts.heads.base import Head, Rows
from xstilts.nn.batch import Batch


class WordHead(Head):
    """A head that reads the first piece of each word, which its `extra` names `first_W`."""

    def reads(self, batch: Batch) -> Tensor | None:
        first_W: Tensor = batch.extra["first_W"]
        return first_W


def first_pieces(rows: Rows) -> Tensor:
    """Each word's piece, counted in the whole batch, [W]."""
    ends = np.cumsum([len(row["ids"]) for row in rows])
    places = [np.asarray(row["first"]) + end - len(row["ids"]) for row, end in zip(rows, ends, strict=True)]
    return torch.from_numpy(np.concatenate(places).astype(np.int64))
