"""The multi-label head: yes or no to each label for a sequence. N sequences, one a row, C labels."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from xstilts.heads.base import Loss
from xstilts.heads.sequences import SequenceHead
from xstilts.kinds.multi_label import MultiLabel
from xstilts.nn.batch import Batch
from xstilts.nn.encoder import Encoder


class MultiLabelHead(SequenceHead):
    """scores: logits [N, C]; loss: binary cross-entropy of each label, summed over labels; decode: logits [C] a row."""

    def __init__(self, kind: MultiLabel, encoder: Encoder) -> None:
        super().__init__(kind, len(kind.labels), encoder)

    def loss(self, scores: Tensor, batch: Batch) -> Loss:
        gold_NC = batch.gold.reshape(scores.shape).to(scores.dtype)
        return Loss(F.binary_cross_entropy_with_logits(scores, gold_NC, reduction="sum"), len(scores))
