"""The best BIO sequence, against all sequences there are."""

from __future__ import annotations

from itertools import pairwise, product

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from xstilts.nn.structured.viterbi import best_spans


def allowed(tags: tuple[int, ...]) -> bool:
    """Whether each tag that continues a span (2, 4, ...) follows one of the same label."""
    behind = [(0, tags[0]), *pairwise(tags)]
    return all(tag == 0 or tag % 2 or before in (tag - 1, tag) for before, tag in behind)


@settings(max_examples=120, deadline=None)
@given(st.integers(1, 4), st.integers(1, 2), st.integers(0, 10**6))
def test_no_allowed_sequence_scores_higher(words: int, labels: int, seed: int):
    tags = 1 + 2 * labels
    scores_PKC = torch.from_numpy(np.random.default_rng(seed).normal(size=(3, words, tags)) * 2)
    legal = [sequence for sequence in product(range(tags), repeat=words) if allowed(sequence)]
    for scores_KC, found in zip(scores_PKC, best_spans(scores_PKC).tolist(), strict=True):
        assert allowed(tuple(found))
        sums = [float(scores_KC[range(words), list(sequence)].sum()) for sequence in legal]
        assert legal[int(np.argmax(sums))] == tuple(found)


def test_a_span_cannot_be_continued_by_another_label():
    no = -9.0
    scores_PKC = torch.tensor([[[no, 3.0, no, 1.0, no], [no, no, 0.0, no, 4.0], [1.0, no, no, no, no]]])
    assert scores_PKC.argmax(-1).tolist() == [[1, 4, 0]]
    assert best_spans(scores_PKC).tolist() == [[3, 4, 0]]
    assert best_spans(torch.zeros(0, 3, 5)).shape == (0, 3)
