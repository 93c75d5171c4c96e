"""The head of intents and slots: a label for each utterance and a tag for each of its words. R utterances with W words
in all, K of the longest; N sequences; I intents, C tags."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from xstilts.heads.base import Head, Loss, Rows, split
from xstilts.heads.class_scores import ClassScores, whole_rows
from xstilts.heads.pretrained_heads import HeadModule, make_part
from xstilts.heads.word_states import first_pieces, word_columns, word_means
from xstilts.kinds.classification import Classification
from xstilts.kinds.slots_intent import SlotsIntent
from xstilts.kinds.tagging import UNKNOWN, Tagging
from xstilts.nn.batch import Batch
from xstilts.nn.encoder import Encoder
from xstilts.nn.structured.viterbi import best_spans

CELLS = 2**22  # rows times words times tags that are decoded at once: bounds the memory


class FrameScores(NamedTuple):
    """Logits of intents and of tags, in fp32."""

    intents_RI: Tensor
    tags_WC: Tensor


class TwoParts(nn.Module):
    """The parameters of a classifier and of a tagger, each as the encoder's own class has them."""

    def __init__(self, intents: HeadModule, slots: HeadModule) -> None:
        super().__init__()
        self.intents, self.slots = intents, slots


class SlotsIntentHead(Head):
    """scores: `FrameScores`; decode: (intent id, tag ids [W]) of each row."""

    part: TwoParts

    def __init__(self, kind: SlotsIntent, encoder: Encoder) -> None:
        super().__init__()
        self.kind = kind
        intents = make_part(Classification(labels=kind.intents), len(kind.intents), encoder)
        self.part = TwoParts(intents, make_part(Tagging(labels=kind.tags), len(kind.tags), encoder))

    def gold(self, rows: Rows) -> dict[str, Tensor]:
        """Return `intent_R` and `tag_W`, ids."""
        golds = [np.asarray(row["gold"], dtype=np.int64) for row in rows]
        tag_W = np.concatenate([gold[1:] for gold in golds])
        return {"intent_R": torch.tensor([int(gold[0]) for gold in golds]), "tag_W": torch.from_numpy(tag_W)}

    def extra(self, rows: Rows) -> dict[str, Any]:
        """Return `words_R`: words of each row; `row_W`: the row of each word; and the pieces that are read
        (`heads.word_states.word_columns`), the first of each word or all."""
        words_R = [len(row["first"]) for row in rows]
        pieces = word_columns(rows) if self.kind.states == "mean" else {"piece_P": first_pieces(rows)}
        return {**pieces, "words_R": words_R, "row_W": torch.from_numpy(np.repeat(np.arange(len(rows)), words_R))}

    def reads(self, batch: Batch) -> Tensor | None:
        sentences_P, piece_P = self.part.intents.reads(batch), batch.extra["piece_P"]
        return None if sentences_P is None else torch.cat([sentences_P, piece_P])

    def forward(self, hidden_TD: Tensor, batch: Batch) -> FrameScores:
        """An utterance of several windows has the intent that the first one says."""
        first_R = np.cumsum([0, *batch.sequences_R[:-1]])
        intents_NI = self.part.intents.sequences(hidden_TD, batch)
        if self.kind.states == "mean":
            words_WD = word_means(hidden_TD, batch).to(hidden_TD.dtype)
        else:
            words_WD = hidden_TD[batch.extra["piece_P"]]
        return FrameScores(
            intents_NI[torch.from_numpy(first_R).to(intents_NI.device)], self.part.slots.tokens(words_WD)
        )

    def loss(self, scores: FrameScores, batch: Batch) -> Loss:
        """Return the weighted sum of both cross-entropies over utterances: that of the intent, and the mean of those of
        the words' tags. Labels outside an open set add nothing. Counted by utterances."""
        intent_R, tag_W, row_W = batch.gold["intent_R"], batch.gold["tag_W"], batch.extra["row_W"]
        intents = F.cross_entropy(scores.intents_RI, intent_R, reduction="sum", ignore_index=UNKNOWN)
        tags_W = F.cross_entropy(scores.tags_WC, tag_W, reduction="none", ignore_index=UNKNOWN)
        known_R = torch.bincount(row_W[tag_W != UNKNOWN], minlength=len(intent_R)).clamp(min=1)
        weight = self.kind.intent_weight
        return Loss(weight * intents + (1 - weight) * (tags_W / known_R[row_W]).sum(), len(intent_R))

    def decode(self, scores: FrameScores, batch: Batch) -> list[Any]:
        tags = split(best_tags(scores.tags_WC.detach(), batch.extra["words_R"]), batch.extra["words_R"])
        return list(zip(scores.intents_RI.argmax(-1).tolist(), tags, strict=True))

    def class_scores(self, scores: FrameScores, rows: Rows) -> tuple[ClassScores, ...]:
        """Return those of intents, and those of the tags of words, weighted as in the loss."""
        words_R = np.asarray([len(row["first"]) for row in rows])
        weight = self.kind.intent_weight
        intents = whole_rows(scores.intents_RI.float().log_softmax(-1))
        tags = ClassScores(
            scores.tags_WC.float().log_softmax(-1),
            np.repeat(np.arange(len(rows)), words_R),
            np.concatenate([np.arange(words) for words in words_R]),
            np.repeat((1 - weight) / words_R, words_R),
        )
        return intents._replace(weight_U=weight * intents.weight_U), tags


def best_tags(tags_WC: Tensor, words_R: list[int]) -> Tensor:
    """Return the tags [W] of the best sequence of spans of each row (`best_spans`): the best tag of each word where
    these are one, which is most often so; only other rows are searched."""
    best_W = tags_WC.argmax(-1)
    ends_R = np.cumsum(words_R)
    before_W = torch.cat([best_W.new_zeros(1), best_W[:-1]])
    before_W[torch.from_numpy(ends_R[:-1])] = 0  # nothing has begun before the first word
    continues_W = (best_W > 0) & (best_W % 2 == 0)
    broken_W = continues_W & (before_W != best_W) & (before_W != best_W - 1)
    rows = np.unique(np.searchsorted(ends_R, torch.nonzero(broken_W)[:, 0].cpu().numpy(), side="right"))
    sizes = np.asarray(words_R)
    step = max(1, CELLS // int(sizes[rows].max(initial=1) * tags_WC.shape[1]))
    for start in range(0, len(rows), step):
        chosen = rows[start : start + step]
        _search(tags_WC, best_W, ends_R[chosen] - sizes[chosen], sizes[chosen])
    return best_W


def _search(tags_WC: Tensor, best_W: Tensor, begin_R: np.ndarray, size_R: np.ndarray) -> None:
    """Put the best tags of rows that begin at these words into `best_W`."""
    place_K = np.arange(size_R.max())
    is_word_RK = torch.from_numpy(place_K < size_R[:, None]).to(tags_WC.device)
    word_RK = torch.from_numpy(begin_R[:, None] + np.minimum(place_K, size_R[:, None] - 1)).to(tags_WC.device)
    # Past its end an utterance has nothing, at no cost: what is there changes no tag before it.
    scores_RKC = tags_WC[word_RK].masked_fill(~is_word_RK[..., None], float("-inf"))
    scores_RKC[..., 0] = scores_RKC[..., 0].masked_fill(~is_word_RK, 0.0)
    best_W[word_RK[is_word_RK]] = best_spans(scores_RKC)[is_word_RK]
