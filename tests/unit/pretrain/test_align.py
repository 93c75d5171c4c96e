import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from xstilts.pretrain.align import align

WORDS = 12  # a language of 12 words and its mirror image, tokens 0..11 and 12..23


def sides(seed: int, pairs: int, swap: bool):
    random = np.random.default_rng(seed)
    first = [random.permutation(WORDS)[: random.integers(2, 7)] for _ in range(pairs)]
    second = [(ids[::-1] if swap else ids) + WORDS for ids in first]
    return first, second


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 1000), st.booleans())
def test_words_of_a_language_find_their_mirror_images(seed, swap):
    first, second = sides(seed, 150, swap)
    links = align(first, second, np.arange(2 * WORDS), 150)
    found = [(first[p][i], second[p][j]) for p, own in enumerate(links) for i, j in own]
    right = [b - a == WORDS for a, b in found]
    assert np.mean(right) > 0.95
    assert len(found) > 0.8 * sum(map(len, first))


def test_pairs_after_the_wanted_ones_teach_and_are_not_linked():
    first, second = [np.array([0, 1])], [np.array([12, 13])]
    words = [np.array([w]) for w in range(4)]
    links = align(first + words * 3, second + [w + 12 for w in words] * 3, np.arange(24), 1)
    assert [own.tolist() for own in links] == [[[0, 0], [1, 1]]]


def test_equal_spelling_is_preferred_where_nothing_else_tells():
    first, second = [np.array([0, 1])], [np.array([2, 3])]
    crossed = np.array([7, 8, 8, 7])  # token 0 is spelt like 3, token 1 like 2
    assert sorted(map(tuple, align(first, second, crossed, 1)[0].tolist())) == [(0, 1), (1, 0)]
