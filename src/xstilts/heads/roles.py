"""The head of semantic roles: which words are predicates, and a tag for each word for each of them. W words in all of R
sentences, K of the longest, P predicates, X pairs of a predicate and a word of its sentence, C tags."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from xstilts.heads.base import Loss, Rows, flat
from xstilts.heads.word_states import WordHead, word_columns, word_means
from xstilts.kinds.roles import SemanticRoles
from xstilts.kinds.tagging import UNKNOWN
from xstilts.nn.batch import Batch
from xstilts.nn.encoder import Encoder
from xstilts.nn.structured.role_scorer import RoleScorer, RoleStates
from xstilts.nn.structured.viterbi import best_spans

PAIRS = 32_768  # pairs of a predicate and a word that are decoded at once: bounds the memory


class RolesHead(WordHead):
    """scores: `RoleStates`; decode: (predicates [P], tags [P, W]) of each row."""

    def __init__(self, kind: SemanticRoles, encoder: Encoder) -> None:
        super().__init__()
        self.kind = kind
        scorer = RoleScorer(encoder.hidden_size, kind.tags, kind.units, kind.dropout)
        self.part = scorer.to(encoder.embeddings.weight.device)

    def gold(self, rows: Rows) -> dict[str, Tensor]:
        """Return `is_predicate_W`: 0 or 1; `predicate_X`, `word_X`: words of the batch; `tag_X`: the tag of that word
        for that predicate.

        >>> rows = [{"first": [1, 3], "gold": [0, 1, 5, 0]}]  # the second word is a predicate, the first its argument
        >>> gold = RolesHead.gold(None, rows)
        >>> gold["predicate_X"].tolist(), gold["word_X"].tolist(), gold["tag_X"].tolist()
        ([1, 1], [0, 1], [5, 0])
        """
        flags, predicates, words, tags, words_before = [], [], [], [], 0
        for row in rows:
            size, gold = len(row["first"]), np.asarray(row["gold"], dtype=np.int64)
            predicate_words = np.flatnonzero(gold[:size]) + words_before
            flags.append(gold[:size])
            predicates.append(np.repeat(predicate_words, size))
            words.append(np.tile(np.arange(size) + words_before, len(predicate_words)))
            tags.append(gold[size:])
            words_before += size
        columns = {"is_predicate_W": flags, "predicate_X": predicates, "word_X": words, "tag_X": tags}
        return {name: torch.from_numpy(np.concatenate(parts)) for name, parts in columns.items()}

    def extra(self, rows: Rows) -> dict[str, Any]:
        """Return `heads.word_states.word_columns`; `words_R`: words of each row; `given_P`: the predicates, by their
        words in the batch, where the kind gives them."""
        words_R = [len(row["first"]) for row in rows]
        extra = {**word_columns(rows), "words_R": words_R}
        if self.kind.given:
            before_P = np.repeat(np.cumsum([0, *words_R[:-1]]), [len(row["predicates"]) for row in rows])
            extra["given_P"] = flat(rows, "predicates") + torch.from_numpy(before_P)
        return extra

    def forward(self, hidden_TD: Tensor, batch: Batch) -> RoleStates:
        states: RoleStates = self.part(word_means(hidden_TD, batch))
        return states

    def loss(self, scores: RoleStates, batch: Batch) -> Loss:
        """Return the cross-entropy of each word being a predicate or not, and of each word's tag for each gold
        predicate of its sentence. Counted by both."""
        gold = batch.gold
        predicates = F.binary_cross_entropy_with_logits(
            scores.predicate_W, gold["is_predicate_W"].float(), reduction="sum"
        )
        tags_XC = self.part.tags(scores, gold["predicate_X"], gold["word_X"])
        tags = F.cross_entropy(tags_XC, gold["tag_X"], reduction="sum", ignore_index=UNKNOWN)
        return Loss(predicates + tags, len(scores.predicate_W) + int((gold["tag_X"] != UNKNOWN).sum()))

    def decode(self, scores: RoleStates, batch: Batch) -> list[Any]:
        """A word is a predicate at even chances or better. Tags are each word's best for heads, the best sequence that
        is one of spans for spans."""
        words_R = np.asarray(batch.extra["words_R"])
        predicates = batch.extra["given_P"] if self.kind.given else torch.nonzero(scores.predicate_W > 0)[:, 0]
        predicate_P = predicates.cpu().numpy()
        ends_R = np.cumsum(words_R)
        sentence_P = np.searchsorted(ends_R, predicate_P, side="right")
        tags = self._tags(scores, predicate_P, (ends_R - words_R)[sentence_P], words_R[sentence_P])
        outputs = []
        for sentence, (end, size) in enumerate(zip(ends_R, words_R, strict=True)):
            of_sentence = np.flatnonzero(sentence_P == sentence)
            tags_PW = np.array([tags[place] for place in of_sentence], dtype=np.int64).reshape(len(of_sentence), size)
            outputs.append((predicate_P[of_sentence] - (end - size), tags_PW))
        return outputs

    def _tags(
        self, scores: RoleStates, predicate_P: np.ndarray, before_P: np.ndarray, size_P: np.ndarray
    ) -> list[np.ndarray]:
        """Return tags [words of the sentence] of each predicate; the sentence begins after `before` words."""
        device, tags = scores.predicate_W.device, list[np.ndarray]()
        largest = int(size_P.max(initial=1))
        for start in range(0, len(predicate_P), step := max(1, PAIRS // largest)):
            part = slice(start, start + step)
            place_K = np.arange(size_P[part].max())
            absent_PK = torch.from_numpy(place_K >= size_P[part, None]).to(device)
            word_PK = torch.from_numpy(before_P[part, None] + np.minimum(place_K, size_P[part, None] - 1)).to(device)
            governor_PK = torch.from_numpy(predicate_P[part]).to(device)[:, None].expand_as(word_PK)
            scores_XC = self.part.tags(scores, governor_PK.reshape(-1), word_PK.reshape(-1))
            scores_PKC = scores_XC.unflatten(0, word_PK.shape)
            # Past its end a sentence has nothing, at no cost: what is there changes no tag before it.
            scores_PKC = scores_PKC.masked_fill(absent_PK[..., None], float("-inf"))
            scores_PKC[..., 0] = scores_PKC[..., 0].masked_fill(absent_PK, 0.0)
            best_PK = best_spans(scores_PKC) if self.kind.form == "spans" else scores_PKC.argmax(-1)
            tags += [row[:size] for row, size in zip(best_PK.cpu().numpy(), size_P[part].tolist(), strict=True)]
        return tags
