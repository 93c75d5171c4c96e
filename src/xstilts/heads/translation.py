"""The head of translation ranking draws translations together and everything else apart: InfoNCE over the rows of an
update (van den Oord et al. 2018) for mean-pooled sentences (the translation ranking of Yang et al. 2019 and Feng et al.
2022) and for aligned words in context (after Cao, Kitaev and Klein 2020, with negatives in the place of a regulariser).

R rows, N = 2R sequences, K links, D hidden size.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from xstilts.heads.base import Head, Loss, Rows, flat, split
from xstilts.kinds.translation import TranslationRanking
from xstilts.nn import ragged
from xstilts.nn.batch import Batch
from xstilts.nn.encoder import Encoder

LINKS = 2048  # compared at most in one update; a matrix of them all would be too large


class TranslationHead(Head):
    """scores: (sentence vectors [N, D], token vectors of the links [K, D] on either side); decode: (vector of the text,
    vector of its pair) a row. The loss compares the rows of an update, so an update is never cut into passes."""

    compares_rows = True

    def __init__(self, kind: TranslationRanking, encoder: Encoder) -> None:
        super().__init__()
        self.kind = kind
        self.layer = kind.layer

    def collate(self, rows: Rows, draw: Any = ()) -> Batch:
        batch = super().collate(rows, draw)
        starts = np.concatenate([[0], np.cumsum(batch.lengths_N.numpy())])[:-1].reshape(len(rows), 2)
        pairs = [np.asarray(row[self.kind.linked], dtype=np.int64).reshape(-1, 2) for row in rows]
        links_K2 = np.concatenate([pair + at for pair, at in zip(pairs, starts, strict=True)])
        if len(links_K2) > LINKS:
            links_K2 = links_K2[np.random.default_rng(tuple(draw)).permutation(len(links_K2))[:LINKS]]
        batch.extra = {"links_K2": torch.from_numpy(links_K2), "same_R2": flat(rows, "same").view(len(rows), 2)}
        return batch

    def forward(self, hidden_TD: Tensor, batch: Batch) -> tuple[Tensor, Tensor, Tensor]:
        links_K2 = batch.extra["links_K2"]
        if not self.kind.words:
            links_K2 = links_K2[:0]
        first_KD, second_KD = (hidden_TD.index_select(0, links_K2[:, side]) for side in (0, 1))
        return ragged.mean(hidden_TD, batch.lengths_N), first_KD, second_KD

    def loss(self, scores: tuple[Tensor, Tensor, Tensor], batch: Batch) -> Loss:
        """Return the weighted sum of both losses, each a mean over its rows or links."""
        sentences_ND, first_KD, second_KD = scores
        rows = len(sentences_ND) // 2
        total = sentences_ND.sum() * 0.0
        if self.kind.sentences:
            ranking = info_nce(sentences_ND[0::2], sentences_ND[1::2], batch.extra["same_R2"], self.kind.temperature)
            total = total + self.kind.sentences * ranking
        if len(first_KD):
            tokens_K2 = batch.ids_T[batch.extra["links_K2"]]
            total = total + self.kind.words * info_nce(first_KD, second_KD, tokens_K2, self.kind.word_temperature)
        return Loss(total * rows, rows)

    def decode(self, scores: tuple[Tensor, Tensor, Tensor], batch: Batch) -> list[Any]:
        vectors = split(scores[0], [2] * (len(scores[0]) // 2))
        return [(pair[0], pair[1]) for pair in vectors]


def info_nce(first_KD: Tensor, second_KD: Tensor, same_K2: Tensor, temperature: float) -> Tensor:
    """Return the cross-entropy of each vector's own counterpart among all of them by cosine, mean of both directions.

    `same_K2` numbers what the vectors stand for: a counterpart that is the same on either side is no wrong answer, and
    is left out.

    >>> vectors = torch.eye(2)
    >>> float(info_nce(vectors, vectors, torch.tensor([[0, 0], [1, 1]]), 0.1)) < 1e-3
    True
    """
    first_KD, second_KD = F.normalize(first_KD.float(), dim=-1), F.normalize(second_KD.float(), dim=-1)
    cosines_KK = first_KD @ second_KD.T / temperature
    same_KK = (same_K2[:, None, 0] == same_K2[None, :, 0]) | (same_K2[:, None, 1] == same_K2[None, :, 1])
    same_KK.fill_diagonal_(False)
    cosines_KK = cosines_KK.masked_fill(same_KK, -1e4)
    own_K = torch.arange(len(first_KD), device=first_KD.device)
    return (F.cross_entropy(cosines_KK, own_K) + F.cross_entropy(cosines_KK.T, own_K)) / 2
