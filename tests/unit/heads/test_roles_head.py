"""The head of semantic roles: pairs of predicates and words, and that cutting an update changes nothing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.nn import functional as F  # noqa: N812

import xstilts.heads.roles
from tiny_encoders import encoder
from xstilts.heads.registry import head_key, make_head
from xstilts.kinds.roles import SemanticRoles
from xstilts.nn.encoder import Encoder

KIND = SemanticRoles(labels=("ARG0", "ARG1"), units=10)


@pytest.fixture(scope="module")
def tiny() -> Encoder:
    return encoder("xlm-roberta")


def made(kind: SemanticRoles, tiny: Encoder):
    torch.manual_seed(3)
    head = make_head(kind, tiny).eval()
    for parameter in head.parameters():
        torch.nn.init.normal_(parameter, std=0.6)
    return head


def row(example: int, words: int, predicates: tuple[int, ...] = (), tags: int = 5):
    draw = np.random.default_rng(example)
    ids = draw.integers(5, 90, words + 2).tolist()
    flags = [int(word in predicates) for word in range(words)]
    gold = [*flags, *draw.integers(-1, tags, words * len(predicates)).tolist()]
    columns = {"first": list(range(1, words + 1)), "pieces": [1] * words, "gold": gold, "predicates": list(predicates)}
    return {"example": example, "ids": ids, "lengths": [len(ids)], "segments": [0] * len(ids), **columns}


def scored(head, tiny: Encoder, rows):
    batch = head.collate(rows)
    return head(tiny(batch).last_TD, batch), batch


def test_pairs_stay_within_their_sentence(tiny: Encoder) -> None:
    batch = made(KIND, tiny).collate([row(0, 2, (1,)), row(1, 3), row(2, 2, (0, 1))])
    assert batch.gold["is_predicate_W"].tolist() == [0, 1, 0, 0, 0, 1, 1]
    assert batch.gold["predicate_X"].tolist() == [1, 1, 5, 5, 6, 6]
    assert batch.gold["word_X"].tolist() == [0, 1, 5, 6, 5, 6]


def test_the_loss_counts_words_and_tags(tiny: Encoder) -> None:
    head, rows = made(KIND, tiny), [row(0, 3, (0, 2)), row(1, 4)]
    scores, batch = scored(head, tiny, rows)
    tags_XC = head.part.tags(scores, batch.gold["predicate_X"], batch.gold["word_X"])
    known = batch.gold["tag_X"] >= 0
    assert 0 < int(known.sum()) < 6
    expected = F.cross_entropy(tags_XC[known], batch.gold["tag_X"][known], reduction="sum")
    chance_W = scores.predicate_W.sigmoid()
    right_W = torch.where(batch.gold["is_predicate_W"] == 1, chance_W, 1 - chance_W)
    loss = head.loss(scores, batch)
    assert loss.count == 7 + int(known.sum())
    torch.testing.assert_close(loss.sum, expected - right_W.log().sum(), rtol=1e-4, atol=1e-4)


def test_no_predicate_in_a_whole_update_is_no_special_case(tiny: Encoder) -> None:
    head = made(KIND, tiny)
    loss = head.loss(*scored(head, tiny, [row(0, 3), row(1, 1)]))
    loss.sum.backward()
    assert loss.count == 4 and loss.sum.isfinite()


def test_cutting_an_update_into_passes_changes_nothing(tiny: Encoder) -> None:
    head = made(KIND, tiny)
    rows = [row(0, 3, (1,)), row(1, 6, (0, 5)), row(2, 1), row(3, 9, (2, 3, 4))]

    def gradients(parts):
        head.zero_grad()
        losses = [head.loss(*scored(head, tiny, part)) for part in parts]
        mean = sum(loss.sum for loss in losses) / sum(loss.count for loss in losses)
        mean.backward()
        return mean.item(), [parameter.grad.clone() for parameter in head.parameters()]

    whole, parts = gradients([rows]), gradients([rows[:1], rows[1:3], rows[3:]])
    assert whole[0] == pytest.approx(parts[0], abs=1e-6)
    for one, other in zip(whole[1], parts[1], strict=True):
        torch.testing.assert_close(one, other, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("form", ["spans", "heads"])
def test_what_is_decoded_does_not_depend_on_what_stands_beside_it(
    form: str, tiny: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    head = made(replace(KIND, form=form), tiny)  # type: ignore[arg-type]
    rows = [row(i, 1 + 3 * i % 8) for i in range(9)]
    together = head.decode(*scored(head, tiny, rows))
    monkeypatch.setattr(xstilts.heads.roles, "PAIRS", 9)
    found = 0
    for one, (predicates_P, tags_PW) in zip(rows, together, strict=True):
        ((alone_P, alone_PW),) = head.decode(*scored(head, tiny, [one]))
        assert predicates_P.tolist() == alone_P.tolist() and tags_PW.tolist() == alone_PW.tolist()
        assert tags_PW.shape == (len(predicates_P), len(one["first"]))
        found += len(predicates_P)
        if form == "spans":
            before_PW = np.pad(tags_PW, ((0, 0), (1, 0)))[:, :-1]
            inside = (tags_PW > 0) & (tags_PW % 2 == 0)
            assert (~inside | (before_PW == tags_PW) | (before_PW == tags_PW - 1)).all()
    assert 0 < found < sum(len(one["first"]) for one in rows)


def test_predicates_that_are_given_are_not_looked_for(tiny: Encoder) -> None:
    head = made(replace(KIND, given=True), tiny)
    rows = [row(0, 4, (0, 3)), row(1, 2), row(2, 3, (1,))]
    outputs = head.decode(*scored(head, tiny, rows))
    assert [predicates_P.tolist() for predicates_P, _ in outputs] == [[0, 3], [], [1]]
    assert [tags_PW.shape for _, tags_PW in outputs] == [(2, 4), (0, 2), (1, 3)]


def test_forms_and_sizes_are_other_heads_and_given_predicates_are_not() -> None:
    assert head_key(KIND) == head_key(replace(KIND, given=True, dropout=0.0))
    assert len({head_key(KIND), head_key(replace(KIND, form="heads")), head_key(replace(KIND, units=11))}) == 3
