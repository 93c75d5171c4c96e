from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from xstilts.data.syntax.trees import ancestors, cycle, is_projective, span_head, subtree_spans, tree_fault


@some.composite
def trees(draw: some.DrawFn, most: int = 12) -> list[int]:
    """Heads of a random tree: words join in random order, each below one that is there."""
    count = draw(some.integers(1, most))
    order = draw(some.permutations(range(1, count + 1)))
    heads = [0] * count
    for i in range(1, count):
        heads[order[i] - 1] = order[draw(some.integers(0, i - 1))]
    return heads


@some.composite
def projective_trees(draw: some.DrawFn, most: int = 10) -> list[int]:
    """Each stretch of words chooses its top; the stretches beside it hang below it, cut anywhere."""
    heads = [0] * draw(some.integers(1, most))

    def grow(first: int, last: int, above: int) -> None:
        if first <= last:
            top = draw(some.integers(first, last))
            heads[top - 1] = above
            for a, b in ((first, top - 1), (top + 1, last)):
                cut = draw(some.integers(a - 1, b)) if a <= b else a - 1
                grow(a, cut, top)
                grow(cut + 1, b, top)

    grow(1, len(heads), 0)
    return heads


@given(trees())
def test_a_tree_has_no_fault(heads: list[int]) -> None:
    assert tree_fault(heads) is None and cycle(heads) == []


@given(some.lists(some.integers(-1, 6), min_size=1, max_size=6))
def test_a_tree_is_what_reaches_one_root_from_everywhere(heads: list[int]) -> None:
    inside = all(0 <= head <= len(heads) for head in heads)
    reached = inside and all(walk(heads, word) for word in range(1, len(heads) + 1))
    assert (tree_fault(heads) is None) == (inside and heads.count(0) == 1 and reached)


def walk(heads: list[int], word: int) -> bool:
    for _ in heads:
        word = word and heads[word - 1]
    return word == 0


@given(trees(), some.data())
def test_a_word_that_hangs_below_itself_is_found(heads: list[int], data: some.DataObject) -> None:
    word = data.draw(some.integers(1, len(heads)))
    below = [other for other in range(1, len(heads) + 1) if other == word or word in ancestors(heads, other)]
    broken = [*heads]
    broken[word - 1] = data.draw(some.sampled_from(below))
    circle = cycle(broken)
    assert word in circle and circle[0] == min(circle)
    assert all(broken[a - 1] == b for a, b in zip(circle, [*circle[1:], circle[0]], strict=True))
    assert tree_fault(broken).reason in ("no root", "a circle")


@pytest.mark.parametrize(
    ("heads", "reason", "word"),
    [
        ([2, 3], "a head outside the sentence", 2),
        ([-1, 0], "a head outside the sentence", 1),
        ([0, 0], "several roots", 2),
        ([2, 1], "no root", 1),
        ([0, 3, 2, 2], "a circle", 2),
        ([0, 2], "a circle", 2),
    ],
)
def test_faults_name_the_word(heads: list[int], reason: str, word: int) -> None:
    found = tree_fault(heads)
    assert (found.reason, found.word) == (reason, word)


@given(trees())
def test_projective_is_no_crossing_of_arcs_with_the_root_before_the_sentence(heads: list[int]) -> None:
    arcs = [tuple(sorted((head, word))) for word, head in enumerate(heads, start=1)]
    crossing = any(a < c < b < d for a, b in arcs for c, d in arcs)
    assert is_projective(heads) == (not crossing)


@given(projective_trees())
def test_trees_made_of_stretches_are_projective(heads: list[int]) -> None:
    assert tree_fault(heads) is None and is_projective(heads)


@given(trees())
def test_yields_hold_what_is_below(heads: list[int]) -> None:
    for word, (first, last, size) in enumerate(subtree_spans(heads), start=1):
        below = {w for w in range(1, len(heads) + 1) if w == word or word in ancestors(heads, w)}
        assert (first, last, size) == (min(below), max(below), len(below))
        if is_projective(heads):
            assert span_head(heads, first - 1, last) == word


def test_the_head_of_a_span_is_the_highest_then_the_first() -> None:
    assert span_head([3, 3, 0, 3], 0, 2) == 1  # both hang from outside, equally high
    assert span_head([2, 0, 4, 2, 3], 2, 5) == 4
    assert span_head([0], 0, 1) == 1
