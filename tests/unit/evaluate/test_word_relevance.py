"""The relevance of words to their text: shares of how its vector moves without them, in any batch and in pieces."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import AutoModel

from toy_kinds import checkpoint, words
from xstilts.evaluate.word_relevance import RelevanceReader, write_relevance
from xstilts.heads.word_relevance import move_shares
from xstilts.kinds.tokenizers import load_tokenizer
from xstilts.perturb.relevance_file import RelevanceFile
from xstilts.train.checkpoint import encoder_folder
from xstilts.train.job import Compute

TEXTS = ["rain", *(words(2 + i, i) for i in range(9))]


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return encoder_folder(checkpoint(tmp_path_factory.mktemp("checkpoint")))


@settings(deadline=None, max_examples=40)
@given(st.lists(st.integers(1, 6), min_size=1, max_size=5), st.integers(0, 99))
def test_the_shares_of_a_text_sum_to_1_and_its_tokens_alone_decide(sizes: list[int], seed: int):
    states_TD = torch.randn(sum(sizes), 8, generator=torch.Generator().manual_seed(seed))
    shares = move_shares(states_TD, torch.tensor(sizes)).split(sizes)
    for states, found in zip(states_TD.split(sizes), shares, strict=True):
        assert float(found.sum()) == pytest.approx(1.0)
        assert found.tolist() == pytest.approx(move_shares(states, torch.tensor([len(states)])).tolist())
        assert found.tolist() == pytest.approx(move_shares(7 * states, torch.tensor([len(states)])).tolist())


def test_the_share_of_a_token_is_how_far_the_mean_moves_without_it():
    states_TD = torch.randn(5, 8, generator=torch.Generator().manual_seed(0))
    moves = [float((states_TD.mean(0) - states_TD[[t != left for t in range(5)]].mean(0)).norm()) for left in range(5)]
    expected = [move / sum(moves) for move in moves]
    assert move_shares(states_TD, torch.tensor([5])).tolist() == pytest.approx(expected, rel=1e-5)


def test_a_direction_that_all_states_have_in_common_says_nothing():
    states_TD = torch.randn(5, 8, generator=torch.Generator().manual_seed(0)).double()
    shifted = move_shares(states_TD + 100, torch.tensor([5]))
    assert shifted.tolist() == pytest.approx(move_shares(states_TD, torch.tensor([5])).tolist())


def test_where_all_tokens_say_the_same_none_is_more_than_another():
    assert move_shares(torch.ones(3, 4), torch.tensor([1, 2])).tolist() == [1.0, 0.5, 0.5]


def test_it_is_the_share_that_the_class_of_transformers_says(encoder: Path):
    model, tokenizer = AutoModel.from_pretrained(encoder).eval(), load_tokenizer(encoder)
    for text, found in zip(TEXTS, RelevanceReader(encoder, 60, Compute()).read(TEXTS), strict=True):
        encoding = tokenizer.encode(text)
        with torch.inference_mode():
            states = model(torch.tensor([encoding.ids])).last_hidden_state[0]
        real = torch.tensor([of is not None for of in encoding.sequence_ids])
        states = states[real]
        moves = (states - states.mean(0)).norm(dim=1)
        expected = moves / moves.sum() if len(moves) > 1 else torch.ones(1)
        if len(expected) == len(found.shares_T):  # no token that is a blank alone
            assert found.shares_T.tolist() == pytest.approx(expected.tolist(), abs=1e-4)
        assert float(found.shares_T.sum()) == pytest.approx(1.0, abs=1e-5)
        assert found.of([(0, len(text))]).tolist() == pytest.approx([1.0], abs=1e-5)


def test_a_text_has_the_same_relevance_in_any_company(encoder: Path):
    reader = RelevanceReader(encoder, 60, Compute(forward_tokens=16))
    together = reader.read(TEXTS)
    for text, one in zip(TEXTS, together, strict=True):
        (alone,) = RelevanceReader(encoder, 60, Compute()).read([text])
        assert alone.shares_T.tolist() == pytest.approx(one.shares_T.tolist(), abs=1e-5)
        assert alone.starts_T.tolist() == one.starts_T.tolist()


def test_a_long_text_is_read_in_pieces_and_is_one_text_still(encoder: Path):
    text = words(40, 3)
    reader = RelevanceReader(encoder, 12, Compute())
    (found,) = reader.read([text])
    assert reader.split == 1 and reader.tokens > len(found.shares_T)
    assert found.starts_T[0] == 0 and found.ends_T[-1] == len(text)
    assert float(found.shares_T.sum()) == pytest.approx(1.0, abs=1e-5)
    assert len(np.unique(found.shares_T)) > 10


def test_a_blank_text_has_no_words(encoder: Path):
    blank, text = RelevanceReader(encoder, 60, Compute()).read(["  ", "rain sun"])
    assert len(blank.shares_T) == 0 and len(text.shares_T) > 0


def test_it_is_written_in_chunks_and_counted(encoder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("xstilts.evaluate.word_relevance.CHUNK", 4)
    seen: list[float] = []
    counts = write_relevance(encoder, TEXTS, 60, tmp_path, Compute(), lambda done, total, *_: seen.append(done / total))
    assert counts.texts == len(TEXTS) and counts.split == 0 and seen == [0.4, 0.8, 1.0]
    found = RelevanceFile(tmp_path)
    assert len(found) == len(TEXTS)
    for text, one in zip(TEXTS, RelevanceReader(encoder, 60, Compute()).read(TEXTS), strict=True):
        assert found.of(text).shares_T.tolist() == pytest.approx(one.shares_T.tolist(), abs=1e-5)
