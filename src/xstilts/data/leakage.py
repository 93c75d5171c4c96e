"""Leakage: which test rows a model has met in training, and how alike the rows are.

    exact         a training row says the same, letter by letter
    normalised    the same, but for case, spacing and Unicode's way of writing a character (`text_keys`)
    near          at least 80 % of the words of both together are in both (Jaccard), of rows of five words or more
    run           eight consecutive words are the same, or 25 characters where words are not written apart

A test row has the strongest of these that holds. Test rows are indexed once, then training rows are read past them:
what is the same is looked up row by row, near duplicates (`leak_near`) and runs (`leak_runs`) for many rows at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from xstilts.core.leak_levels import LEVELS
from xstilts.data.leak_near import NearIndex
from xstilts.data.leak_runs import RunIndex
from xstilts.data.leak_tokens import UNKNOWN, Texts, TokenRows, Words, token_rows
from xstilts.data.leak_words import is_unspaced
from xstilts.data.text_keys import plain_text

EXACT, NORMALISED, NEAR, RUN = range(len(LEVELS))
NONE = len(LEVELS)


@dataclass
class LeakageIndex:
    """Test rows, numbered in the order in which they are added.

    >>> index = LeakageIndex()
    >>> index.add([("The cat sat on the mat.",), ("Nothing of the kind was said.",)], "en")
    range(0, 2)
    >>> index.levels([("the cat sat on the mat .",)], "en").tolist()
    [1, 4]
    """

    _exact: dict[str, list[int]] = field(default_factory=dict)
    _plain: dict[str, list[int]] = field(default_factory=dict)
    _vocabulary: dict[str, int] = field(default_factory=dict)
    _added: list[tuple[int, TokenRows]] = field(default_factory=list)  # each with the number of its first row
    _size: int = 0
    _words: dict[bool, Words] = field(default_factory=dict)  # met in other rows, apart for languages without spaces
    _near: NearIndex | None = None
    _runs: dict[int, RunIndex] = field(default_factory=dict)  # by their length

    def __len__(self) -> int:
        return self._size

    def add(self, rows: Sequence[Texts], language: str) -> range:
        """Add test rows, and return their numbers."""
        first, vocabulary = self._size, self._vocabulary
        for number, texts in enumerate(rows, first):
            self._exact.setdefault("\n".join(texts), []).append(number)
            if plain := plain_text(texts):
                self._plain.setdefault(plain, []).append(number)
        words = Words(lambda token: vocabulary.setdefault(token, len(vocabulary)), is_unspaced(language))
        for piece in token_rows(rows, language, words):
            self._added.append((self._size, piece))
            self._size += piece.rows
        self._near, self._words = None, {}
        return range(first, self._size)

    def levels(self, rows: Sequence[Texts], language: str) -> np.ndarray:
        """Return, for each test row, how a training row says the same: its place in `LEVELS`, `NONE` where none does,
        [N]."""
        near_index = self.build()
        near = np.zeros(self._size, dtype=bool)
        runs: dict[int, np.ndarray] = {length: index.nothing() for length, index in self._runs.items()}
        vocabulary, unspaced = self._vocabulary, is_unspaced(language)
        words = self._words.setdefault(unspaced, Words(lambda token: vocabulary.get(token, UNKNOWN), unspaced))
        for piece in token_rows(rows, language, words):
            near_index.meet(piece, near)
            if piece.run in runs:
                self._runs[piece.run].meet(piece, runs[piece.run])
        levels = np.full(self._size, NONE, dtype=np.int8)
        for length, met in runs.items():
            levels[self._runs[length].rows(met)] = RUN
        levels[near] = NEAR
        exact, same = self._same(rows)
        levels[same] = NORMALISED
        levels[exact] = EXACT
        return levels

    def _same(self, rows: Sequence[Texts]) -> tuple[list[int], list[int]]:
        """Return the test rows that say the same as one of some rows letter by letter, and those that do otherwise."""
        exact, same = list[int](), list[int]()
        for texts in rows:
            plain = plain_text(texts)
            if not plain or plain in self._plain:
                exact += self._exact.get("\n".join(texts), ())
                same += self._plain.get(plain, ())
        return exact, same

    def build(self) -> NearIndex:
        """Put the rare words and the hashes of runs of all test rows together, unless that is done."""
        if self._near is None:
            self._near = NearIndex(self._added, self._size, len(self._vocabulary))
            lengths = sorted({piece.run for _, piece in self._added})
            self._runs = {
                length: RunIndex([(first, piece) for first, piece in self._added if piece.run == length])
                for length in lengths
            }
        return self._near
