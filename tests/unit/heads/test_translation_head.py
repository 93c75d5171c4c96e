"""Ranking of translations, and masked words told from a few candidates."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional as F  # noqa: N812

import tiny_encoders
from xstilts.core.errors import EncoderError
from xstilts.heads.pretrained_heads import scoring_only
from xstilts.heads.registry import make_head
from xstilts.heads.translation import info_nce
from xstilts.kinds.mlm import MaskedLM
from xstilts.kinds.translation import TranslationRanking


def row(number: int, ids: list[int], lengths: list[int], links: list[int], same: list[int]) -> dict:
    return {
        "example": number, "ids": ids, "lengths": lengths, "segments": [0] * len(ids), "gold": [1], "links": links,
        "words": links, "same": same,
    }  # fmt: skip


ROWS = [
    row(0, [1, 5, 6, 2, 1, 15, 2], [4, 3], [1, 1], [100, 200]),
    row(1, [1, 7, 2, 1, 17, 18, 2], [3, 4], [1, 2, 1, 1], [101, 201]),
    row(2, [1, 8, 2, 1, 19, 2], [3, 3], [], [100, 202]),  # the same English text as the first
]


def test_links_and_vectors_are_those_of_the_rows() -> None:
    encoder = tiny_encoders.encoder("electra").eval()
    head = make_head(TranslationRanking(), encoder)
    batch = head.collate(ROWS, (1, 2))
    assert batch.ids_T[batch.extra["links_K2"]].tolist() == [[5, 15], [7, 18], [7, 17]]
    hidden_TD = encoder(batch).last_TD
    sentences_ND, first_KD, second_KD = head(hidden_TD, batch)
    assert torch.allclose(sentences_ND[2], hidden_TD[7:10].mean(0), atol=1e-6)
    assert torch.equal(first_KD[1], hidden_TD[8]) and torch.equal(second_KD[0], hidden_TD[5])
    vectors = head.decode((sentences_ND, first_KD, second_KD), batch)
    assert len(vectors) == 3 and vectors[1][1] == pytest.approx(sentences_ND[3].detach().numpy())


def test_an_update_is_one_pass_and_the_loss_a_mean_over_its_rows() -> None:
    encoder = tiny_encoders.encoder("electra").eval()
    head = make_head(TranslationRanking(words=0.0), encoder)
    assert head.compares_rows
    batch = head.collate(ROWS, (1, 2))
    scores = head(encoder(batch).last_TD, batch)
    loss = head.loss(scores, batch)
    wanted = info_nce(scores[0][0::2], scores[0][1::2], batch.extra["same_R2"], 0.05)
    assert loss.count == 3 and float(loss.sum / loss.count) == pytest.approx(float(wanted), rel=1e-5)


def test_equal_texts_are_no_wrong_answers() -> None:
    vectors = F.normalize(torch.tensor([[1.0, 0.0], [0.0, 1.0], [1.0, 0.1]]), dim=-1)
    apart = torch.tensor([[0, 0], [1, 1], [2, 2]])
    equal = torch.tensor([[0, 0], [1, 1], [0, 2]])
    assert float(info_nce(vectors, vectors, equal, 0.1)) < 0.5 * float(info_nce(vectors, vectors, apart, 0.1))


def test_masked_words_are_told_from_candidates_in_training_alone() -> None:
    encoder = tiny_encoders.encoder("electra").eval()
    head = make_head(MaskedLM(rate=0.5, candidates=4), encoder)
    text = {"example": 0, "ids": [1, 5, 6, 7, 8, 2], "lengths": [6], "segments": [0] * 6, "gold": [5, 6, 7, 8]}
    rows = [{**text, "text": [1, 3, 4, 5], "mask": [3]}]
    batch = head.collate(rows, (1, 0))
    candidates_C = batch.extra["candidates_C"]
    scores = head(encoder(batch).last_TD, batch)
    assert scores.shape == (2, len(candidates_C)) and 2 <= len(candidates_C) <= 6
    assert set(batch.gold.tolist()) <= set(candidates_C.tolist()) and 7 not in batch.gold.tolist()
    batch.extra.pop("candidates_C")
    full = head(encoder(batch).last_TD, batch)
    assert full.shape[1] == tiny_encoders.VOCABULARY and torch.allclose(full[:, candidates_C], scores, atol=1e-5)
    wanted = F.cross_entropy(scores, torch.searchsorted(candidates_C, batch.gold), reduction="sum")
    batch.extra["candidates_C"] = candidates_C
    assert torch.allclose(head.loss(scores, batch).sum, wanted)
    assert "candidates_C" not in head.collate(rows).extra  # evaluation sees the whole vocabulary


def test_a_decoder_of_its_own_cannot_be_cut() -> None:
    part = make_head(TranslationRanking(), tiny_encoders.encoder("electra"))
    with pytest.raises(EncoderError, match="not tied"), scoring_only(part, torch.tensor([1])):
        pass
