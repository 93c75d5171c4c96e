"""The linear probe of minimal pairs: a layer on the mean of a sentence's states. N sentences, T tokens, D hidden
size."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from xstilts.heads.base import Head
from xstilts.heads.choice import ChoiceHead
from xstilts.kinds.pair_probe import PairProbe
from xstilts.nn import ragged
from xstilts.nn.batch import Batch
from xstilts.nn.encoder import Encoder


class PairProbeHead(ChoiceHead):
    """scores: as of `ChoiceHead`. The special tokens are part of the mean."""

    def __init__(self, kind: PairProbe, encoder: Encoder) -> None:
        Head.__init__(self)
        device = encoder.embeddings.weight.device
        self.linear = nn.Linear(encoder.hidden_size, 1, device=device)

    def reads(self, batch: Batch) -> Tensor | None:
        return None

    def forward(self, hidden_TD: Tensor, batch: Batch) -> Tensor:
        scores_N = self.linear(ragged.mean(hidden_TD, batch.lengths_N)).float()[:, 0]
        return ragged.rectangle(scores_N, torch.tensor(batch.sequences_R)).log_softmax(dim=-1)
