"""Where the words of rows are in a batch: their first pieces, by the column `first`."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from xstilts.heads.base import Rows


def first_pieces(rows: Rows) -> Tensor:
    """Each word's piece, counted in the whole batch, [W]."""
    ends = np.cumsum([len(row["ids"]) for row in rows])
    places = [np.asarray(row["first"]) + end - len(row["ids"]) for row, end in zip(rows, ends, strict=True)]
    return torch.from_numpy(np.concatenate(places).astype(np.int64))
