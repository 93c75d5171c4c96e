"""Near duplicates: test rows that share at least 80 % of the words of both together with another row (Jaccard).

Two rows that share so much share one of their rarest words (prefix filtering: Chaudhuri et al. 2006, ICDE), so that
nothing is missed and little is compared. Words of all test rows have ranks, the rarest first; a row is its ranks.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from xstilts.data.leak_tokens import UNKNOWN, TokenRows

LIKENESS = 0.8
LEAST_PARTS = 5  # of a row that is compared
_COMPARED = 1 << 20  # pairs of rows, or their parts, that are looked at at once
_ROW, _RANK = 32, (1 << 32) - 1  # a row's number stands above a rank


@dataclass(frozen=True)
class _Sets:
    """What some rows consist of. ranks [E]: of the known parts of all rows end to end, each once, the rarest first;
    row [E]; starts [N]; known [N] and sizes [N]: known parts, and all of them."""

    ranks: np.ndarray
    row: np.ndarray
    starts: np.ndarray
    known: np.ndarray
    sizes: np.ndarray

    @property
    def in_prefix(self) -> np.ndarray:
        """Return which parts [E] are among the rarest of their row, one of which is among those of every row that is
        nearly the same. What no test row has is rarest, and needs no looking up."""
        prefix = self.sizes - np.ceil(LIKENESS * self.sizes).astype(np.int64) + 1
        known = np.where(self.sizes < LEAST_PARTS, 0, prefix - (self.sizes - self.known))
        return np.arange(len(self.row)) - self.starts[self.row] < known[self.row]


class NearIndex:
    """The words of test rows; pairs of characters where words are not written apart."""

    def __init__(self, tests: Sequence[tuple[int, TokenRows]], rows: int, words: int) -> None:
        """tests: pieces of test rows, each with the number of its first row. rows, words: how many there are."""
        parts, row = _all_parts(tests)
        order = np.lexsort((parts, row))
        parts, row = parts[order], row[order]
        first = np.ones(len(parts), dtype=bool)
        first[1:] = (parts[1:] != parts[:-1]) | (row[1:] != row[:-1])
        parts, row = parts[first], row[first]
        long_enough = np.bincount(row, minlength=rows)[row] >= LEAST_PARTS
        parts, row = parts[long_enough], row[long_enough]
        # words that no such row has count as well: another row may have them, each once
        self._parts, of, counts = np.unique(
            np.concatenate([np.arange(words), parts]), return_inverse=True, return_counts=True
        )
        self._rank = np.empty(len(self._parts), dtype=np.int64)
        self._rank[np.lexsort((self._parts, counts))] = np.arange(len(self._parts))
        self._sets = _sets(row, self._rank[of[words:]], np.zeros(rows, dtype=np.int64), len(self._parts))
        in_prefix = np.flatnonzero(self._sets.in_prefix)
        by_rank = in_prefix[np.argsort(self._sets.ranks[in_prefix], kind="stable")]
        self._posted = self._sets.row[by_rank]
        self._postings = np.searchsorted(self._sets.ranks[by_rank], np.arange(len(self._parts) + 1))

    def meet(self, piece: TokenRows, met: np.ndarray) -> None:
        """Mark in `met` [N] the test rows that are nearly the same as one of some other rows."""
        others = self._of_piece(piece)
        looked_up = np.flatnonzero(others.in_prefix)
        starts = self._postings[others.ranks[looked_up]]
        posted = self._postings[others.ranks[looked_up] + 1] - starts
        row = others.row[looked_up]
        for some in _batches(posted):
            other, test = np.repeat(row[some], posted[some]), self._posted[_ranges(starts[some], posted[some])]
            size, of_test = others.sizes[other], self._sets.sizes[test]
            alike = (LIKENESS * size <= of_test) & (of_test <= size / LIKENESS) & ~met[test]
            pairs = np.unique(other[alike] << _ROW | test[alike])
            self._compare(others, pairs >> _ROW, pairs & _RANK, met)

    def _compare(self, others: _Sets, other: np.ndarray, test: np.ndarray, met: np.ndarray) -> None:
        """Mark the test rows that are nearly the same as the other row of their pair."""
        for some in _batches(others.known[other] + self._sets.known[test]):
            shared = _shared(others, other[some], self._sets, test[some])
            union = others.sizes[other[some]] + self._sets.sizes[test[some]] - shared
            met[test[some][shared / union >= LIKENESS]] = True

    def _of_piece(self, piece: TokenRows) -> _Sets:
        """Return other rows as sets. Unknown words count, each by itself; unknown pairs count once."""
        unknown = np.zeros(piece.rows, dtype=np.int64)
        if not piece.is_unspaced:
            known = piece.ids >= 0
            unknown += np.bincount(piece.row_of[piece.ids == UNKNOWN], minlength=piece.rows)
            return _sets(piece.row_of[known], self._rank[piece.ids[known]], unknown, len(self._parts))
        pairs, row = _pairs(piece)
        values, of = np.unique(pairs, return_inverse=True)
        places = np.minimum(np.searchsorted(self._parts, values), len(self._parts) - 1)
        ranks = np.arange(len(values)) + len(self._parts)
        if len(self._parts):
            ranks = np.where(self._parts[places] == values, self._rank[places], ranks)
        return _sets(row, ranks[of], unknown, len(self._parts))


def _sets(row: np.ndarray, ranks: np.ndarray, unknown: np.ndarray, known: int) -> _Sets:
    """Return rows as sets of what has these ranks; ranks from `known` on are of parts that no test row has. unknown
    [N]: parts of each row beside them."""
    keys = np.sort(row << _ROW | ranks)
    keys = keys[np.diff(keys, prepend=-1) != 0]
    row, ranks = keys >> _ROW, keys & _RANK
    sizes = np.bincount(row, minlength=len(unknown)) + unknown
    row, ranks = row[ranks < known], ranks[ranks < known]
    counts = np.bincount(row, minlength=len(unknown))
    return _Sets(ranks, row, np.cumsum(counts) - counts, counts, sizes)


def _shared(ours: _Sets, our_rows: np.ndarray, theirs: _Sets, their_rows: np.ndarray) -> np.ndarray:
    """Return how many parts each pair of rows shares [P]."""
    keys = []
    for sets, rows in ((ours, our_rows), (theirs, their_rows)):
        counts = sets.known[rows]
        pair = np.repeat(np.arange(len(rows)), counts)
        keys.append(pair << _ROW | sets.ranks[_ranges(sets.starts[rows], counts)])
    both = np.sort(np.concatenate(keys))
    return np.bincount(both[1:][both[1:] == both[:-1]] >> _ROW, minlength=len(our_rows))


def _batches(costs: np.ndarray) -> Iterator[slice]:
    """Yield slices of what costs so much, each as large as may be compared at once (one thing at least).

    >>> list(_batches(np.array([_COMPARED, 1, 1])))
    [slice(0, 1, None), slice(1, 3, None)]
    """
    ends = np.cumsum(costs)
    start = 0
    while start < len(costs):
        spent = ends[start] - costs[start]
        stop = max(start + 1, int(np.searchsorted(ends, spent + _COMPARED, "right")))
        yield slice(start, stop)
        start = stop


def _ranges(starts: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Return the numbers of some ranges one after the other.

    >>> _ranges(np.array([5, 0]), np.array([2, 3])).tolist()
    [5, 6, 0, 1, 2]
    """
    return np.arange(counts.sum()) + np.repeat(starts - (np.cumsum(counts) - counts), counts)


def _all_parts(tests: Sequence[tuple[int, TokenRows]]) -> tuple[np.ndarray, np.ndarray]:
    """Return the parts of test rows and the row of each."""
    parts, rows = [np.zeros(0, dtype=np.int64)], [np.zeros(0, dtype=np.int64)]
    for first, piece in tests:
        ids, row = _pairs(piece) if piece.is_unspaced else (piece.ids[piece.ids >= 0], piece.row_of[piece.ids >= 0])
        parts.append(ids)
        rows.append(row + first)
    return np.concatenate(parts), np.concatenate(rows)


def _pairs(piece: TokenRows) -> tuple[np.ndarray, np.ndarray]:
    """Return neighbours in rows as one number each, beyond those of words, and the row of each. An unknown one is as
    any other unknown one; a pair may lie in two texts."""
    is_token = piece.ids >= UNKNOWN
    ids, row = piece.ids[is_token], piece.row_of[is_token]
    same = row[1:] == row[:-1]
    return ((ids[:-1] + 2 << _ROW) + ids[1:] + 2)[same], row[1:][same]
