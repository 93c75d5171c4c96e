"""Class scores of views, and how far two views are apart."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from tiny_encoders import encoder
from xstilts.heads.base import Head
from xstilts.heads.class_scores import ClassScores, distance, symmetric_kl, whole_rows
from xstilts.heads.registry import head_class, make_head
from xstilts.heads.span_qa import context_words
from xstilts.kinds.catalog import KINDS
from xstilts.kinds.choice import Choice
from xstilts.kinds.classification import Classification
from xstilts.kinds.slots_intent import SlotsIntent
from xstilts.kinds.span_qa import SpanQA
from xstilts.kinds.tagging import Tagging

LOGITS = st.lists(st.lists(st.floats(-20, 20), min_size=3, max_size=3), min_size=1, max_size=4)
ALL = np.ones(9, dtype=bool)


def log_probs(logits: list[list[float]]) -> torch.Tensor:
    return torch.tensor(logits, dtype=torch.float64).log_softmax(-1)


@given(LOGITS)
def test_equal_views_are_not_apart(logits: list[list[float]]):
    assert symmetric_kl(log_probs(logits), log_probs(logits)).abs().max() == 0


@given(LOGITS, st.randoms())
def test_it_is_symmetric_never_below_zero_and_the_mean_of_both_divergences(logits, random):
    p = log_probs(logits)
    q = log_probs([random.sample(row, len(row)) for row in logits])
    apart = symmetric_kl(p, q)
    torch.testing.assert_close(apart, symmetric_kl(q, p))
    assert (apart >= -1e-12).all()
    each = [(one.exp() * (one - other)).sum(-1) for one, other in ((p, q), (q, p))]
    torch.testing.assert_close(apart, sum(each) / 2)


def test_a_value_worked_out_by_hand():
    p, q = torch.tensor([[0.5, 0.5]]).log(), torch.tensor([[0.9, 0.1]]).log()
    assert symmetric_kl(p, q).item() == pytest.approx(0.5 * (0.4 * math.log(0.9 / 0.5) + 0.4 * math.log(0.5 / 0.1)))


def test_gradients_go_to_both_views_and_classes_that_are_not_there_have_none():
    logits = [torch.tensor([[0.0, 1.0, -math.inf]], requires_grad=True), torch.tensor([[2.0, 0.0]], requires_grad=True)]
    first, second = (whole_rows(each.log_softmax(-1)) for each in logits)
    apart = distance([first], [second], ALL)
    assert apart.item() > 0
    apart.backward()
    assert logits[0].grad[0, 2] == 0
    for each in logits:
        assert each.grad.isfinite().all() and each.grad[0, :2].abs().min() > 0


def test_only_units_of_both_views_and_of_rows_that_can_be_compared_count():
    def scores(units: list[tuple[int, int]], shift: float) -> ClassScores:
        table = log_probs([[shift * (row + 1), float(unit), 0.0] for row, unit in units])
        rows, numbers = (np.asarray(each) for each in zip(*units, strict=True))
        return ClassScores(table, rows, numbers, np.ones(len(units)))

    first, second = scores([(0, 0), (0, 1), (1, 0)], 1.0), scores([(0, 1), (0, 2), (1, 0)], 3.0)
    alone = symmetric_kl(first.log_probs_UC[1:2], second.log_probs_UC[0:1])[0]
    other = symmetric_kl(first.log_probs_UC[2:], second.log_probs_UC[2:])[0]
    torch.testing.assert_close(distance([first], [second], ALL), alone + other)
    torch.testing.assert_close(distance([first], [second], np.array([True, False])), alone)
    assert distance([first], [second], np.zeros(2, dtype=bool)) == 0
    halved = first._replace(weight_U=np.full(3, 0.5))
    torch.testing.assert_close(distance([halved], [second], ALL), (alone + other) / 2)


@pytest.mark.parametrize("name", [name for name, kind in KINDS.items() if kind.class_scores])
def test_kinds_with_class_scores_have_a_head_that_gives_them(name: str):
    assert KINDS[name].class_scores in ("row", "word")
    assert head_class(KINDS[name]).class_scores is not Head.class_scores


def test_words_of_a_context_go_as_far_as_tokens_stand_without_a_gap():
    # specials, "a", "bc" in two pieces, a gap, "d"
    assert context_words([-1, 0, 2, 3, 6, -1], [-1, 1, 3, 4, 7, -1]).tolist() == [0, 1, 2, 2, 3, 0]
    assert context_words([0, 1], [1, 2]).tolist() == [1, 1]
    assert context_words([-1, -1], [-1, -1]).tolist() == [0, 0]


TAGS, FRAMES = Tagging(labels=("N", "V", "X")), SlotsIntent(intents=("go", "stop"), slots=("place",))
TAGGED = [{"first": [1, 3], "word": [0, 1], "gold": [0, 1], "pieces": [2, 1]} for _ in range(2)]
SPANS = [
    {"starts": [-1, 0, 4, 7, -1], "ends": [-1, 3, 7, 9, -1], "gold": [1, 2]},
    {"starts": [-1, 0, 2, 4, -1], "ends": [-1, 1, 3, 5, -1], "gold": [1, 1]},
]
CASES = {
    "classification": (Classification(labels=("x", "y")), [{"gold": [0]}, {"gold": [1]}], [[5], [5]]),
    "choice": (Choice(), [{"gold": [1]}, {"gold": [0]}], [[3, 2], [2, 2, 1]]),
    "tagging": (TAGS, TAGGED, [[5], [5]]),
    "slots_intent": (FRAMES, [one | {"gold": [0, 1, 2]} for one in TAGGED], [[5], [5]]),
    "span_qa": (SpanQA(), SPANS, [[5], [5]]),
}


@pytest.mark.parametrize("name", CASES)
def test_every_head_gives_distributions_and_equal_views_are_not_apart(name: str):
    kind, columns, lengths = CASES[name]
    tiny = encoder("xlm-roberta").eval()
    head = make_head(kind, tiny).eval()
    rows = [
        {"example": i, "ids": [5 + i + place for place in range(sum(each))], "lengths": each,
         "segments": [0] * sum(each), **of}
        for i, (of, each) in enumerate(zip(columns, lengths, strict=True))
    ]  # fmt: skip
    batch = head.collate(rows)
    scores = head(tiny(batch).last_TD, batch)
    given = head.class_scores(scores, rows)
    for each in given:
        torch.testing.assert_close(each.log_probs_UC.exp().sum(-1), torch.ones(len(each.row_U)))
        assert len(each.row_U) == len(each.unit_U) == len(each.weight_U) == len(each.log_probs_UC)
    assert distance(given, head.class_scores(scores, rows), ALL).item() == 0
    # In the units of the head's own loss: a row of weight 1, or a word.
    weight = sum(float(each.weight_U.sum()) for each in given)
    assert weight == pytest.approx(head.loss(scores, batch).count)


def test_span_qa_sums_the_pieces_of_a_word_and_compares_only_views_of_as_many_words():
    tiny = encoder("xlm-roberta").eval()
    head = make_head(SpanQA(), tiny).eval()
    scores = torch.tensor([0.0, 1.0, 2.0, 3.0, 0.5] * 2), torch.zeros(10)
    start, end = head.class_scores(scores, SPANS)
    p = scores[0][:5].softmax(0)
    torch.testing.assert_close(start.log_probs_UC[0, :3].exp(), torch.stack([p[0] + p[4], p[1], p[2] + p[3]]))
    assert start.log_probs_UC[0, 3] == -math.inf, "the second row has a word more"
    torch.testing.assert_close(end.log_probs_UC[1].exp(), torch.tensor([0.4, 0.2, 0.2, 0.2]))
    swapped = head.class_scores(scores, SPANS[::-1])
    assert distance((start, end), swapped, ALL) == 0, "no unit in common"
