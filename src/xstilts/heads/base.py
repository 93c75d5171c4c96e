"""The torch half of a kind: three verbs with separate inputs, and a collate.

    batch  = head.collate(rows)                     # rows of plain ints -> packed tensors
    scores = head(hidden_TD, batch)                 # gold is not looked at
    loss   = head.loss(scores, batch)               # (sum over targets, number of targets)
    output = head.decode(scores, batch)             # one entry a row, numpy, for Kind.assemble
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from xstilts.nn.batch import Batch


class Loss(NamedTuple):
    """`sum` keeps the graph; the loop divides the sum of an update by its count, so cutting an update changes nothing."""

    sum: Tensor
    count: int


class Head(nn.Module):
    """Base of all heads. `layer` says which hidden state a head reads: None the last, 0 the embeddings, k the k-th block."""

    layer: int | None = None

    def collate(self, rows: Sequence[Mapping[str, Any]]) -> Batch:
        """Packs rows end to end.

        >>> rows = [{"example": 0, "ids": [0, 7, 2], "lengths": [3], "segments": [0, 0, 0], "gold": [1]},
        ...         {"example": 1, "ids": [0, 2], "lengths": [2], "segments": [0, 0], "gold": [0]}]
        >>> batch = Head().collate(rows)
        >>> batch.ids_T.tolist(), batch.lengths_N.tolist(), batch.sequences_R
        ([0, 7, 2, 0, 2], [3, 2], [1, 1])
        """
        return Batch(
            ids_T=torch.tensor([i for row in rows for i in row["ids"]], dtype=torch.int64),
            segments_T=torch.tensor([s for row in rows for s in row["segments"]], dtype=torch.int64),
            lengths_N=torch.tensor([n for row in rows for n in row["lengths"]], dtype=torch.int64),
            sequences_R=[len(row["lengths"]) for row in rows],
            examples_R=[int(row["example"]) for row in rows],
            gold=self.gold(rows) if all(len(row["gold"]) for row in rows) else None,
            extra=self.extra(rows),
        )

    def gold(self, rows: Sequence[Mapping[str, Any]]) -> Any:
        """Tensors the loss compares with; all rows are labelled."""
        return torch.tensor([g for row in rows for g in row["gold"]], dtype=torch.int64)

    def extra(self, rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        return {}

    def loss(self, scores: Any, batch: Batch) -> Loss:
        raise NotImplementedError

    def decode(self, scores: Any, batch: Batch) -> list[Any]:
        raise NotImplementedError
