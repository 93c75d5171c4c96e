"""Token numbers of texts for the leakage audit: rows as arrays, a piece at a time, each word normalised once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np

from xstilts.data.leak_words import is_unspaced, leak_tokens, run_length

UNKNOWN, BREAK = -1, -2  # a token that no test row has; the place between two texts of a row
PIECE = 1 << 18  # tokens that are compared at once: little memory, few calls
WORDS_KEPT = 1 << 18
Texts = Sequence[str]  # what a row says: a sentence, or a question and its passage
Numbered = Callable[[str], int]


@dataclass(frozen=True)
class TokenRows:
    """Some rows of one language. Token numbers of all of them end to end [T], and the row of each, from 0 [T]."""

    ids: np.ndarray
    row_of: np.ndarray
    rows: int
    language: str

    @property
    def is_unspaced(self) -> bool:
        return is_unspaced(self.language)

    @property
    def run(self) -> int:
        """Return how many consecutive tokens are a leak."""
        return run_length(self.language)


class Words(dict[str, tuple[int, ...]]):
    """What stands between two spaces -> its tokens, worked out when it is met first. Spaces are no part of any token,
    and no character composes with one, so that a text is normalised word by word."""

    def __init__(self, number: Numbered, unspaced: bool) -> None:
        self._number, self._unspaced = number, unspaced

    def __missing__(self, word: str) -> tuple[int, ...]:
        if len(self) >= WORDS_KEPT:
            self.clear()
        self[word] = tokens = tuple(map(self._number, leak_tokens(word, self._unspaced)))
        return tokens


def token_rows(rows: Iterable[Texts], language: str, words: Words) -> Iterator[TokenRows]:
    """Yield rows as arrays, in their order.

    >>> words = Words(lambda word: {"the": 0, "cat": 1, "sat": 2}.get(word, UNKNOWN), unspaced=False)
    >>> piece, = token_rows([("The cat,", "sat"), ("the dog",)], "en", words)
    >>> piece.ids.tolist(), piece.row_of.tolist()
    ([0, 1, -2, 2, 0, -1], [0, 0, 0, 0, 1, 1])
    """
    tokens_of = words.__getitem__
    ids: list[int] = []
    ends: list[int] = []
    for texts in rows:
        for place, text in enumerate(texts):
            if place:
                ids.append(BREAK)
            ids.extend(chain.from_iterable(map(tokens_of, text.split(" "))))
        ends.append(len(ids))
        if len(ids) >= PIECE:
            yield _piece(ids, ends, language)
            ids, ends = [], []
    if ends:
        yield _piece(ids, ends, language)


def _piece(ids: list[int], ends: list[int], language: str) -> TokenRows:
    row_of = np.repeat(np.arange(len(ends)), np.diff(ends, prepend=0))
    return TokenRows(np.array(ids, dtype=np.int64), row_of, len(ends), language)
