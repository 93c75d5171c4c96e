"""The head of pseudo-log-likelihood: an encoder's own masked-LM head, asked about masked places alone.

T tokens, P masked places of all rows, K scored tokens (a place may be asked about two), V vocabulary, D hidden size.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from xstilts.heads.base import Head, Rows, flat, split
from xstilts.heads.pretrained_heads import make_part
from xstilts.kinds.pseudo_likelihood import PseudoLikelihood
from xstilts.nn.batch import Batch
from xstilts.nn.encoder import Encoder

PLACES = 128  # whose logits are in memory at once: [128, V] stays near the processor's cache


class PseudoLikelihoodHead(Head):
    """scores: log-probabilities [K] (natural); decode: those of each row. There is no loss."""

    reads_embedding_table = True

    def __init__(self, kind: PseudoLikelihood, encoder: Encoder) -> None:
        super().__init__()
        self.part = make_part(kind, 2, encoder)

    def extra(self, rows: Rows) -> dict[str, Any]:
        tokens_before = np.cumsum([0, *(len(row["ids"]) for row in rows[:-1])])
        places_before = np.cumsum([0, *(len(row["places"]) for row in rows[:-1])])
        tokens_before_P = np.repeat(tokens_before, [len(row["places"]) for row in rows])
        places_before_K = np.repeat(places_before, [len(row["target"]) for row in rows])
        return {
            "places_P": flat(rows, "places") + torch.from_numpy(tokens_before_P),
            "target_K": flat(rows, "target") + torch.from_numpy(places_before_K),
            "true_K": flat(rows, "true"),
            "scored_R": [len(row["target"]) for row in rows],
        }

    def reads(self, batch: Batch) -> Tensor | None:
        places_P: Tensor = batch.extra["places_P"]
        return places_P

    def forward(self, hidden_TD: Tensor, batch: Batch) -> Tensor:
        places_P, target_K, true_K = (batch.extra[name] for name in ("places_P", "target_K", "true_K"))
        hidden_PD = hidden_TD.index_select(0, places_P)
        scores_K = torch.empty(len(true_K), dtype=torch.float32, device=hidden_TD.device)
        for start in range(0, len(hidden_PD), PLACES):
            logits_PV = self.part.tokens(hidden_PD[start : start + PLACES])
            asked = ((target_K >= start) & (target_K < start + PLACES)).nonzero()[:, 0]
            rows = target_K[asked] - start
            scores_K[asked] = logits_PV[rows, true_K[asked]] - logits_PV.logsumexp(dim=-1)[rows]
        return scores_K

    def decode(self, scores: Tensor, batch: Batch) -> list[Any]:
        return split(scores, batch.extra["scored_R"])
