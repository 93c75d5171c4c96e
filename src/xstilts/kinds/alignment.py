"""Alignment of characters and tokens of a context: which characters each token covers, and which tokens cover an
answer.

Fast tokenizers report offsets in the original string, but not tidily: a SentencePiece token may or may not include the
space before it, a lone "▁" may claim the first character of the word that follows, one character may give several
tokens (byte pieces, "½"), and characters that normalisation drops belong to none. `Offsets` makes them tidy once, from
the context's own characters, and everything after is lookups.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from xstilts.kinds.tokenizers import encodings

if TYPE_CHECKING:
    from tokenizers import Tokenizer

SPACE = "▁"  # SentencePiece's mark of a word's beginning


class TokenSpan(NamedTuple):
    """Tokens first..last (inclusive) cover an answer; cutting `left` and `right` characters off the text they
    cover gives the answer's own text. A cut is negative where the answer reaches over characters of no token (white
    space)."""

    first: int
    last: int
    left: int
    right: int


@dataclass(frozen=True)
class Offsets:
    """Tokens of one context. `starts[i]:ends[i]` are the characters of token i without outer white space;
    both are -1 for a token that covers nothing else."""

    ids: list[int]
    starts: np.ndarray  # [T]
    ends: np.ndarray  # [T]

    def cover(self, start: int, end: int) -> TokenSpan | None:
        """Return the shortest run of tokens that holds every covered character of context[start:end]; None where no
        token covers any of it."""
        touching_T = (self.starts < end) & (self.ends > start)
        if not touching_T.any():
            return None
        first = int(touching_T.argmax())
        last = len(touching_T) - 1 - int(touching_T[::-1].argmax())
        return TokenSpan(first, last, start - int(self.starts[first]), int(self.ends[last]) - end)


def align(tokenizer: Tokenizer, contexts: Sequence[str]) -> list[Offsets]:
    """Return tokens and tidy offsets of each context."""
    space_id = tokenizer.token_to_id(SPACE)
    aligned = []
    for context, encoding in zip(contexts, encodings(tokenizer, contexts), strict=True):
        ids = encoding.ids
        bounds_T2 = np.array(encoding.offsets, dtype=np.int64).reshape(-1, 2)
        starts_T, ends_T = _without_space(context, bounds_T2)
        empty_T = (starts_T >= ends_T) | (np.array(ids, dtype=np.int64) == (-1 if space_id is None else space_id))
        aligned.append(Offsets(ids, np.where(empty_T, -1, starts_T), np.where(empty_T, -1, ends_T)))
    return aligned


def _without_space(context: str, bounds_T2: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return offsets [T], [T] moved inwards over white space."""
    size = len(context)
    space = np.fromiter(map(str.isspace, context), bool, size)
    position = np.arange(size)
    following = np.append(np.minimum.accumulate(np.where(space, size, position)[::-1])[::-1], size)
    preceding = np.append(0, np.maximum.accumulate(np.where(space, 0, position + 1)))
    return following[bounds_T2[:, 0]], preceding[bounds_T2[:, 1]]


def windows(size: int, room: int, step: int) -> list[tuple[int, int]]:
    """Return half-open ranges of at most `room` tokens, `step` apart, that cover all `size` tokens; (0, 0) for none.

    >>> windows(10, 6, 3)
    [(0, 6), (3, 9), (6, 10)]
    """
    starts = range(0, max(size - room, 0) + step, step)
    return [(start, min(start + room, size)) for start in starts if start < size] or [(0, 0)]
