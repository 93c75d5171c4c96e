"""The parser's head: what is compared, what is a tree, and that cutting an update changes nothing."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.nn import functional as F  # noqa: N812

from tiny_encoders import encoder
from xstilts.data.syntax.trees import tree_fault
from xstilts.heads.dependency import DependencyHead, best_trees
from xstilts.heads.registry import head_key, make_head
from xstilts.kinds.dependency import Dependency
from xstilts.nn.encoder import Encoder
from xstilts.nn.structured.biaffine import Places
from xstilts.train.memory import peak_memory

KIND = Dependency(labels=("root", "nsubj", "obj"), arc=12, relation=6)


@pytest.fixture(scope="module")
def tiny() -> Encoder:
    return encoder("xlm-roberta")


@pytest.fixture
def head(tiny: Encoder) -> DependencyHead:
    torch.manual_seed(1)
    made = make_head(KIND, tiny).eval()
    assert isinstance(made, DependencyHead)
    for parameter in made.parameters():
        torch.nn.init.normal_(parameter, std=0.4)
    return made


def row(example: int, words: int, *, windows: int = 1, gold: bool = True):
    """Words of two pieces each between two special tokens; in the windows after the first the same words again."""
    draw = np.random.default_rng(example)
    length = 2 * words + 2
    ids = draw.integers(5, 90, length * windows).tolist()
    heads = list(range(words))
    relations = [0, *draw.integers(-1, 3, words - 1).tolist()]
    last = (windows - 1) * length
    first = [1 + 2 * word + (last if word > words // 2 else 0) for word in range(words)]
    made = {"example": example, "ids": ids, "lengths": [length] * windows, "segments": [0] * len(ids), "first": first}
    made["pieces"] = [2] * words
    return made | {"gold": [*heads, *relations] if gold else []}


def scored(head: DependencyHead, tiny: Encoder, rows):
    batch = head.collate(rows)
    return head(tiny(batch).last_TD, batch), batch


def test_each_word_is_compared_with_its_own_sentence(head: DependencyHead, tiny: Encoder) -> None:
    scores, _ = scored(head, tiny, [row(0, 2), row(1, 4), row(2, 1)])
    assert scores.arcs_RKJ.shape == (3, 4, 5)
    for place, size in enumerate((2, 4, 1)):
        alone, _ = scored(head, tiny, [row(place, size)])
        torch.testing.assert_close(scores.arcs_RKJ[place, :size, : size + 1], alone.arcs_RKJ[0], atol=1e-5, rtol=1e-5)
        assert (scores.arcs_RKJ[place, :, size + 1 :] == float("-inf")).all()
        assert (scores.arcs_RKJ[place].diagonal(offset=1) == float("-inf")).all(), "no word is its own head"


def test_arcs_are_the_products_of_the_paper(head: DependencyHead, tiny: Encoder) -> None:
    """s(word, head) = dependentᵀ U head + uᵀ head; relations with both biases."""
    scores, batch = scored(head, tiny, [row(0, 3)])
    part, states_TD = head.part, tiny(batch).last_TD
    words_WD = (states_TD[[1, 3, 5]] + states_TD[[2, 4, 6]]) / 2
    dependent, above = part.arc_dependent(words_WD)[2], part.arc_head(words_WD)[0]
    expected = dependent @ part.arc[:-1] @ above + part.arc[-1] @ above
    torch.testing.assert_close(scores.arcs_RKJ[0, 2, 1], expected)
    under_root = dependent @ part.arc[:-1] @ part.arc_head(part.root) + part.arc[-1] @ part.arc_head(part.root)
    torch.testing.assert_close(scores.arcs_RKJ[0, 2, 0], under_root)
    logits_WC = part.relations(scores, torch.tensor([0, 1, 2]), Places(**batch.extra["at"]))
    both = [
        torch.cat([x, torch.ones(1)]) for x in (part.relation_head(words_WD)[1], part.relation_dependent(words_WD)[2])
    ]
    weight = part.relation.view(7, 7, 3)
    torch.testing.assert_close(logits_WC[2], torch.einsum("i,ijc,j->c", both[0], weight, both[1]))


def test_the_loss_is_over_words_and_knows_no_unknown_relation(head: DependencyHead, tiny: Encoder) -> None:
    rows = [row(0, 3), row(3, 5, windows=2)]
    scores, batch = scored(head, tiny, rows)
    heads_W, relations_W = batch.gold
    loss = head.loss(scores, batch)
    assert loss.count == 8 and (relations_W == -1).any()
    arcs = sum(
        F.cross_entropy(scores.arcs_RKJ[r, k, : size + 1], torch.tensor(k))
        for r, size in ((0, 3), (1, 5))
        for k in range(size)
    )
    logits_WC = head.part.relations(scores, heads_W, Places(**batch.extra["at"]))
    known = relations_W >= 0
    torch.testing.assert_close(loss.sum, arcs + F.cross_entropy(logits_WC[known], relations_W[known], reduction="sum"))


def test_cutting_an_update_into_passes_changes_nothing(head: DependencyHead, tiny: Encoder) -> None:
    rows = [row(0, 3), row(1, 6), row(2, 1), row(3, 5, windows=2), row(4, 9)]

    def gradients(parts):
        head.zero_grad()
        losses = [head.loss(*scored(head, tiny, part)) for part in parts]
        total, count = sum(loss.sum for loss in losses), sum(loss.count for loss in losses)
        (total / count).backward()
        return float((total / count).detach()), [parameter.grad.clone() for parameter in head.parameters()]

    whole, parts = gradients([rows]), gradients([rows[:1], rows[1:4], rows[4:]])
    assert whole[0] == pytest.approx(parts[0], abs=1e-6)
    for one, other in zip(whole[1], parts[1], strict=True):
        torch.testing.assert_close(one, other, atol=1e-5, rtol=1e-4)
        assert one.isfinite().all() and one.abs().sum() > 0


def test_what_is_decoded_is_a_tree(head: DependencyHead, tiny: Encoder) -> None:
    rows = [row(i, 1 + i % 7, gold=False) for i in range(20)]
    scores, batch = scored(head, tiny, rows)
    assert batch.gold is None
    outputs = head.decode(scores, batch)
    assert [len(output) for output in outputs] == [len(one["first"]) for one in rows]
    assert all(tree_fault(output[:, 0].tolist()) is None for output in outputs)
    greedy = [scores.arcs_RKJ[r, : len(one["first"])].argmax(-1).tolist() for r, one in enumerate(rows)]
    agree = [
        tree_fault(heads) is None and heads == output[:, 0].tolist()
        for heads, output in zip(greedy, outputs, strict=True)
    ]
    assert 0 < sum(agree) < 20, "both ways to a tree were taken"


def test_only_what_is_no_tree_is_searched_for() -> None:
    no = float("-inf")
    tree = [[5.0, no, 1.0], [0.0, 2.0, no]]
    circle = [[0.0, no, 3.0], [2.0, 4.0, no]]
    assert best_trees(torch.tensor([tree, circle]), [2, 2]).tolist() == [[0, 1], [2, 0]]


def test_training_starts_from_equal_chances(tiny: Encoder) -> None:
    fresh = make_head(KIND, tiny)
    scores, batch = scored(fresh, tiny, [row(0, 4)])
    expected = 4 * np.log(4) + sum(np.log(3) for relation in row(0, 4)["gold"][4:] if relation >= 0)
    assert fresh.loss(scores, batch).sum.item() == pytest.approx(expected, rel=1e-5)


def test_a_sentence_of_500_words_fits_easily(head: DependencyHead, tiny: Encoder) -> None:
    large = make_head(Dependency(labels=tuple(map(str, range(40)))), tiny)
    batch = large.collate([row(0, 500)])
    before = peak_memory("cpu")
    hidden_TD = torch.randn(len(batch.ids_T), 32, requires_grad=True)
    scores = large(hidden_TD, batch)
    batch.gold[1].clamp_(min=0)
    large.loss(scores, batch).sum.backward()
    assert tree_fault(large.decode(scores, batch)[0][:, 0].tolist()) is None
    assert peak_memory("cpu") - before < 300 * 2**20


def test_a_parser_of_another_size_is_another_head() -> None:
    assert head_key(KIND) != head_key(Dependency(labels=KIND.labels))
    assert head_key(KIND) == head_key(Dependency(labels=KIND.labels, arc=12, relation=6, dropout=0.1))
