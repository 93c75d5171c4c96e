"""The head of pseudo-log-likelihood: an encoder's own masked-LM head, asked about masked places alone.

T tokens, P masked places of all rows, K scored tokens (a place may be asked about two), V vocabulary, D hidden size.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from xstilts.heads.base import Head, Rows, flat, split
from xstilts.heads.pretrained_heads import HeadModule, make_part, passing_states
from xstilts.kinds.pseudo_likelihood import PseudoLikelihood
from xstilts.nn.batch import Batch
from xstilts.nn.encoder import Encoder

LOGITS = 2**20  # in memory at once: 4 MiB stay near the processor's cache


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
        with passing_states(self.part) as decoder:
            if decoder is None:
                return _scores_of_logits(self.part, hidden_PD, target_K, true_K)
            states_PE = self.part.tokens(hidden_PD)
            weights_VE, bias_V = decoder.tied
        true_KE = weights_VE.index_select(0, true_K)
        logits_K = (states_PE.index_select(0, target_K) * true_KE).sum(dim=-1) + bias_V[true_K]
        return (logits_K - log_normaliser(states_PE, weights_VE, bias_V)[target_K]).float()

    def decode(self, scores: Tensor, batch: Batch) -> list[Any]:
        return split(scores, batch.extra["scored_R"])


def log_normaliser(states_PE: Tensor, weights_VE: Tensor, bias_V: Tensor) -> Tensor:
    """Return the log of the sum over the vocabulary of the exponentials of all logits, [P] in fp32, a part of the
    vocabulary at a time: the whole [P, V] would go through memory four times.

    >>> states, weights = torch.ones(3, 2), torch.zeros(5, 2)
    >>> log_normaliser(states, weights, torch.zeros(5)).exp().tolist()
    [5.0, 5.0, 5.0]
    """
    width = max(1, LOGITS // max(1, len(states_PE)))
    largest_P = torch.full((len(states_PE),), -torch.inf, device=states_PE.device)
    sum_P = torch.zeros_like(largest_P)
    for start in range(0, len(weights_VE), width):
        part = slice(start, start + width)
        logits_PW = F.linear(states_PE, weights_VE[part], bias_V[part]).float()
        before_P, largest_P = largest_P, torch.maximum(largest_P, logits_PW.amax(dim=-1))
        sum_P = sum_P * (before_P - largest_P).exp() + logits_PW.sub_(largest_P[:, None]).exp_().sum(dim=-1)
    return largest_P + sum_P.log()


def _scores_of_logits(part: HeadModule, hidden_PD: Tensor, target_K: Tensor, true_K: Tensor) -> Tensor:
    """Return log-probabilities [K] by a head whose decoder is its own."""
    logits_PV = part.tokens(hidden_PD)
    return logits_PV[target_K, true_K] - logits_PV.logsumexp(dim=-1)[target_K]
