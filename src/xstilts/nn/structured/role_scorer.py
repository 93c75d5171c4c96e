"""Role scorer: scores of predicates, and of the arguments of each: a word and a predicate meet in one small layer.

W words, X pairs of a predicate and a word of its sentence, D hidden size, U units, C tags.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

_PRIOR = -1.5  # logit of a word being a predicate before anything is learnt: about one in five


class RoleStates(NamedTuple):
    """Logits of being a predicate, and what tags are scored from once predicates are known."""

    predicate_W: Tensor
    word_WU: Tensor
    governor_WU: Tensor


class RoleScorer(nn.Module):
    """A word is an argument by its own state, the predicate's state, and whether it is the predicate itself."""

    def __init__(self, hidden: int, tags: int, units: int, dropout: float) -> None:
        super().__init__()
        self.dropout = nn.Dropout(dropout)
        self.predicate = nn.Linear(hidden, 1)
        self.word, self.governor = nn.Linear(hidden, units), nn.Linear(hidden, units)
        self.itself = nn.Parameter(torch.zeros(units))
        self.tag = nn.Linear(units, tags)
        for layer in (self.word, self.governor):
            nn.init.orthogonal_(layer.weight)
        nn.init.normal_(self.tag.weight, std=0.02)
        nn.init.zeros_(self.predicate.weight)
        nn.init.constant_(self.predicate.bias, _PRIOR)

    def forward(self, word_WD: Tensor) -> RoleStates:
        dropped_WD = self.dropout(word_WD)
        predicate_W = self.predicate(dropped_WD)[:, 0].float()
        return RoleStates(predicate_W, self.word(dropped_WD), self.governor(dropped_WD))

    def tags(self, states: RoleStates, predicate_X: Tensor, word_X: Tensor) -> Tensor:
        """Logits of each pair's tags in fp32, [X, C]; both sides are numbers of words in the batch."""
        itself_X1 = (predicate_X == word_X)[:, None].to(states.word_WU.dtype)
        both_XU = states.word_WU[word_X] + states.governor_WU[predicate_X] + itself_X1 * self.itself
        scores_XC: Tensor = self.tag(self.dropout(nn.functional.gelu(both_XU)))
        return scores_XC.float()
