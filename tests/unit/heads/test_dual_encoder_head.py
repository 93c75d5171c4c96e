"""Vectors of both sides, and the softmax over an update's passages."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional as F  # noqa: N812

import tiny_encoders
from xstilts.heads.dual_encoder import DualEncoderHead, in_batch_softmax
from xstilts.heads.registry import make_head
from xstilts.kinds.dual_encoder import DualEncoder
from xstilts.nn.encoder import Encoder


def row(number: int, ids: list[int], lengths: list[int], gold: list[int]) -> dict[str, Any]:
    return {"example": number, "ids": ids, "lengths": lengths, "segments": [0] * len(ids), "gold": gold}


PAIRS = [
    row(0, [1, 5, 6, 2, 1, 15, 2], [4, 3], [100]),
    row(1, [1, 7, 2, 1, 17, 18, 2], [3, 4], [101]),
    row(2, [1, 8, 2, 1, 15, 2], [3, 3], [100]),  # the passage of the first again
]


@pytest.mark.parametrize("shape", ["bert", "xlm-roberta", "modernbert"])
def test_vectors_are_those_of_each_pooling(shape: str) -> None:
    encoder = tiny_encoders.encoder(shape).eval()
    batch = make_head(DualEncoder(), encoder).collate(PAIRS)
    hidden_TD = encoder(batch).last_TD
    found = {}
    for pooling in ("pooler", "cls", "mean"):
        head = make_head(DualEncoder(pooling=pooling), encoder)  # type: ignore[arg-type]
        assert isinstance(head, DualEncoderHead)
        found[pooling] = head(hidden_TD, batch)
        assert torch.allclose(found[pooling].norm(dim=-1), torch.ones(6), atol=1e-5)
        if pooling == "pooler":
            assert head.dense is not None
            wanted = F.normalize(torch.tanh(head.dense(hidden_TD[7:8])), dim=-1)
            assert torch.allclose(found[pooling][2:3], wanted, atol=1e-6)
        else:
            assert not list(head.parameters())
    assert torch.allclose(found["cls"][1], F.normalize(hidden_TD[4], dim=-1), atol=1e-6)
    assert torch.allclose(found["mean"][1], F.normalize(hidden_TD[4:7].mean(0), dim=-1), atol=1e-6)


def test_the_pooler_is_the_encoders_own_where_it_has_one(tmp_path: Path) -> None:
    encoder = tiny_encoders.encoder("bert")
    size = encoder.hidden_size
    encoder.own_head_weights = {
        "bert.pooler.dense.weight": torch.eye(size),
        "bert.pooler.dense.bias": torch.ones(size),
    }
    head = make_head(DualEncoder(), encoder)
    assert isinstance(head, DualEncoderHead) and head.dense is not None
    assert torch.equal(head.dense.weight, torch.eye(size)) and torch.equal(head.dense.bias, torch.ones(size))
    encoder.own_head_weights = {"bert.pooler.dense.weight": torch.eye(size)}
    half = make_head(DualEncoder(), encoder)
    assert isinstance(half, DualEncoderHead) and half.dense is not None
    assert not torch.equal(half.dense.weight, torch.eye(size)) and not half.dense.bias.any()


def test_the_loss_is_a_sum_over_queries_with_their_number() -> None:
    head = make_head(DualEncoder(scale=3.0), tiny_encoders.encoder("bert"))
    assert head.compares_rows
    batch = head.collate(PAIRS)
    scores = F.normalize(torch.randn(6, 8, generator=torch.Generator().manual_seed(0)), dim=-1)
    loss = head.loss(scores, batch)
    queries, passages = scores[[0, 2, 4]].numpy(), scores[[1, 3, 5]].numpy()
    logits, wanted = 3.0 * queries @ passages.T, 0.0
    for i, others in enumerate([(0, 1), (0, 1, 2), (1, 2)]):  # rows 0 and 2 share a passage
        wanted += math.log(sum(math.exp(logits[i, j]) for j in others)) - logits[i, i]
    assert loss.count == 3 and float(loss.sum) == pytest.approx(wanted, rel=1e-5)


def test_a_passage_that_stands_twice_is_no_wrong_answer() -> None:
    vectors = torch.eye(3)[[0, 1, 0]]
    same, other = torch.tensor([7, 8, 7]), torch.tensor([7, 8, 9])
    assert float(in_batch_softmax(vectors, vectors, same, 100.0)) == pytest.approx(0.0, abs=1e-6)
    assert float(in_batch_softmax(vectors, vectors, other, 100.0)) == pytest.approx(2 * math.log(2), rel=1e-5)
    gradient = vectors.clone().requires_grad_()
    in_batch_softmax(gradient, vectors, same, 100.0).backward()
    assert torch.isfinite(gradient.grad).all()


def test_half_precision_leaves_the_softmax_alone() -> None:
    vectors = F.normalize(torch.randn(6, 16, generator=torch.Generator().manual_seed(1)), dim=-1)
    numbers, plain = torch.arange(3), None
    for enabled in (False, True):
        with torch.autocast("cpu", torch.bfloat16, enabled=enabled):
            found = float(in_batch_softmax(vectors[0::2], vectors[1::2], numbers, 100.0))
        plain = found if plain is None else plain
        assert found == plain


def test_decode_gives_each_row_its_own_vectors() -> None:
    encoder: Encoder = tiny_encoders.encoder("bert").eval()
    head = make_head(DualEncoder(), encoder)
    alone = [row(0, [1, 5, 6, 2], [4], []), row(1, [1, 15, 2], [3], []), PAIRS[0]]
    batch = head.collate(alone)
    assert batch.gold is None
    query, passage, both = head.decode(head(encoder(batch).last_TD, batch), batch)
    assert query.shape == passage.shape == (1, encoder.hidden_size) and both.shape == (2, encoder.hidden_size)
    assert np.allclose(np.concatenate([query, passage]), both, atol=1e-5), "a side does not know of the other"
