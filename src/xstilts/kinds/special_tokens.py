"""Special tokens around one text or two, learnt from the tokenizer's own post-processor.

Kinds cut, window and split on plain ids and put the frame around what is left, so that every length is known before
anything is built. XLM-R gives `<s> a </s></s> b </s>`, BERT `[CLS] a [SEP] b [SEP]` with token types.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from xstilts.core.errors import EncoderError, StudyError
from xstilts.kinds.tokenizers import pieces, unlimited

if TYPE_CHECKING:
    from tokenizers import Tokenizer


@dataclass(frozen=True)
class Frame:
    """`fixed[i]` are the special ids before text i, `fixed[-1]` those after the last; `fixed_types` their token types;
    `text_types[i]` is the token type of text i."""

    fixed: tuple[tuple[int, ...], ...]
    fixed_types: tuple[tuple[int, ...], ...]
    text_types: tuple[int, ...]

    @property
    def cost(self) -> int:
        """Number of tokens that the frame itself takes."""
        return sum(map(len, self.fixed))

    def room(self, max_length: int) -> int:
        """Return the number of tokens left for texts. Raises StudyError when there are fewer than one for each text."""
        left = max_length - self.cost
        if left < len(self.text_types):
            raise StudyError(
                f"max_length {max_length} leaves no room for text beside {self.cost} special tokens",
                hint=f"Give at least {self.cost + len(self.text_types)}.",
            )
        return left

    def join(self, *texts: Sequence[int]) -> tuple[list[int], list[int]]:
        """Return ids and segments of a sequence.

        >>> Frame(((101,), (102,), (102,)), ((0,), (0,), (1,)), (0, 1)).join([7, 8], [9])
        ([101, 7, 8, 102, 9, 102], [0, 0, 0, 0, 1, 1])
        """
        ids, segments = list(self.fixed[0]), list(self.fixed_types[0])
        after = zip(self.fixed[1:], self.fixed_types[1:], strict=True)
        for text, kind, (fixed, types) in zip(texts, self.text_types, after, strict=True):
            ids += text
            ids += fixed
            segments += [kind] * len(text)
            segments += types
        return ids, segments

    def places(self, *texts: Sequence[int]) -> list[int]:
        """Return [start, end, ...]: the half-open range of positions that each text has in `join`.

        >>> Frame(((101,), (102,), (102,)), ((0,), (0,), (1,)), (0, 1)).places([7, 8], [9])
        [1, 3, 4, 5]
        """
        bounds, position = list[int](), 0
        for text, before in zip(texts, self.fixed, strict=False):
            position += len(before)
            bounds += [position, position + len(text)]
            position += len(text)
        return bounds


def frame(tokenizer: Tokenizer, texts: int) -> Frame:
    """Return the frame of `texts` (1 or 2) texts, read off a probe. Raises EncoderError where the tokenizer has no
    token for a letter."""
    with unlimited(tokenizer):
        probe = tokenizer.encode("a", "b") if texts == 2 else tokenizer.encode("a")
    ids, types, owner = probe.ids, probe.type_ids, probe.sequence_ids
    fixed: list[tuple[int, ...]] = []
    fixed_types: list[tuple[int, ...]] = []
    text_types: list[int] = []
    at = 0
    for text in range(texts):
        if text not in owner:
            raise EncoderError(f"the tokenizer has no token for a text of one letter ('{'ab'[text]}'), not even <unk>.")
        first = owner.index(text)
        fixed.append(tuple(ids[at:first]))
        fixed_types.append(tuple(types[at:first]))
        text_types.append(types[first])
        at = len(owner) - owner[::-1].index(text)
    return Frame((*fixed, tuple(ids[at:])), (*fixed_types, tuple(types[at:])), tuple(text_types))


def longest_first(first: int, second: int, room: int) -> tuple[int, int]:
    """Return the numbers of tokens to keep of two texts: the longer one loses tokens until both fit or are equally
    long.

    >>> longest_first(10, 3, 8), longest_first(10, 9, 7)
    ((5, 3), (4, 3))
    """
    if first + second <= room:
        return first, second
    short = min(first, second, room // 2)
    return (short, room - short) if first <= second else (room - short, short)


@dataclass
class Sequences:
    """Framed sequences: ids, segments, and whether each lost tokens."""

    ids: list[list[int]]
    segments: list[list[int]]
    cut: list[bool]


def encode_texts(texts: Sequence[str], pairs: Sequence[str | None], tokenizer: Tokenizer, max_length: int) -> Sequences:
    """Return one sequence for each text, or text and pair, cut longest-first to `max_length` tokens."""
    single, double = frame(tokenizer, 1), frame(tokenizer, 2)
    first = pieces(tokenizer, texts)
    second = iter(pieces(tokenizer, [pair for pair in pairs if pair is not None]))
    sequences = Sequences([], [], [])
    for a, pair in zip(first, pairs, strict=True):
        if pair is None:
            room = single.room(max_length)
            ids, segments = single.join(a[:room])
            cut = len(a) > room
        else:
            b = next(second)
            keep_a, keep_b = longest_first(len(a), len(b), double.room(max_length))
            ids, segments = double.join(a[:keep_a], b[:keep_b])
            cut = keep_a + keep_b < len(a) + len(b)
        sequences.ids.append(ids)
        sequences.segments.append(segments)
        sequences.cut.append(cut)
    return sequences
