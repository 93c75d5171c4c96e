"""The head of intents and slots: its loss, the constrained decoder, and that cutting an update changes nothing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional as F  # noqa: N812

import xstilts.heads.slots_intent
from tiny_encoders import encoder
from xstilts.heads.registry import make_head
from xstilts.heads.slots_intent import SlotsIntentHead, best_tags
from xstilts.kinds.slots_intent import SlotsIntent
from xstilts.nn.encoder import Encoder
from xstilts.nn.structured.viterbi import best_spans

KIND = SlotsIntent(intents=("a", "b", "c"), slots=("x", "y"))


@pytest.fixture(scope="module", params=["xlm-roberta", "bert"])
def tiny(request: pytest.FixtureRequest) -> Encoder:
    return encoder(request.param)


def made(kind: SlotsIntent, tiny: Encoder) -> SlotsIntentHead:
    torch.manual_seed(3)
    head = make_head(kind, tiny).eval()
    for parameter in head.parameters():
        torch.nn.init.normal_(parameter, std=0.6)
    assert isinstance(head, SlotsIntentHead)
    return head


def row(example: int, words: int, intent: int = 0, low: int = 0, pieces: int = 1):
    draw = np.random.default_rng(example)
    ids = draw.integers(5, 90, words * pieces + 2).tolist()
    gold = [intent, *draw.integers(low, 5, words).tolist()]
    columns = {"first": [1 + pieces * i for i in range(words)], "pieces": [pieces] * words, "gold": gold}
    return {"example": example, "ids": ids, "lengths": [len(ids)], "segments": [0] * len(ids), **columns}


def scored(head, tiny: Encoder, rows):
    batch = head.collate(rows)
    return head(tiny(batch).last_TD, batch), batch


@pytest.mark.parametrize("weight", [0.0, 0.3, 1.0])
def test_the_loss_weighs_the_intent_and_the_mean_over_words(weight: float, tiny: Encoder):
    head, rows = made(replace(KIND, intent_weight=weight), tiny), [row(0, 3, 1), row(1, 5, 2)]
    scores, batch = scored(head, tiny, rows)
    assert scores.intents_RI.shape == (2, 3) and scores.tags_WC.shape == (8, 5)
    intents = F.cross_entropy(scores.intents_RI, torch.tensor([1, 2]), reduction="sum")
    tags = sum(
        F.cross_entropy(part, torch.tensor(one["gold"][1:]))
        for part, one in zip(scores.tags_WC.split([3, 5]), rows, strict=True)
    )
    loss = head.loss(scores, batch)
    torch.testing.assert_close(loss.sum, weight * intents + (1 - weight) * tags)
    assert loss.count == 2


def test_unknown_labels_add_nothing(tiny: Encoder):
    head, rows = made(KIND, tiny), [row(0, 4, -1), row(1, 2)]
    rows[0]["gold"][1:] = [-1, 3, -1, 0]
    rows[1]["gold"][1:] = [-1, -1]
    scores, batch = scored(head, tiny, rows)
    intent = F.cross_entropy(scores.intents_RI[1:], torch.tensor([0]))
    tags = F.cross_entropy(scores.tags_WC[[1, 3]], torch.tensor([3, 0]))
    torch.testing.assert_close(head.loss(scores, batch).sum, 0.5 * intent + 0.5 * tags)


@pytest.mark.parametrize("states", ["first", "mean"])
def test_cutting_an_update_into_batches_changes_nothing(states: str, tiny: Encoder):
    head = made(replace(KIND, states=states), tiny)
    rows = [row(0, 3, 1, pieces=2), row(1, 1, 2, low=-1), row(2, 6, 0, pieces=3)]
    whole, batch = scored(head, tiny, rows)
    loss, outputs = head.loss(whole, batch), head.decode(whole, batch)
    alone = [scored(head, tiny, [one]) for one in rows]
    torch.testing.assert_close(sum(head.loss(*one).sum for one in alone), loss.sum, atol=1e-5, rtol=1e-5)
    decoded = [head.decode(*one)[0] for one in alone]
    assert [intent for intent, _ in decoded] == [intent for intent, _ in outputs]
    assert all((a == b).all() for (_, a), (_, b) in zip(decoded, outputs, strict=True))


def test_the_states_of_words_are_their_first_pieces_or_their_means(tiny: Encoder):
    rows = [row(0, 2, pieces=2), row(1, 1)]
    hidden_TD = torch.randn(sum(len(one["ids"]) for one in rows), tiny.hidden_size)
    first, mean = (made(replace(KIND, states=states), tiny) for states in ("first", "mean"))
    pieces = torch.stack([hidden_TD[[1, 2]].mean(0), hidden_TD[[3, 4]].mean(0), hidden_TD[7]])
    torch.testing.assert_close(
        first(hidden_TD, first.collate(rows)).tags_WC, first.part.slots.tokens(hidden_TD[[1, 3, 7]])
    )
    torch.testing.assert_close(mean(hidden_TD, mean.collate(rows)).tags_WC, mean.part.slots.tokens(pieces))


def test_of_several_windows_the_first_says_the_intent(tiny: Encoder):
    head = made(KIND, tiny)
    long = {**row(0, 4), "lengths": [3, 3]}
    scores, batch = scored(head, tiny, [long, row(1, 2)])
    intents_NI = head.part.intents.sequences(tiny(batch).last_TD, batch)
    torch.testing.assert_close(scores.intents_RI, intents_NI[[0, 2]])


@pytest.mark.parametrize("cells", [1, 40, 2**22])
@given(sizes=st.lists(st.integers(1, 7), min_size=1, max_size=6), seed=st.integers(0, 10_000))
@settings(max_examples=40, deadline=None)
def test_tags_are_the_best_sequence_of_spans_of_each_row(cells: int, sizes: list[int], seed: int):
    scores_WC = torch.randn(sum(sizes), 5, generator=torch.Generator().manual_seed(seed))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(xstilts.heads.slots_intent, "CELLS", cells)
        found = best_tags(scores_WC, sizes).split(sizes)
    for tags_K, own_KC in zip(found, scores_WC.split(sizes), strict=True):
        assert tags_K.tolist() == best_spans(own_KC[None])[0].tolist()
        before = [0, *tags_K.tolist()]
        assert all(
            tag % 2 or not tag or last in (tag, tag - 1) for last, tag in zip(before, tags_K.tolist(), strict=False)
        )
