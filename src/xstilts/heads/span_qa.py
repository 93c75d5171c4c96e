"""The head of span QA: where an answer begins and ends. R rows of one sequence each, T tokens in all, K tokens of the
longest row."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from xstilts.heads.base import Head, Loss, Rows, split
from xstilts.heads.class_scores import ClassScores, grouped
from xstilts.heads.pretrained_heads import make_part
from xstilts.kinds.span_qa import SpanQA
from xstilts.nn import ragged
from xstilts.nn.batch import Batch
from xstilts.nn.encoder import Encoder


class SpanQAHead(Head):
    """scores: (start logits [T], end logits [T]); decode: (start logits [L], end logits [L]) a row."""

    def __init__(self, kind: SpanQA, encoder: Encoder) -> None:
        super().__init__()
        self.part = make_part(kind, 2, encoder)

    def gold(self, rows: Any) -> Tensor:
        """Return the first and last token of each answer, [R, 2], counted from the row's beginning."""
        return super().gold(rows).unflatten(0, (-1, 2))

    def forward(self, hidden_TD: Tensor, batch: Batch) -> tuple[Tensor, Tensor]:
        start_T, end_T = self.part.tokens(hidden_TD).unbind(-1)
        return start_T, end_T

    def loss(self, scores: tuple[Tensor, Tensor], batch: Batch) -> Loss:
        """Return the mean of both cross-entropies over the row's own tokens (Devlin et al. 2019)."""
        start_RK, end_RK = (ragged.rectangle(side_T, batch.lengths_N) for side_T in scores)
        start_R, end_R = batch.gold.unbind(-1)
        total = F.cross_entropy(start_RK, start_R, reduction="sum") + F.cross_entropy(end_RK, end_R, reduction="sum")
        return Loss(total / 2, len(start_R))

    def decode(self, scores: tuple[Tensor, Tensor], batch: Batch) -> list[Any]:
        start, end = (split(side_T, batch.lengths_N.tolist()) for side_T in scores)
        return list(zip(start, end, strict=True))

    def class_scores(self, scores: tuple[Tensor, Tensor], rows: Rows) -> tuple[ClassScores, ...]:
        """Return the probabilities that an answer begins, and ends, in each word of the context, the first class being
        anywhere else. Words are what blanks part: two views of as many words have the same classes, whatever pieces
        their words have, and others no unit in common."""
        word_T = [context_words(row["starts"], row["ends"]) for row in rows]
        classes_R = np.asarray([int(words.max(initial=0)) + 1 for words in word_T])
        first_R = np.cumsum(classes_R) - classes_R
        group_T = torch.from_numpy(
            np.concatenate([words + first for words, first in zip(word_T, first_R, strict=True)])
        )
        lengths_R = torch.tensor([len(words) for words in word_T])
        sides = []
        for side, side_T in enumerate(scores):
            rows_RK = ragged.rectangle(side_T.float(), lengths_R).log_softmax(-1)
            flat_T = _flat(rows_RK, lengths_R)
            groups_G = grouped(flat_T, group_T.to(flat_T.device), int(classes_R.sum()))
            log_probs_RC = ragged.rectangle(groups_G, torch.from_numpy(classes_R))
            sides.append(ClassScores(log_probs_RC, np.arange(len(rows)), 2 * classes_R + side, np.full(len(rows), 0.5)))
        return tuple(sides)


def _flat(values_RK: Tensor, lengths_R: Tensor) -> Tensor:
    """Return the values of all rows end to end, [T]."""
    is_there_RK = torch.arange(values_RK.shape[1]) < lengths_R[:, None]
    return values_RK[is_there_RK.to(values_RK.device)]


def context_words(starts_L: Any, ends_L: Any) -> np.ndarray:
    """Return the number of the word of the context that each token is part of, from 1; 0 for one outside of it. A word
    goes as far as tokens stand without a gap.

    >>> context_words([-1, 0, 4, 7, -1], [-1, 3, 7, 9, -1]).tolist()  # "The Germ|ans"
    [0, 1, 2, 2, 0]
    """
    starts, ends = np.asarray(starts_L, dtype=np.int64), np.asarray(ends_L, dtype=np.int64)
    inside = starts >= 0
    follows = inside & np.roll(inside, 1) & (starts == np.roll(ends, 1))
    follows[:1] = False
    return np.where(inside, np.cumsum(inside & ~follows), 0)
