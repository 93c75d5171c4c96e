"""Windows of a sentence: a sentence is one row, however long it is, which is what kinds that compare its words with
each other are encoded by.

A sentence that is longer than the encoder becomes several overlapping windows, which are the sequences of one row. A
word is the mean of its pieces, in the window where it has most text on both sides, so that every word of the sentence
has one state.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from xstilts.data.examples import DependencyExample, FrameExample, ParseExample, RolesExample
from xstilts.kinds.base import Encoded
from xstilts.kinds.special_tokens import Frame, frame
from xstilts.kinds.tagging import word_pieces

if TYPE_CHECKING:
    from tokenizers import Tokenizer

COLUMNS = ("example", "ids", "lengths", "segments", "gold", "first", "pieces")
Words = DependencyExample | RolesExample | FrameExample | ParseExample


def encode_sentences(
    examples: Sequence[Words], golds: Iterable[list[int]], tokenizer: Tokenizer, max_length: int
) -> Encoded:
    """Return a row for each sentence, with the gold column given. `first` [W] is the place of each word's first piece
    in the row, `pieces` [W] how many it has. A word
    longer than a window keeps the pieces that fit (`truncated`); `notes["windows"]` counts sentences of several
    windows.
    """
    shape = frame(tokenizer, 1)
    room = shape.room(max_length)
    pieces_of_word = word_pieces(tokenizer, {word for e in examples for word in e.words})
    encoded = Encoded(columns={name: [] for name in COLUMNS}, notes={"windows": 0})
    for index, (example, gold) in enumerate(zip(examples, golds, strict=True)):
        word_ids = [pieces_of_word[word] for word in example.words]
        row = _row(shape, [ids[:room] for ids in word_ids], room) | {"example": index, "gold": gold}
        for name, column in encoded.columns.items():
            column.append(row[name])
        encoded.notes["windows"] += len(row["lengths"]) > 1
        encoded.truncated += any(len(ids) > room for ids in word_ids)
    return encoded


def _row(shape: Frame, words: Sequence[Sequence[int]], room: int) -> dict[str, Any]:
    pieces = [piece for ids in words for piece in ids]
    return one_window(shape, words, pieces) if len(pieces) <= room else windows(shape, words, room)


def one_window(shape: Frame, words: Sequence[Sequence[int]], pieces: Sequence[int]) -> dict[str, Any]:
    """Return the row of a sentence that fits: what `windows` makes of it, at once."""
    sizes = [len(ids) for ids in words]
    ids, segments = shape.join(pieces)
    first = list(accumulate(sizes, initial=len(shape.fixed[0])))[:-1]
    return {"ids": ids, "lengths": [len(ids)], "segments": segments, "first": first, "pieces": sizes}


def windows(shape: Frame, words: Sequence[Sequence[int]], room: int) -> dict[str, Any]:
    """Return the row of a sentence in windows of at most `room` pieces; no word is larger."""
    ranges = overlapping([len(ids) for ids in words], room)
    owner = central([len(ids) for ids in words], ranges)
    row: dict[str, Any] = {"ids": [], "lengths": [], "segments": [], "first": [0] * len(words)}
    row["pieces"] = [len(ids) for ids in words]
    for number, (start, stop) in enumerate(ranges):
        position = len(row["ids"]) + len(shape.fixed[0])
        for word in range(start, stop):
            if owner[word] == number:
                row["first"][word] = position
            position += len(words[word])
        ids, segments = shape.join([piece for word in words[start:stop] for piece in word])
        row["ids"] += ids
        row["lengths"].append(len(ids))
        row["segments"] += segments
    return row


def overlapping(sizes: Sequence[int], room: int) -> list[tuple[int, int]]:
    """Return half-open ranges of words of at most `room` pieces; each begins up to half a window before the one before
    ends. No word may be larger than `room`.

    >>> overlapping([2, 2, 1, 1, 2], 5)
    [(0, 3), (2, 5)]
    """
    return list(_overlapping(sizes, room))


def _overlapping(sizes: Sequence[int], room: int) -> Iterator[tuple[int, int]]:
    start = 0
    while True:
        stop, used = start, 0
        while stop < len(sizes) and used + sizes[stop] <= room:
            used += sizes[stop]
            stop += 1
        yield start, stop
        if stop == len(sizes):
            return
        following, shared = stop, 0
        limit = min(room // 2, room - sizes[stop])  # the next window must reach beyond this one
        while following - 1 > start and shared + sizes[following - 1] <= limit:
            following -= 1
            shared += sizes[following]
        start = following


def central(sizes: Sequence[int], ranges: Sequence[tuple[int, int]]) -> list[int]:
    """Return, for each word, the range in which it has most pieces on the side where it has fewer.

    >>> central([1] * 6, [(0, 4), (2, 6)])
    [0, 0, 0, 1, 1, 1]
    """
    pieces_before = [0, *accumulate(sizes)]
    margin, owner = [-1] * len(sizes), [0] * len(sizes)
    for number, (start, stop) in enumerate(ranges):
        for word in range(start, stop):
            context = min(pieces_before[word] - pieces_before[start], pieces_before[stop] - pieces_before[word + 1])
            if context > margin[word]:
                margin[word], owner[word] = context, number
    return owner
