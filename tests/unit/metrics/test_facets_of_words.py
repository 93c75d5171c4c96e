"""Facets of words, word-order distance, and rank correlation over languages."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import spearmanr

from xstilts.metrics.rank_correlation import spearman
from xstilts.metrics.word_facets import (
    SeenInTraining,
    added,
    attachment_counts,
    depths,
    left_shares,
    order_distance,
    seen_facets,
    tag_counts,
    tree_facets,
)

RELATIONS = st.sampled_from(["nsubj", "nsubj:pass", "obj", "det"])


@st.composite
def trees(draw: st.DrawFn) -> tuple[list[int], list[str]]:
    """A tree: each word's head is the root or an earlier word of a random order."""
    size = draw(st.integers(1, 9))
    order = draw(st.permutations(range(1, size + 1)))
    heads = [0] * size
    for place, word in enumerate(order[1:], start=1):
        heads[word - 1] = order[draw(st.integers(0, place - 1))]
    return heads, [draw(RELATIONS) for _ in range(size)]


@given(trees())
def test_every_word_is_in_one_value_of_each_facet_and_gold_is_perfect(tree: tuple[list[int], list[str]]):
    counts = attachment_counts(tree, tree, tree_facets(tree[0]))
    for by_value in counts.values():
        assert sum(row["words"] for row in by_value.values()) == len(tree[0])
        assert all(row["uas"] == row["las"] == row["words"] for row in by_value.values())
    assert sum(head == 0 for head in tree[0]) == counts["distance"]["root"]["words"] == counts["depth"]["1"]["words"]


@given(trees(), trees())
def test_counts_add(one: tuple[list[int], list[str]], two: tuple[list[int], list[str]]):
    parts = [attachment_counts(tree, tree, tree_facets(tree[0])) for tree in (one, two)]
    total = added(parts)
    for facet in total:
        assert sum(row["words"] for row in total[facet].values()) == len(one[0]) + len(two[0])


def test_a_wrong_head_counts_in_the_gold_bin_and_subtypes_do_not_matter():
    gold, guess = ([2, 0, 2], ["det", "root", "nsubj:pass"]), ([3, 0, 2], ["det", "root", "nsubj"])
    counts = attachment_counts(gold, guess, tree_facets(gold[0]))
    assert counts["distance"]["1"] == {"words": 2, "uas": 1, "las": 1}
    assert counts["direction"]["right"] == {"words": 1, "uas": 0, "las": 0}


def test_a_circle_is_refused():
    with pytest.raises(ValueError, match="circle"):
        depths([2, 1])


def test_words_and_tags_that_training_had_not():
    seen = SeenInTraining.of([(["The", "dog"], ["DET", "NOUN"])], order=2)
    facets = seen_facets(["the", "cat", "dog"], ["DET", "NOUN", "NOUN"], seen)
    assert facets == {"word": ["seen", "unseen", "seen"], "tag 2-gram": ["seen", "seen", "unseen"]}
    counts = tag_counts(["DET", "NOUN", "NOUN"], ["DET", "VERB", "NOUN"], facets)
    assert counts["word"] == {"seen": {"words": 2, "correct": 2}, "unseen": {"words": 1, "correct": 0}}


@given(trees())
def test_order_distance_is_none_to_itself_and_whole_to_its_mirror(tree: tuple[list[int], list[str]]):
    heads, relations = tree
    mirror = [len(heads) + 1 - head if head else 0 for head in reversed(heads)], relations[::-1]
    here, there = left_shares([tree]), left_shares([mirror])
    if here:
        assert order_distance(here, here, fewest=1) == 0
        assert all(there[name][0] == pytest.approx(1 - share) for name, (share, _) in here.items())
    assert order_distance(here, here, fewest=99) is None


@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=3, max_size=20))
def test_rho_is_scipys(pairs: list[tuple[int, int]]):
    first, second = (list(side) for side in zip(*pairs, strict=True))
    ours = spearman(first, second)
    if len(set(first)) == 1 or len(set(second)) == 1:
        assert ours.rho is None and ours.interval is None
    else:
        assert ours.rho == pytest.approx(spearmanr(first, second).statistic, abs=1e-9)


def test_an_interval_needs_languages_and_holds_the_value():
    random = np.random.default_rng(1)
    distance = random.random(30)
    found = spearman(distance, -distance + 0.3 * random.random(30))
    assert found.interval is not None and found.rho is not None
    assert found.interval[0] <= found.rho <= found.interval[1] < 0
    assert found.p is not None and found.p < 0.01
    unrelated = spearman([1, 2, 3, 4, 5, 6], [2, 5, 3, 4, 1, 6])
    assert unrelated.p is not None and unrelated.p > 0.5
    too_few = spearman([1, 2, 3], [1, 2, 3])
    assert too_few.interval is None and too_few.p is None
    with pytest.raises(ValueError, match="same length"):
        spearman([1, 2], [1])
