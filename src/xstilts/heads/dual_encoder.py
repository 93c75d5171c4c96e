"""The head of a dual encoder: vectors of both sides, and the softmax over the passages of an update.

R rows, N sequences (R queries and R passages in training, one a row when a pool is encoded), D hidden size.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from xstilts.heads.base import Head, Loss, split
from xstilts.kinds.dual_encoder import DualEncoder
from xstilts.nn import ragged
from xstilts.nn.batch import Batch
from xstilts.nn.encoder import Encoder


class DualEncoderHead(Head):
    """scores: vectors of length 1, [N, D], fp32; decode: the vectors of each row, [1 or 2, D].

    The loss compares every query with every passage of an update, so an update is never cut into passes: with the
    batch the number of wrong passages grows, and so does the memory."""

    compares_rows = True

    def __init__(self, kind: DualEncoder, encoder: Encoder) -> None:
        super().__init__()
        self.kind = kind
        self.dense = _pooler(encoder) if kind.pooling == "pooler" else None

    def forward(self, hidden_TD: Tensor, batch: Batch) -> Tensor:
        if self.kind.pooling == "mean":
            pooled_ND = ragged.mean(hidden_TD, batch.lengths_N)
        else:
            pooled_ND = ragged.first(hidden_TD, batch.starts_N)
        if self.dense is not None:
            pooled_ND = torch.tanh(self.dense(pooled_ND))
        return F.normalize(pooled_ND.float(), dim=-1)

    def loss(self, scores: Tensor, batch: Batch) -> Loss:
        """Return the cross-entropy of each query's own passage among those of the update, from queries to passages
        alone."""
        return Loss(in_batch_softmax(scores[0::2], scores[1::2], batch.gold, self.kind.scale), len(batch.gold))

    def decode(self, scores: Tensor, batch: Batch) -> list[Any]:
        return split(scores, batch.sequences_R)


def in_batch_softmax(query_RD: Tensor, passage_RD: Tensor, number_R: Tensor, scale: float) -> Tensor:
    """Return the sum over rows of -log softmax(scale * cosines)[own passage]. `number_R` numbers the passages: a
    passage that is in several rows is no wrong answer in any of them, and is left out of their sums.

    >>> vectors = torch.eye(2)
    >>> float(in_batch_softmax(vectors, vectors, torch.tensor([7, 8]), 100.0)) < 1e-6
    True
    """
    with torch.autocast(query_RD.device.type, enabled=False):  # cosines times 100 do not fit into half precision
        cosines_RR = scale * (query_RD @ passage_RD.T)
        same_RR = number_R[:, None] == number_R[None, :]
        same_RR.fill_diagonal_(False)
        own_R = torch.arange(len(query_RD), device=query_RD.device)
        return F.cross_entropy(cosines_RR.masked_fill(same_RR, float("-inf")), own_R, reduction="sum")


def _pooler(encoder: Encoder) -> nn.Linear:
    """Return the encoder's own pooler where the pretrained folder has one (BERT, XLM-R), else a new layer."""
    size, prefix = encoder.hidden_size, f"{encoder.pooler_prefix}dense."
    dense = nn.Linear(size, size)
    nn.init.normal_(dense.weight, std=getattr(encoder.config, "initializer_range", 0.02))
    nn.init.zeros_(dense.bias)
    pretrained = {name: encoder.own_head_weights.get(prefix + name) for name in ("weight", "bias")}
    weights = {name: tensor for name, tensor in pretrained.items() if tensor is not None}
    if all(name in weights and weights[name].shape == tensor.shape for name, tensor in dense.state_dict().items()):
        dense.load_state_dict(weights)
    return dense.to(encoder.embeddings.weight.device)
