"""The classification head: one label for a sequence. N sequences (one a row), C labels."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from xstilts.heads.base import Loss, Rows
from xstilts.heads.class_scores import ClassScores, whole_rows
from xstilts.heads.sequences import SequenceHead
from xstilts.kinds.classification import Classification
from xstilts.nn.batch import Batch
from xstilts.nn.encoder import Encoder


class ClassificationHead(SequenceHead):
    """scores: logits [N, C]; decode: logits [C] a row."""

    def __init__(self, kind: Classification, encoder: Encoder) -> None:
        super().__init__(kind, len(kind.labels), encoder)

    def loss(self, scores: Tensor, batch: Batch) -> Loss:
        return Loss(F.cross_entropy(scores, batch.gold, reduction="sum"), len(scores))

    def class_scores(self, scores: Tensor, rows: Rows) -> tuple[ClassScores, ...]:
        return (whole_rows(scores.float().log_softmax(-1)),)
