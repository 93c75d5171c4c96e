"""What each head packs, loses and decodes, on rows small enough to check by hand."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional as F  # noqa: N812

from tiny_encoders import encoder
from xstilts.core.errors import StudyError
from xstilts.heads.base import Head
from xstilts.heads.registry import head_class, head_key, make_head
from xstilts.kinds.catalog import KINDS
from xstilts.kinds.choice import Choice
from xstilts.kinds.classification import Classification
from xstilts.kinds.mlm import MaskedLM
from xstilts.kinds.retrieval import Retrieval, layer_of
from xstilts.kinds.span_qa import SpanQA
from xstilts.kinds.tagging import Tagging
from xstilts.nn import ragged
from xstilts.nn.batch import Batch


@pytest.fixture(scope="module")
def tiny():
    return encoder("xlm-roberta")


def row(example: int, *lengths: int, **columns):
    ids = [5 + (7 * example + place) % 80 for place in range(sum(lengths))]
    made = {"example": example, "ids": ids, "lengths": list(lengths), "segments": [0] * len(ids), "gold": []}
    return made | columns


def as_arrays(rows):
    return [{name: np.asarray(value, dtype=np.int32) for name, value in one.items()} for one in rows]


def batches_equal(a: Batch, b: Batch) -> bool:
    same = all(torch.equal(getattr(a, n), getattr(b, n)) for n in ("ids_T", "segments_T", "lengths_N", "gold"))
    return same and a.sequences_R == b.sequences_R and a.examples_R == b.examples_R


def test_lists_and_arrays_collate_alike():
    rows = [row(0, 3, gold=[1]), row(1, 2, 4, gold=[0])]
    plain, arrays = Head().collate(rows), Head().collate(as_arrays(rows))
    assert batches_equal(plain, arrays)
    assert arrays.ids_T.dtype == torch.int64
    assert plain.sequences_R == [1, 2]
    assert plain.starts_N.tolist() == [0, 3, 5]


def test_one_unlabelled_row_makes_a_batch_unlabelled():
    assert Head().collate([row(0, 3, gold=[1]), row(1, 2)]).gold is None


def test_classification(tiny):
    head = make_head(Classification(labels=("x", "y", "z")), tiny).eval()
    batch = head.collate([row(0, 4, gold=[2]), row(1, 6, gold=[0])])
    scores = head(tiny(batch).last_TD, batch)
    loss = head.loss(scores, batch)
    expected = -(scores[0].log_softmax(0)[2] + scores[1].log_softmax(0)[0])
    assert loss.count == 2
    torch.testing.assert_close(loss.sum, expected)
    outputs = head.decode(scores, batch)
    assert [output.shape for output in outputs] == [(3,), (3,)]
    assert outputs[0].dtype == np.float32


def test_choice_compares_the_options_of_one_row_only(tiny):
    head = make_head(Choice(), tiny).eval()
    batch = head.collate([row(0, 4, 5, gold=[1]), row(1, 3, 3, 6, gold=[2])])
    scores = head(tiny(batch).last_TD, batch)
    alone = head.collate([row(0, 4, 5, gold=[1])])
    torch.testing.assert_close(scores[0, :2], head(tiny(alone).last_TD, alone)[0], atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(scores.exp().sum(1), torch.ones(2))
    assert [len(output) for output in head.decode(scores, batch)] == [2, 3]
    loss = head.loss(scores, batch)
    torch.testing.assert_close(loss.sum, -(scores[0, 1] + scores[1, 2]))
    loss.sum.backward()
    assert all(parameter.grad is None or parameter.grad.isfinite().all() for parameter in head.parameters())
    assert loss.count == 2


def test_span_qa_is_a_softmax_over_the_row_alone(tiny):
    head = make_head(SpanQA(), tiny).eval()
    batch = head.collate([row(0, 5, gold=[1, 3]), row(1, 8, gold=[0, 0])])
    start_T, end_T = scores = head(tiny(batch).last_TD, batch)
    expected = sum(
        F.cross_entropy(side[part][None], torch.tensor([gold]), reduction="sum")
        for side, golds in ((start_T, (1, 0)), (end_T, (3, 0)))
        for part, gold in ((slice(0, 5), golds[0]), (slice(5, 13), golds[1]))
    )
    loss = head.loss(scores, batch)
    torch.testing.assert_close(loss.sum, expected / 2)
    assert loss.count == 2
    outputs = head.decode(scores, batch)
    assert [(len(start), len(end)) for start, end in outputs] == [(5, 5), (8, 8)]
    np.testing.assert_array_equal(outputs[1][1], end_T[5:].detach().numpy())


def test_tagging_reads_first_pieces_and_skips_unknown_tags(tiny):
    head = make_head(Tagging(labels=("N", "V")), tiny).eval()
    rows = [row(0, 5, first=[1, 3], word=[0, 1], gold=[0, -1]), row(1, 4, first=[1, 2], word=[0, 1], gold=[1, 0])]
    batch = head.collate(rows)
    assert batch.extra["first_W"].tolist() == [1, 3, 6, 7]
    hidden_TD = tiny(batch).last_TD
    scores = head(hidden_TD, batch)
    torch.testing.assert_close(scores, head.part.tokens(hidden_TD)[[1, 3, 6, 7]])
    loss = head.loss(scores, batch)
    assert loss.count == 3
    rows_log = scores.log_softmax(1)
    torch.testing.assert_close(loss.sum, -(rows_log[0, 0] + rows_log[2, 1] + rows_log[3, 0]))
    outputs = head.decode(scores, batch)
    assert [output.tolist() for output in outputs] == [scores[:2].argmax(1).tolist(), scores[2:].argmax(1).tolist()]


def test_retrieval_is_the_mean_of_all_tokens(tiny):
    head = make_head(Retrieval(layer=2), tiny)
    assert head.layer == 2 and not list(head.parameters())
    batch = head.collate([row(0, 5), row(1, 3)])
    state_TD = tiny(batch, layers=(2,)).layers[2]
    outputs = head.decode(head(state_TD, batch), batch)
    np.testing.assert_allclose(outputs[1], state_TD[5:].mean(0).detach().numpy(), atol=1e-6)


def test_retrieval_without_special_tokens_and_at_a_relative_layer(tiny):
    head = make_head(Retrieval(specials=False), tiny)
    assert head.layer == round(14 / 24 * tiny.num_layers)
    batch = head.collate([row(0, 5, text=[1, 4]), row(1, 2, text=[1, 1])])
    state_TD = tiny(batch).last_TD
    outputs = head.decode(head(state_TD, batch), batch)
    np.testing.assert_allclose(outputs[0], state_TD[1:4].mean(0).detach().numpy(), atol=1e-6)
    np.testing.assert_allclose(outputs[1], state_TD[5:].mean(0).detach().numpy(), atol=1e-6)
    assert make_head(Retrieval(layer=-1), tiny).layer == tiny.num_layers


def test_the_layer_of_retrieval_is_that_of_xtremes_script():
    """`all_layer_outputs[-num_layers:][specific_layer]`, where the first state is that of the embeddings."""
    states = {depth: list(range(depth + 1))[-depth:] for depth in (12, 24)}
    assert (layer_of(None, 12), layer_of(None, 24)) == (states[12][7], states[24][13]) == (8, 14)


def text_row(example: int, length: int):
    return row(example, length, text=[1, length - 1], mask=[4])


def test_masking_repeats_and_spares_special_tokens(tiny):
    head = make_head(MaskedLM(rate=0.5), tiny)
    rows = [text_row(n, 42) for n in range(20)]
    batch, again, other = (head.collate(rows, draw) for draw in ((1, 7), (1, 7), (1, 8)))
    assert torch.equal(batch.ids_T, again.ids_T) and not torch.equal(batch.ids_T, other.ids_T)
    true_T = torch.tensor([token for one in rows for token in one["ids"]])
    places_M = batch.extra["places_M"]
    assert torch.equal(true_T[places_M], batch.gold)
    assert batch.extra["masked_R"] == [20] * 20
    assert not {0, 41} & set((places_M % 42).tolist())
    changed = set(torch.nonzero(true_T != batch.ids_T).flatten().tolist())
    assert changed <= set(places_M.tolist())
    masked = float((batch.ids_T[places_M] == 4).float().mean())
    kept = float((batch.ids_T[places_M] == batch.gold).float().mean())
    assert 0.74 < masked < 0.86 and 0.05 < kept < 0.16


def test_cutting_an_update_masks_the_same_tokens(tiny):
    head = make_head(MaskedLM(), tiny)
    rows = [text_row(n, 12 + n) for n in range(6)]
    whole = head.collate(rows, (3, 1))
    halves = [head.collate(rows[:2], (3, 1)), head.collate(rows[2:], (3, 1))]
    assert torch.equal(whole.ids_T, torch.cat([half.ids_T for half in halves]))


def test_masked_lm_scores_masked_places_only(tiny):
    head = make_head(MaskedLM(rate=0.3), tiny).eval()
    batch = head.collate([text_row(0, 12), text_row(1, 22)])
    hidden_TD = tiny(batch).last_TD
    scores = head(hidden_TD, batch)
    assert scores.shape == (3 + 6, 97)
    torch.testing.assert_close(scores, head.part.tokens(hidden_TD)[batch.extra["places_M"]], atol=1e-5, rtol=1e-5)
    assert head.loss(scores, batch).count == 9
    outputs = head.decode(scores, batch)
    assert [len(true) for true, _ in outputs] == [3, 6]
    assert outputs[1][1].tolist() == scores[3:].argmax(1).tolist()
    assert outputs[0][0].tolist() == batch.gold[:3].tolist()


@given(st.lists(st.integers(1, 9), min_size=1, max_size=6))
@settings(max_examples=40, deadline=None)
def test_reductions_over_ragged_tokens(sizes):
    sizes_R = torch.tensor(sizes)
    hidden_TD = torch.randn(sum(sizes), 3)
    rows = hidden_TD.split(sizes)
    torch.testing.assert_close(ragged.mean(hidden_TD, sizes_R), torch.stack([part.mean(0) for part in rows]))
    log_RK = ragged.rectangle(hidden_TD[:, 0], sizes_R).log_softmax(1)
    for found_K, part in zip(log_RK, rows, strict=True):
        torch.testing.assert_close(found_K[: len(part)], part[:, 0].log_softmax(0))
        assert (found_K[len(part) :] == float("-inf")).all()


def test_heads_are_shared_by_shape_and_labels():
    assert head_key(SpanQA()) == head_key(SpanQA(no_answer=True, stride=64))
    assert head_key(Classification(labels=("a", "b"))) != head_key(Classification(labels=("b", "a")))
    assert head_key(Classification(labels=("a", "b"))) != head_key(Tagging(labels=("a", "b")))
    assert len({head_key(kind) for kind in (Choice(), SpanQA(), MaskedLM(), Retrieval())}) == 4


def test_a_kind_without_a_head(tiny):
    class Poem:
        name = "choise"

    with pytest.raises(StudyError, match="Did you mean 'choice'"):
        make_head(Poem(), tiny)


def test_every_kind_has_a_head_of_its_name():
    assert len(KINDS) == 19
    assert all(issubclass(head_class(kind), Head) for kind in KINDS.values())
