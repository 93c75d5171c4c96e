"""Batches: which rows an update holds. A pure function of seed and turn, so that a resumed run needs a counter and
nothing else.

The rows of a task form an endless stream, one shuffle after another. About 50 updates of it are pooled, sorted by
length and cut, so that an update holds rows of like length; the order of the updates is then shuffled. Every row is
seen once before any is seen twice.
"""

from __future__ import annotations

import numpy as np

POOL = 50  # updates


class Batcher:
    """The updates of one task.

    Arguments
        lengths_R: tokens of each of the R rows.
        batch: rows an update.
        turns: updates this task has in all; the last pool ends there, so that no row is left out for another.
        seed: any whole numbers that name this shuffle.
    """

    def __init__(self, lengths_R: np.ndarray, batch: int, turns: int, seed: tuple[int, ...]) -> None:
        self._lengths_R, self._batch, self._turns, self._seed = np.asarray(lengths_R), batch, turns, seed
        self._pool: tuple[int, list[np.ndarray]] = (-1, [])

    def update(self, turn: int) -> np.ndarray:
        """Return the places (0 to R - 1) of the rows of this task's update number `turn`, shortest first, [batch]."""
        pool, place = divmod(turn, POOL)
        if self._pool[0] != pool:
            self._pool = (pool, self._cut(pool))
        return self._pool[1][place]

    def _cut(self, pool: int) -> list[np.ndarray]:
        first, last = pool * POOL, min((pool + 1) * POOL, self._turns)
        rows = self._stream(first * self._batch, last * self._batch)
        rows = rows[np.argsort(self._lengths_R[rows], kind="stable")]
        updates = np.split(rows, last - first)
        order = np.random.default_rng((*self._seed, 1, pool)).permutation(len(updates))
        return [updates[i] for i in order]

    def _stream(self, start: int, stop: int) -> np.ndarray:
        """Return places start to stop of the endless stream of shuffles."""
        size = len(self._lengths_R)
        first, last = start // size, (stop - 1) // size
        stream = np.concatenate([self._shuffle(epoch) for epoch in range(first, last + 1)])
        return stream[start - first * size : stop - first * size]

    def _shuffle(self, epoch: int) -> np.ndarray:
        return np.random.default_rng((*self._seed, 0, epoch)).permutation(len(self._lengths_R))


def cut(lengths: np.ndarray, tokens: int) -> list[slice]:
    """Cut consecutive rows into passes of at most `tokens` tokens; a longer row has a pass of its own.

    >>> cut(np.array([3, 3, 4, 9]), 8)
    [slice(0, 2, None), slice(2, 3, None), slice(3, 4, None)]
    """
    passes, start, pass_tokens = [], 0, 0
    for place, length in enumerate(lengths.tolist()):
        if place > start and pass_tokens + length > tokens:
            passes.append(slice(start, place))
            start, pass_tokens = place, 0
        pass_tokens += length
    return [*passes, slice(start, len(lengths))] if len(lengths) else []
