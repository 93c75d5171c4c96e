"""The base of heads, the torch half of a kind: three verbs with separate inputs, and a collate.

batch  = head.collate(rows)                     # rows of plain ints -> packed tensors
scores = head(hidden_TD, batch)                 # gold is not looked at
loss   = head.loss(scores, batch)               # (sum over targets, number of targets)
output = head.decode(scores, batch)             # one entry a row, numpy, for Kind.postprocess
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from xstilts.heads.class_scores import ClassScores
from xstilts.nn.batch import Batch
from xstilts.nn.teacher import Teacher

Rows = Sequence[Mapping[str, Any]]


class Loss(NamedTuple):
    """`sum` keeps the graph; the loop divides the sum of an update by its count, so cutting it changes nothing."""

    sum: Tensor
    count: int  # type: ignore[assignment]  # the field's name hides tuple.count


class Head(nn.Module):
    """Base of all heads. A head with parameters keeps them in `part` (see `heads.pretrained_heads`).

    layer: which hidden state it reads: None the last, 0 the embeddings, k the k-th block.
    layers: where it reads several, these: `forward` gets them side by side, [T, layers * D].
    compares_rows: whether its loss compares the rows of an update with each other, so that an update is one pass.
    reads_embedding_table: whether it computes with the embedding table as well as with the states.
    is_encoders_own: whether it is the encoder's own head, which goes on with the encoder from phase to phase.
    """

    layer: int | None = None
    layers: tuple[int, ...] = ()
    compares_rows: bool = False
    reads_embedding_table: bool = False
    is_encoders_own: bool = False

    @property
    def auto_class(self) -> str | None:
        """The class of `transformers` that loads encoder and head together; None where there is none."""
        return getattr(getattr(self, "part", None), "auto_class", None)

    @property
    def native(self) -> bool:
        """True where the parameters are those of the encoder's own class for this kind, under its names."""
        return self.auto_class is not None

    def collate(self, rows: Rows, draw: Sequence[int] = ()) -> Batch:
        """Pack rows end to end. `draw` is what random choices of a head depend on, such as (seed, update); () is the
        fixed choice of evaluation. Choices are made row by row: cutting an update into batches changes none.

        >>> rows = [{"example": 0, "ids": [0, 7, 2], "lengths": [3], "segments": [0, 0, 0], "gold": [1]},
        ...         {"example": 1, "ids": [0, 2], "lengths": [2], "segments": [0, 0], "gold": [0]}]
        >>> batch = Head().collate(rows)
        >>> batch.ids_T.tolist(), batch.lengths_N.tolist(), batch.sequences_R
        ([0, 7, 2, 0, 2], [3, 2], [1, 1])
        """
        return Batch(
            ids_T=flat(rows, "ids"),
            segments_T=flat(rows, "segments"),
            lengths_N=flat(rows, "lengths"),
            sequences_R=[len(row["lengths"]) for row in rows],
            examples_R=[int(row["example"]) for row in rows],
            gold=self.gold(rows) if all(len(row["gold"]) for row in rows) else None,
            extra=self.extra(rows),
        )

    def gold(self, rows: Rows) -> Any:
        """Return the tensors that the loss compares with; all rows are labelled."""
        return flat(rows, "gold")

    def extra(self, rows: Rows) -> dict[str, Any]:
        """Return more tensors that `forward`, `loss` or `decode` read."""
        return {}

    def learn_from(self, teacher: Teacher) -> None:
        """Take the encoder whose states the loss compares with; asked of the heads of parts that have a teacher."""
        raise NotImplementedError(type(self).__name__)

    def reads(self, batch: Batch) -> Tensor | None:
        """Return the tokens whose states `forward` reads, [P] in T, on the encoder's device; None: all of them."""
        return None

    def forward(self, hidden_TD: Tensor, batch: Batch) -> Any:
        """Return scores, in the form that the head says. `hidden_TD`: states of all tokens of the batch."""
        raise NotImplementedError

    def loss(self, scores: Any, batch: Batch) -> Loss:
        """Return the sum over targets, and how many there are."""
        raise NotImplementedError

    def decode(self, scores: Any, batch: Batch) -> list[Any]:
        """Return one entry a row, numpy, for `Kind.postprocess`."""
        raise NotImplementedError

    def class_scores(self, scores: Any, rows: Rows) -> tuple[ClassScores, ...]:
        """Return what two views of the same rows are compared by; only asked of heads whose kind has `class_scores`.
        `rows`: those that were collated."""
        raise NotImplementedError(type(self).__name__)


def flat(rows: Rows, column: str) -> Tensor:
    """Return a column of all rows end to end, int64. One copy where rows come as arrays."""
    return torch.from_numpy(np.concatenate([np.asarray(row[column], dtype=np.int64) for row in rows]))


def split(values: Tensor, sizes: Sequence[int]) -> list[np.ndarray]:
    """Return the first axis cut into rows, as numpy arrays (floating point as float32)."""
    values = values.detach()
    array = (values.float() if values.is_floating_point() else values).cpu().numpy()
    return np.split(array, np.cumsum(sizes)[:-1])
