"""Biaffine scorers of arcs and their relations (Dozat and Manning 2017), over the words of packed sentences.

W words of R sentences, K of the longest, J = K + 1 heads with the root first, V = W + 1 head states (0 is the root), D
hidden size, A and B units of the layers for arcs and relations (with the bias, where it is there), C relations.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

WORDS = 256  # scored for relations at once: what they are scored from, B x C numbers each, stays in the cache


class Places(NamedTuple):
    """Index tensors that say where the words of a batch are."""

    word_RK: Tensor  # each sentence's words among all W; any word where a sentence has none
    head_RJ: Tensor  # its heads among all V; the same
    banned_RKJ: Tensor  # bool: no such head, or the word itself
    sentence_W: Tensor  # the word's sentence,
    within_W: Tensor  # its place there,
    before_W: Tensor  # and how many words come before the sentence


def places(words_R: Sequence[int]) -> Places:
    """Return the index tensors of words, from the number of words of each sentence (at least one).

    >>> places([1, 2]).head_RJ.tolist()
    [[0, 1, 2], [0, 2, 3]]
    """
    sizes_R = np.asarray(words_R, dtype=np.int64)
    before_R = np.cumsum(sizes_R) - sizes_R
    place_K = np.arange(sizes_R.max())
    word_RK = np.minimum(before_R[:, None] + place_K, sizes_R.sum() - 1)
    head_RJ = np.concatenate([np.zeros((len(sizes_R), 1), dtype=np.int64), word_RK + 1], axis=1)
    absent_RJ = np.arange(len(place_K) + 1) > sizes_R[:, None]
    itself_KJ = place_K[:, None] + 1 == np.arange(len(place_K) + 1)
    sentence_W = np.repeat(np.arange(len(sizes_R)), sizes_R)
    before_W = before_R[sentence_W]
    arrays = (
        word_RK,
        head_RJ,
        absent_RJ[:, None, :] | itself_KJ,
        sentence_W,
        np.arange(sizes_R.sum()) - before_W,
        before_W,
    )
    return Places(*map(torch.from_numpy, arrays))


STATE_DROPOUT = 0.1  # of the words' states: that of encoders


class ArcScores(NamedTuple):
    """Arcs of each sentence in fp32, -inf where there is none, and what relations are scored from once heads are
    known."""

    arcs_RKJ: Tensor
    dependents_WB: Tensor
    heads_VB: Tensor


class BiaffineParser(nn.Module):
    """Four layers of their own for words as dependents and as heads, of arcs and of relations; the two products; and
    the state of the root, which is learnt."""

    def __init__(self, hidden: int, relations: int, arc: int, relation: int, dropout: float) -> None:
        super().__init__()
        self.root = nn.Parameter(torch.randn(hidden) / 2)  # about as large as the states of a layer norm
        self.arc_dependent, self.arc_head = (_layer(hidden, arc, dropout) for _ in range(2))
        self.relation_dependent, self.relation_head = (_layer(hidden, relation, dropout) for _ in range(2))
        # Zeros: training starts from equal chances for all arcs and relations.
        self.arc = nn.Parameter(torch.zeros(arc + 1, arc))
        self.relation = nn.Parameter(torch.zeros((relation + 1) ** 2, relations))

    def forward(self, word_WD: Tensor, at: Places) -> ArcScores:
        head_VD = torch.cat([self.root[None].to(word_WD.dtype), word_WD])
        with_bias_WA = _with_one(self.arc_dependent(word_WD).float())
        head_VA = self.arc_head(head_VD).float()
        with torch.autocast(word_WD.device.type, enabled=False):  # two arcs may differ by less than bf16 can say
            product_WA = with_bias_WA @ self.arc
            arcs_RKJ = product_WA[at.word_RK] @ head_VA[at.head_RJ].mT
        return ArcScores(
            arcs_RKJ.masked_fill(at.banned_RKJ, float("-inf")),
            self.relation_dependent(word_WD).float(),
            self.relation_head(head_VD).float(),
        )

    def relations(self, scored: ArcScores, heads_W: Tensor, at: Places) -> Tensor:
        """Logits of the relation of each word to its head (words of the sentence from 1, 0 is the root), [W, C]."""
        head_W = torch.where(heads_W > 0, heads_W + at.before_W, 0)
        units = scored.heads_VB.shape[1] + 1
        parts = []
        with torch.autocast(heads_W.device.type, enabled=False):
            by_head = self.relation.view(units, -1)
            for dependent_WB, part_W in zip(scored.dependents_WB.split(WORDS), head_W.split(WORDS), strict=True):
                under_head_WBC = (_with_one(scored.heads_VB[part_W]) @ by_head).view(len(part_W), units, -1)
                parts.append((_with_one(dependent_WB)[:, None] @ under_head_WBC)[:, 0])
        return torch.cat(parts)


def _layer(hidden: int, units: int, dropout: float) -> nn.Sequential:
    linear = nn.Linear(hidden, units)
    nn.init.orthogonal_(linear.weight)
    nn.init.zeros_(linear.bias)
    return nn.Sequential(nn.Dropout(STATE_DROPOUT), linear, nn.LeakyReLU(0.1), nn.Dropout(dropout))


def _with_one(state_WB: Tensor) -> Tensor:
    """A 1 behind each state, so that a product holds the terms of one side alone."""
    return torch.cat([state_WB, state_WB.new_ones(len(state_WB), 1)], dim=1)
