"""Leakage: which test rows a model has met in training, and how alike the rows are.

    exact         a training row says the same, letter by letter
    normalised    the same, but for case, spacing and Unicode's way of writing a character (`text_keys`)
    near          at least 80 % of the words of both together are in both (Jaccard), of rows of five words or more
    run           eight consecutive words are the same, or 25 characters where words are not written apart

A test row has the strongest of these that holds. Test rows are indexed once, then training rows are read past them.
Near duplicates are found by an index over words: two rows that share so much share one of their rarest words (prefix
filtering: Chaudhuri et al. 2006, ICDE), so that nothing is missed and little is compared.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise
from math import ceil

import numpy as np

from xstilts.core.leak_levels import LEVELS
from xstilts.data.leak_words import is_unspaced, leak_tokens, run_length
from xstilts.data.text_keys import text_key

NONE = len(LEVELS)
LIKENESS = 0.8
LEAST_TOKENS = 5
_UNKNOWN = -1
_FACTOR = np.uint64(0x9E3779B97F4A7C15)
Texts = Sequence[str]  # what a row says: a sentence, or a question and its passage


@dataclass
class _Rows:
    """Rows of one language, as they are compared. Token ids of all rows end to end, with the row of each."""

    ids: np.ndarray
    row_of: np.ndarray
    runs: int  # consecutive tokens that are a leak


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
    _keys: dict[int, list[int]] = field(default_factory=dict)
    _vocabulary: dict[str, int] = field(default_factory=dict)
    _counts: Counter[int] = field(default_factory=Counter)
    _sets: dict[int, frozenset[int]] = field(default_factory=dict)
    _added: list[_Rows] = field(default_factory=list)
    _size: int = 0
    _postings: dict[int, list[int]] | None = None
    _rank: dict[int, int] = field(default_factory=dict)
    _tables: dict[int, tuple[np.ndarray, np.ndarray]] = field(default_factory=dict)

    def __len__(self) -> int:
        return self._size

    def add(self, rows: Iterable[Texts], language: str) -> range:
        """Add test rows, and return their numbers."""
        first, vocabulary = self._size, self._vocabulary
        ids: list[int] = []
        lengths: list[int] = []
        for texts in rows:
            number = self._size
            self._size += 1
            self._exact.setdefault("\n".join(texts), []).append(number)
            if key := text_key(texts):
                self._keys.setdefault(key, []).append(number)
            tokens = [
                token if token is None else vocabulary.setdefault(token, len(vocabulary))
                for token in _tokens(texts, language)
            ]
            _append(tokens, ids, lengths)
            parts = _parts(tokens, language)
            if len(parts) >= LEAST_TOKENS:
                self._sets[number] = parts
                self._counts.update(parts)
        numbers = range(first, self._size)
        row_of = np.repeat(np.arange(first, self._size), lengths)
        self._added.append(_Rows(np.array(ids, dtype=np.int64), row_of, run_length(language)))
        self._postings, self._tables = None, {}
        return numbers

    def levels(self, rows: Iterable[Texts], language: str) -> np.ndarray:
        """Return, for each test row, how a training row says the same: its place in `LEVELS`, `NONE` where none does,
        [N]."""
        self._build()
        levels = np.full(self._size, NONE, dtype=np.int8)
        ids: list[int] = []
        lengths: list[int] = []
        vocabulary = self._vocabulary
        for texts in rows:
            found = self._exact.get("\n".join(texts), ())
            _lower(levels, found, 0)
            found = self._keys.get(text_key(texts), ())
            _lower(levels, found, 1)
            tokens = [token if token is None else vocabulary.get(token, _UNKNOWN) for token in _tokens(texts, language)]
            _append(tokens, ids, lengths)
            _lower(levels, self._near(tokens, language), 2)
        row_of = np.repeat(np.arange(len(lengths)), lengths)
        _lower(levels, self._with_run(_Rows(np.array(ids, dtype=np.int64), row_of, run_length(language))), 3)
        return levels

    def _build(self) -> None:
        """Put the postings of rare words and the hashes of runs together."""
        if self._postings is not None:
            return
        self._postings = {}
        self._rank = {part: rank for rank, part in enumerate(sorted(self._counts, key=lambda x: (self._counts[x], x)))}
        for number, parts in self._sets.items():
            for part in self._prefix(parts):
                self._postings.setdefault(part, []).append(number)
        for runs in {rows.runs for rows in self._added}:
            hashed = [_run_hashes(rows) for rows in self._added if rows.runs == runs]
            hashes, of = (np.concatenate([one[i] for one in hashed]) for i in (0, 1))
            order = np.argsort(hashes, kind="stable")
            self._tables[runs] = hashes[order], of[order]

    def _prefix(self, parts: frozenset[int]) -> list[int]:
        """Return the rarest words of a row: one of them is among those of every row that is nearly the same."""
        rank = self._rank
        return sorted(parts, key=lambda part: rank.get(part, _UNKNOWN))[: _prefix_length(len(parts))]

    def _near(self, tokens: Sequence[int | None], language: str) -> Iterable[int]:
        """Return the rows that are nearly the same; none where too many words are in no test row."""
        is_hopeless = not is_unspaced(language) and tokens.count(_UNKNOWN) >= _prefix_length(len(tokens))
        if self._postings is None or is_hopeless or len(parts := _parts(tokens, language)) < LEAST_TOKENS:
            return ()
        least, most = LIKENESS * len(parts), len(parts) / LIKENESS
        sets = self._sets
        candidates = {number for part in self._prefix(parts) for number in self._postings.get(part, ())}
        return [
            number
            for number in candidates
            if least <= len(sets[number]) <= most and likeness(parts, sets[number]) >= LIKENESS
        ]

    def _with_run(self, rows: _Rows) -> np.ndarray:
        hashes, of = self._tables.get(rows.runs, (np.zeros(0, np.uint64), np.zeros(0, np.int64)))
        found = np.unique(_run_hashes(rows)[0])
        starts, ends = np.searchsorted(hashes, found, "left"), np.searchsorted(hashes, found, "right")
        is_there = ends > starts
        places = [of[start:end] for start, end in zip(starts[is_there], ends[is_there], strict=True)]
        return np.unique(np.concatenate(places)) if places else np.zeros(0, np.int64)


def _prefix_length(parts: int) -> int:
    """Return how many of its rarest words a row of so many is looked up by."""
    return parts - ceil(LIKENESS * parts) + 1


def likeness(parts: frozenset[int], others: frozenset[int]) -> float:
    """Return what share of the words of two rows together is in both (Jaccard).

    >>> likeness(frozenset({1, 2, 3, 4}), frozenset({1, 2, 3, 5}))
    0.6
    """
    shared = len(parts & others)
    return shared / (len(parts) + len(others) - shared)


@lru_cache(maxsize=256)  # questions about one passage follow each other
def _of_text(text: str, language: str) -> tuple[str, ...]:
    return tuple(leak_tokens(text, language))


def _tokens(texts: Texts, language: str) -> list[str | None]:
    """Return the tokens of a row, None between two of its texts."""
    tokens: list[str | None] = []
    for text in texts:
        tokens += [None, *_of_text(text, language)] if tokens else _of_text(text, language)
    return tokens


def _append(tokens: Sequence[int | None], ids: list[int], lengths: list[int]) -> None:
    """Put the token ids of a row behind those of others. No run goes from one text into the next."""
    ids += [_UNKNOWN if token is None else token for token in tokens]
    lengths.append(len(tokens))


def _parts(row: Sequence[int | None], language: str) -> frozenset[int]:
    """Return what near rows are told by: words; pairs of characters where words are not written apart. Unknown words
    count, each by itself."""
    tokens = [token for token in row if token is not None]
    if is_unspaced(language):
        # Pairs are numbers of their own, beyond those of words.
        return frozenset((first + 2) * (1 << 32) + second + 2 for first, second in pairwise(tokens))
    unknown = (-2 - place for place, token in enumerate(tokens) if token == _UNKNOWN)
    return frozenset((*(token for token in tokens if token != _UNKNOWN), *unknown))


def _run_hashes(rows: _Rows) -> tuple[np.ndarray, np.ndarray]:
    """Return a hash of every run of tokens that are all known, and the row it stands in."""
    count = len(rows.ids) - rows.runs + 1
    if count <= 0:
        return np.zeros(0, np.uint64), np.zeros(0, np.int64)
    hashes, known = np.zeros(count, np.uint64), np.ones(count, dtype=bool)
    ids = rows.ids.astype(np.uint64)
    for offset in range(rows.runs):
        hashes = (hashes ^ (ids[offset : offset + count] + np.uint64(1))) * _FACTOR
        hashes ^= hashes >> np.uint64(29)
        known &= rows.ids[offset : offset + count] != _UNKNOWN
    whole = known & (rows.row_of[:count] == rows.row_of[rows.runs - 1 :])
    return hashes[whole], rows.row_of[:count][whole]


def _lower(levels: np.ndarray, rows: Iterable[int] | np.ndarray, level: int) -> None:
    """Give rows a level where they have a weaker one."""
    numbers = np.fromiter(rows, np.int64)
    if len(numbers):
        levels[numbers] = np.minimum(levels[numbers], level)
