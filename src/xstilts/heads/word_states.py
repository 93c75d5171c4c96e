"""The states of words in a batch: their first pieces, or the means of their pieces. W words, P pieces of them all."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from xstilts.heads.base import Head, Rows
from xstilts.nn import ragged
from xstilts.nn.batch import Batch


class WordHead(Head):
    """A head that reads all pieces of words, which `word_columns` places in `extra`."""

    def reads(self, batch: Batch) -> Tensor | None:
        piece_P: Tensor = batch.extra["piece_P"]
        return piece_P


def first_pieces(rows: Rows) -> Tensor:
    """Return each word's first piece, counted in the whole batch, [W]."""
    ends = np.cumsum([len(row["ids"]) for row in rows])
    places = [np.asarray(row["first"]) + end - len(row["ids"]) for row, end in zip(rows, ends, strict=True)]
    return torch.from_numpy(np.concatenate(places).astype(np.int64))


def word_columns(rows: Rows) -> dict[str, Tensor]:
    """Return `piece_P`: the pieces of all words, word after word, counted in the whole batch; `pieces_W`: of each
    word."""
    pieces_W = torch.from_numpy(np.concatenate([np.asarray(row["pieces"], dtype=np.int64) for row in rows]))
    within_P = torch.arange(int(pieces_W.sum())) - torch.repeat_interleave(pieces_W.cumsum(0) - pieces_W, pieces_W)
    return {"piece_P": torch.repeat_interleave(first_pieces(rows), pieces_W) + within_P, "pieces_W": pieces_W}


def word_means(hidden_TD: Tensor, batch: Batch) -> Tensor:
    """Return the mean state of each word's pieces, [W, D] in fp32."""
    return ragged.mean(hidden_TD[batch.extra["piece_P"]], batch.extra["pieces_W"])
