"""The tagging head: one tag for each word, read off its first piece. W words in all, C tags."""

from __future__ import annotations

from typing import Any

import numpy as np
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from xstilts.heads.base import Head, Loss, Rows, split
from xstilts.heads.class_scores import ClassScores
from xstilts.heads.pretrained_heads import make_part
from xstilts.heads.word_states import first_pieces
from xstilts.kinds.tagging import UNKNOWN, Tagging
from xstilts.nn.batch import Batch
from xstilts.nn.encoder import Encoder


class TaggingHead(Head):
    """scores: logits [W, C]; decode: tag ids of each row's words."""

    def __init__(self, kind: Tagging, encoder: Encoder) -> None:
        super().__init__()
        self.part = make_part(kind, len(kind.labels), encoder)

    def extra(self, rows: Rows) -> dict[str, Any]:
        """Return `first_W`: each word's first piece, counted in the whole batch; `words_R`: words of each row."""
        return {"first_W": first_pieces(rows), "words_R": [len(row["first"]) for row in rows]}

    def reads(self, batch: Batch) -> Tensor | None:
        first_W: Tensor = batch.extra["first_W"]
        return first_W

    def forward(self, hidden_TD: Tensor, batch: Batch) -> Tensor:
        return self.part.tokens(hidden_TD[batch.extra["first_W"]])

    def loss(self, scores: Tensor, batch: Batch) -> Loss:
        """Return the cross-entropy of tags; words with an unknown one are left out of the sum and of the count."""
        total = F.cross_entropy(scores, batch.gold, reduction="sum", ignore_index=UNKNOWN)
        return Loss(total, int((batch.gold != UNKNOWN).sum()))

    def decode(self, scores: Tensor, batch: Batch) -> list[Any]:
        return list(split(scores.argmax(-1), batch.extra["words_R"]))

    def class_scores(self, scores: Tensor, rows: Rows) -> tuple[ClassScores, ...]:
        """Return those of words, by their number in the sentence."""
        word_W = np.concatenate([np.asarray(row["word"], dtype=np.int64) for row in rows])
        row_W = np.repeat(np.arange(len(rows)), [len(row["word"]) for row in rows])
        return (ClassScores(scores.float().log_softmax(-1), row_W, word_W, np.ones(len(word_W))),)
