"""Which rows an update holds."""

from __future__ import annotations

from collections import Counter

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from xstilts.train.batches import POOL, Batcher, cut

lengths = st.lists(st.integers(1, 90), min_size=1, max_size=300).map(np.array)


@settings(max_examples=60, deadline=None)
@given(lengths, st.integers(1, 9), st.integers(1, 130), st.integers(0, 3))
def test_rows_are_seen_equally_often(lengths_R: np.ndarray, batch: int, turns: int, seed: int) -> None:
    batcher = Batcher(lengths_R, batch, turns, (seed,))
    updates = [batcher.update(turn) for turn in range(turns)]
    assert all(len(update) == batch for update in updates)
    seen = Counter(np.concatenate(updates).tolist())
    assert set(seen) <= set(range(len(lengths_R)))
    counts = [seen[row] for row in range(len(lengths_R))]
    assert max(counts) - min(counts) <= 1


@settings(max_examples=30, deadline=None)
@given(lengths, st.integers(1, 9), st.integers(0, 129))
def test_an_update_is_a_function_of_its_number(lengths_R: np.ndarray, batch: int, turn: int) -> None:
    straight = Batcher(lengths_R, batch, 130, (7,))
    for number in range(turn):
        straight.update(number)
    assert straight.update(turn).tolist() == Batcher(lengths_R, batch, 130, (7,)).update(turn).tolist()


def test_updates_hold_rows_of_like_length_in_mixed_order() -> None:
    lengths_R = np.random.default_rng(0).integers(1, 200, 5000)
    batcher = Batcher(lengths_R, 16, POOL, (0,))
    updates = [lengths_R[batcher.update(turn)] for turn in range(POOL)]
    spread = np.mean([update.max() - update.min() for update in updates])
    assert spread < 10, "a random update of 16 spreads over about 180"
    means = [update.mean() for update in updates]
    assert means != sorted(means) and means != sorted(means, reverse=True)


def test_seeds_and_epochs_shuffle_anew() -> None:
    lengths_R = np.ones(64)
    first, other = (Batcher(lengths_R, 8, 16, (seed,)) for seed in (1, 2))
    one, two = ([batcher.update(turn).tolist() for turn in range(16)] for batcher in (first, other))
    assert one != two
    assert len({tuple(update) for update in one}) == 16


@given(lengths, st.integers(1, 400))
def test_passes_hold_every_row_once_and_respect_the_budget(lengths_R: np.ndarray, tokens: int) -> None:
    passes = cut(lengths_R, tokens)
    assert np.concatenate([np.arange(len(lengths_R))[piece] for piece in passes]).tolist() == list(
        range(len(lengths_R))
    )
    for piece in passes:
        assert lengths_R[piece].sum() <= tokens or len(lengths_R[piece]) == 1


def test_the_seed_chooses_the_rows_of_a_pool_and_the_order_of_its_updates() -> None:
    lengths_R, batch = np.arange(1, 4 * POOL + 1), 2
    first, second = (Batcher(lengths_R, batch, POOL, (seed,)) for seed in (1, 2))
    rows = [{row for turn in range(POOL) for row in batcher.update(turn).tolist()} for batcher in (first, second)]
    assert rows[0] != rows[1], "a pool is half of the rows"
    whole = [Batcher(lengths_R, 4, POOL, (seed,)) for seed in (1, 2)]
    updates = [[tuple(batcher.update(turn).tolist()) for turn in range(POOL)] for batcher in whole]
    assert sorted(updates[0]) == sorted(updates[1]), "a pool of all rows is cut by length alone"
    assert updates[0] != updates[1]
