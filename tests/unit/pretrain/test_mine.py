import numpy as np

from xstilts.pretrain.mine import mutual


def unit(rows):
    vectors = np.asarray(rows, dtype=np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def test_only_pairs_that_choose_each_other_are_found():
    english = unit(np.eye(6))
    other = unit(np.eye(6)[[2, 0, 2]] + 0.05)
    other[2] = unit([[0.3, 0, 1, 0, 0, 0]])[0]  # also nearest to sentence 2, less so than the first
    assert mutual(other, english, margin=1.2) == [(0, 2), (1, 0)]


def test_a_higher_margin_keeps_fewer():
    random = np.random.default_rng(0)
    english, other = unit(random.normal(size=(40, 8))), unit(random.normal(size=(30, 8)))
    kept = [len(mutual(other, english, margin)) for margin in (0.0, 1.3, 2.0, 9.0)]
    assert kept == sorted(kept, reverse=True) and kept[0] > kept[-1] == 0


def test_nothing_on_one_side():
    assert mutual(np.zeros((0, 4), np.float32), np.eye(4, dtype=np.float32), 1.0) == []
