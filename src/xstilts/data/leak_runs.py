"""Runs of tokens that test rows share with others: every run is one number, and the numbers are looked up."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from xstilts.data.leak_tokens import TokenRows

_FACTOR = np.uint64(0x9E3779B97F4A7C15)
_SIFTED = 22  # bits of a hash that sift out most runs of others before they are looked up


class RunIndex:
    """The runs of test rows of one length."""

    def __init__(self, tests: Sequence[tuple[int, TokenRows]]) -> None:
        """tests: pieces of test rows, each with the number of its first row."""
        hashed = [(run_hashes(piece), first) for first, piece in tests]
        hashes = np.concatenate([hashes for (hashes, _), _ in hashed])
        numbers = np.concatenate([rows + first for (_, rows), first in hashed])
        order = np.argsort(hashes, kind="stable")
        self._numbers = numbers[order]
        self._hashes, self._starts = np.unique(hashes[order], return_index=True)
        self._sieve = np.zeros(1 << _SIFTED, dtype=bool)
        self._sieve[_sifted(self._hashes)] = True

    def nothing(self) -> np.ndarray:
        """Return which runs of test rows were met before any were [R], for `meet`."""
        return np.zeros(len(self._hashes), dtype=bool)

    def meet(self, piece: TokenRows, met: np.ndarray) -> None:
        """Mark in `met` the runs that stand in some other rows too."""
        hashes, _ = run_hashes(piece)
        hashes = hashes[self._sieve[_sifted(hashes)]]
        if len(hashes) and len(self._hashes):
            places = np.minimum(np.searchsorted(self._hashes, hashes), len(self._hashes) - 1)
            met[places[self._hashes[places] == hashes]] = True

    def rows(self, met: np.ndarray) -> np.ndarray:
        """Return the numbers of the test rows in which a run stands that was met; some more than once."""
        return self._numbers[np.repeat(met, np.diff(self._starts, append=len(self._numbers)))]


def run_hashes(piece: TokenRows) -> tuple[np.ndarray, np.ndarray]:
    """Return a hash of every run of tokens that are all known, and the row it stands in."""
    length = piece.run
    count = len(piece.ids) - length + 1
    if count <= 0:
        return np.zeros(0, np.uint64), np.zeros(0, np.int64)
    unknown = np.cumsum(piece.ids < 0)
    whole = unknown[length - 1 :] - unknown[:count] + (piece.ids[:count] < 0) == 0
    whole &= piece.row_of[:count] == piece.row_of[length - 1 :]
    places = np.flatnonzero(whole)
    return _hashes(piece.ids, length)[places], piece.row_of[places]


def _hashes(ids: np.ndarray, length: int) -> np.ndarray:
    """Return a hash of `length` tokens from each place on, made of those of 1, 2, 4, ... tokens."""
    power, size = _mixed(ids.astype(np.uint64)), 1
    hashes, done = np.zeros(len(ids) + 1, np.uint64), 0
    while True:
        if length & size:
            hashes = _joined(hashes, power, done)
            done += size
        if done == length:
            return hashes
        power, size = _joined(power, power, size), 2 * size


def _joined(first: np.ndarray, second: np.ndarray, apart: int) -> np.ndarray:
    """Return hashes of what two hashes stand for, the second `apart` tokens after the first."""
    rest = second[apart:]
    return _mixed(first[: len(rest)] * _FACTOR + rest)


def _mixed(values: np.ndarray) -> np.ndarray:
    values = (values ^ (values >> np.uint64(32))) * _FACTOR
    return values ^ (values >> np.uint64(29))


def _sifted(hashes: np.ndarray) -> np.ndarray:
    return (hashes >> np.uint64(64 - _SIFTED)).astype(np.int64)
