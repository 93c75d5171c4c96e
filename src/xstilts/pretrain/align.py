"""Which token of a sentence translates which: a small word aligner.

Two IBM-1 models (Brown et al. 1993), one in each direction, trained to agree (Liang, Taskar and Klein 2006), with a
preference for the diagonal (Dyer, Chahuneau and Smith 2013) and for equal pieces (names, numbers). P pairs, V
vocabulary, C cells: all (i, j) of all pairs.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

_ROUNDS = 7
_BLIND = 3  # of them without the diagonal, which is wrong where word order is another
_DIAGONAL = 2.0
_SAME = 20.0  # how much likelier equal pieces are
_KEPT = 0.15  # product of both posteriors
_SMOOTH = 0.5

Ids = NDArray[np.int64]


def align(
    first: Sequence[Ids], second: Sequence[Ids], spelling_V: NDArray[np.int64], links_wanted: int
) -> list[NDArray]:
    """Links [(i, j)] of the first `links_wanted` pairs, each [L, 2]; the pairs after those (a lexicon's) only teach.

    `spelling_V` numbers what a token is spelt like: equal numbers prefer each other. No pair is empty on either side.
    """
    cells = _Cells(first, second)
    token_C, other_C = cells.first[cells.i_C], cells.second[cells.j_C]
    size = len(spelling_V)
    pairs_U, cell_C = np.unique(token_C * size + other_C, return_inverse=True)
    alike_C = 1.0 + _SAME * (spelling_V[token_C] == spelling_V[other_C])
    diagonal_C = cells.diagonal()
    forward_U = backward_U = np.ones(len(pairs_U))
    for number in range(_ROUNDS):
        prior_C = alike_C if number < _BLIND else alike_C * diagonal_C
        given_first_C = cells.share(forward_U[cell_C] * prior_C, cells.j_C, len(cells.second))
        given_second_C = cells.share(backward_U[cell_C] * prior_C, cells.i_C, len(cells.first))
        counts_U = np.bincount(cell_C, np.sqrt(given_first_C * given_second_C), len(pairs_U))
        forward_U = counts_U / (np.bincount(pairs_U // size, counts_U, size)[pairs_U // size] + _SMOOTH)
        backward_U = counts_U / (np.bincount(pairs_U % size, counts_U, size)[pairs_U % size] + _SMOOTH)
    cells_kept = np.flatnonzero((given_first_C * given_second_C > _KEPT) & (cells.pair_C < links_wanted))
    links_L2 = np.stack([cells.row_C[cells_kept], cells.column_C[cells_kept]], axis=1)
    return np.split(links_L2, np.searchsorted(cells.pair_C[cells_kept], np.arange(1, links_wanted)))


class _Cells:
    """All (i, j) of all pairs, end to end: `row_C` and `column_C` count within a pair, `i_C` and `j_C` over all."""

    def __init__(self, first: Sequence[Ids], second: Sequence[Ids]) -> None:
        self.first, self.second = np.concatenate(first), np.concatenate(second)
        rows_P, columns_P = (np.array([len(ids) for ids in side], dtype=np.int64) for side in (first, second))
        sizes_P = rows_P * columns_P
        self.pair_C = np.repeat(np.arange(len(sizes_P)), sizes_P)
        within_C = np.arange(len(self.pair_C)) - (np.cumsum(sizes_P) - sizes_P)[self.pair_C]
        self.rows_C, self.columns_C = rows_P[self.pair_C], columns_P[self.pair_C]
        self.row_C, self.column_C = np.divmod(within_C, self.columns_C)
        self.i_C = (np.cumsum(rows_P) - rows_P)[self.pair_C] + self.row_C
        self.j_C = (np.cumsum(columns_P) - columns_P)[self.pair_C] + self.column_C

    def diagonal(self) -> NDArray[np.float64]:
        """exp(-2 |i/I - j/J|)."""
        off_C = (self.row_C + 0.5) / self.rows_C - (self.column_C + 0.5) / self.columns_C
        return np.exp(-_DIAGONAL * np.abs(off_C))

    def share(self, weight_C: NDArray, group_C: Ids, groups: int) -> NDArray[np.float64]:
        """Weights divided by the sum of those of the same group."""
        return weight_C / (np.bincount(group_C, weight_C, groups) + 1e-9)[group_C]
