"""The best tree with one root, against all trees there are."""

from __future__ import annotations

from functools import cache
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xstilts.data.syntax.trees import tree_fault
from xstilts.nn.structured.max_spanning_tree import arborescence, trees


@cache
def every_tree(size: int) -> np.ndarray:
    """All arborescences with a single root, [N, size]."""
    return np.array([heads for heads in product(range(size + 1), repeat=size) if tree_fault(heads) is None])


def score(scores_WJ: np.ndarray, heads: np.ndarray) -> float:
    return float(scores_WJ[np.arange(len(heads)), heads].sum())


def test_as_many_trees_as_cayley_says():
    """(n + 1)^(n - 1) trees over the words and the root; n^(n - 1) of them hang from the root by one word."""
    assert [len(every_tree(size)) for size in (1, 2, 3, 4, 5)] == [1, 2, 9, 64, 625]


@settings(max_examples=300, deadline=None)
@given(st.integers(1, 5), st.integers(0, 10**6), st.sampled_from(["wide", "whole", "root"]))
def test_no_tree_scores_higher(size: int, seed: int, shape: str):
    draw = np.random.default_rng(seed)
    scores_WJ = draw.normal(size=(size, size + 1)) * draw.choice([1e-3, 1.0, 1e3])
    if shape == "whole":  # many ties
        scores_WJ = draw.integers(0, 3, size=(size, size + 1)).astype(float)
    if shape == "root":  # every word would rather be the root
        scores_WJ[:, 0] += 20 * abs(scores_WJ).max()
    heads = arborescence(scores_WJ)
    assert tree_fault(heads.tolist()) is None
    best = max(score(scores_WJ, tree) for tree in every_tree(size))
    assert score(scores_WJ, heads) == pytest.approx(best, rel=1e-9, abs=1e-9)


@settings(max_examples=60, deadline=None)
@given(st.integers(6, 60), st.integers(0, 10**6))
def test_circles_in_circles_still_give_a_tree(size: int, seed: int):
    """Words like their neighbours best: circles of two, which are again in circles."""
    draw = np.random.default_rng(seed)
    place = np.arange(size + 1)
    scores_WJ = draw.normal(size=(size, size + 1)) - abs(place[1:, None] - place)
    heads = arborescence(scores_WJ)
    assert tree_fault(heads.tolist()) is None
    for word in range(size):  # no single word can be moved to a better head
        for head in range(1, size + 1):
            moved = heads.copy()
            moved[word] = head
            if heads[word] and tree_fault(moved.tolist()) is None:
                assert scores_WJ[word, head] <= scores_WJ[word, heads[word]] + 1e-9


@settings(max_examples=40, deadline=None)
@given(st.integers(6, 30), st.integers(0, 10**6), st.sampled_from(["wide", "near", "whole"]))
def test_another_implementation_finds_nothing_better(size: int, seed: int, shape: str):
    """TurboParser's, where all trees are too many to look at. It knows no single root: each word is tried."""
    library = pytest.importorskip("ufal.chu_liu_edmonds")
    draw = np.random.default_rng(seed)
    scores_WJ = draw.normal(size=(size, size + 1))
    if shape == "near":
        scores_WJ -= abs(np.arange(1, size + 1)[:, None] - np.arange(size + 1))
    if shape == "whole":
        scores_WJ = draw.integers(0, 3, size=(size, size + 1)).astype(float)
    heads = arborescence(scores_WJ)
    assert tree_fault(heads.tolist()) is None
    arcs_JJ = np.full((size + 1, size + 1), np.nan)
    arcs_JJ[1:] = scores_WJ
    np.fill_diagonal(arcs_JJ, np.nan)
    best = -np.inf
    for root in range(1, size + 1):
        alone_JJ = arcs_JJ.copy()
        alone_JJ[1:, 0] = np.where(np.arange(1, size + 1) == root, scores_WJ[:, 0], np.nan)
        best = max(best, library.chu_liu_edmonds(alone_JJ)[1])
    assert score(scores_WJ, heads) == pytest.approx(best, rel=1e-9, abs=1e-9)


def test_what_has_no_number_is_a_last_resort():
    scores_WJ = np.full((3, 4), -np.inf)
    scores_WJ[0, 2] = scores_WJ[1, 3] = 1.0
    assert arborescence(scores_WJ).tolist() == [2, 3, 0]
    assert tree_fault(arborescence(np.full((4, 5), np.nan)).tolist()) is None
    assert arborescence(np.zeros((0, 1))).tolist() == []
    assert arborescence(np.array([[5.0, 9.0]])).tolist() == [0]


@settings(deadline=None)
@given(st.lists(st.lists(st.integers(0, 5), min_size=1, max_size=5), min_size=1, max_size=6))
def test_trees_are_told_from_others_side_by_side(lists: list[list[int]]):
    lists = [[min(head, len(heads)) for head in heads] for heads in lists]
    sizes_R = np.array([len(heads) for heads in lists])
    heads_RK = np.array([heads + [3] * (max(sizes_R) - len(heads)) for heads in lists])
    assert trees(heads_RK, sizes_R).tolist() == [tree_fault(heads) is None for heads in lists]
