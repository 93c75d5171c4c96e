"""The dependency parser: a head and a relation for each word, from the mean of its pieces.

W words in all of R sentences, K words of the longest, J = K + 1 heads, C relations.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from xstilts.heads.base import Loss, Rows, split
from xstilts.heads.word_states import WordHead, word_columns, word_means
from xstilts.kinds.dependency import Dependency
from xstilts.kinds.tagging import UNKNOWN
from xstilts.nn.batch import Batch
from xstilts.nn.encoder import Encoder
from xstilts.nn.structured.biaffine import ArcScores, BiaffineParser, Places, places
from xstilts.nn.structured.max_spanning_tree import arborescence, trees


class DependencyHead(WordHead):
    """scores: `ArcScores`; decode: head and relation id of each word of a row, [W, 2]; the heads are a tree."""

    def __init__(self, kind: Dependency, encoder: Encoder) -> None:
        super().__init__()
        parser = BiaffineParser(encoder.hidden_size, len(kind.labels), kind.arc, kind.relation, kind.dropout)
        self.part = parser.to(encoder.embeddings.weight.device)

    def gold(self, rows: Rows) -> tuple[Tensor, Tensor]:
        """Return heads and relation ids, [W] each."""
        golds = [np.asarray(row["gold"], dtype=np.int64).reshape(2, -1) for row in rows]
        heads_W, relations_W = np.concatenate(golds, axis=1)
        return torch.from_numpy(heads_W), torch.from_numpy(relations_W)

    def extra(self, rows: Rows) -> dict[str, Any]:
        """Return `heads.word_states.word_columns`; `words_R`: words of each row; `at`: the fields of
        `biaffine.Places`."""
        words_R = [len(row["first"]) for row in rows]
        return {**word_columns(rows), "words_R": words_R, "at": places(words_R)._asdict()}

    def forward(self, hidden_TD: Tensor, batch: Batch) -> ArcScores:
        scored: ArcScores = self.part(word_means(hidden_TD, batch), _at(batch))
        return scored

    def loss(self, scores: ArcScores, batch: Batch) -> Loss:
        """Return the cross-entropy of each word's head among the words of its sentence and the root, and that of its
        relation to its gold head; a relation outside the set adds nothing. Counted by words."""
        heads_W, relations_W = batch.gold
        at = _at(batch)
        arcs_WJ = scores.arcs_RKJ[at.sentence_W, at.within_W]
        relations_WC = self.part.relations(scores, heads_W, at)
        arcs = F.cross_entropy(arcs_WJ, heads_W, reduction="sum")
        relations = F.cross_entropy(relations_WC, relations_W, reduction="sum", ignore_index=UNKNOWN)
        return Loss(arcs + relations, len(heads_W))

    def decode(self, scores: ArcScores, batch: Batch) -> list[Any]:
        at, words_R = _at(batch), batch.extra["words_R"]
        heads_RK = best_trees(scores.arcs_RKJ, words_R)
        heads_W = heads_RK.to(at.within_W.device)[at.sentence_W, at.within_W]
        relations_W = self.part.relations(scores, heads_W, at).argmax(-1)
        return list(split(torch.stack([heads_W, relations_W], dim=1), words_R))


def best_trees(arcs_RKJ: Tensor, words_R: list[int]) -> Tensor:
    """Return the heads of the best tree of each sentence, [R, K] on the CPU. The best head of each word where these are
    a tree (which is then the best one), else the best tree is searched for."""
    heads_RK = arcs_RKJ.argmax(-1).cpu().numpy()
    for row in np.flatnonzero(~trees(heads_RK, np.asarray(words_R))):
        size = words_R[row]
        heads_RK[row, :size] = arborescence(arcs_RKJ[row, :size, : size + 1].detach().float().cpu().numpy())
    return torch.from_numpy(heads_RK)


def _at(batch: Batch) -> Places:
    return Places(**batch.extra["at"])
