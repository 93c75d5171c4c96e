"""Links between the words of translations: the aligner of `align`, run over every language's pairs."""

from __future__ import annotations

import unicodedata
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from xstilts.kinds.tokenizers import pieces
from xstilts.pretrain.align import align

if TYPE_CHECKING:
    from tokenizers import Tokenizer

    from xstilts.data.examples import TextExample

_SPACELESS = ("CJK", "HIRAGANA", "KATAKANA", "THAI", "LAO", "KHMER", "MYANMAR")  # first words of characters' names

OnProgress = Callable[[int, int, str], None]


@dataclass(frozen=True)
class Links:
    """Positions that translate each other, (first, second): pieces [L, 2], and words [W, 2], each as its first
    piece."""

    pieces: np.ndarray
    words: np.ndarray


def links(
    examples: Sequence[TextExample],
    languages: Sequence[str],
    extra_pairs: Mapping[str, Sequence[tuple[str, str]]],
    tokenizer: Tokenizer,
    room: int,
    on_progress: OnProgress,
) -> list[Links]:
    """Return the links of each example, counted in pieces without special tokens; each side is cut to `room` pieces
    first.

    The pairs of a language in `extra_pairs` teach the aligner too. `on_progress(done, total, language)` reports
    progress.
    """
    first = _cut(tokenizer, [example.text for example in examples], room)
    second = _cut(tokenizer, [example.pair or "" for example in examples], room)
    spelling_V, begins_V, none = _spelling(tokenizer), beginnings(tokenizer), np.zeros((0, 2), dtype=np.int64)
    example_links = [Links(none, none)] * len(examples)
    by_language: dict[str, list[int]] = {}
    for index, language in enumerate(languages):
        if len(first[index]) and len(second[index]):
            by_language.setdefault(language, []).append(index)
    for done, (language, indices) in enumerate(sorted(by_language.items())):
        on_progress(done, len(by_language), language)
        extra = extra_pairs.get(language, ())
        heads, others = (_cut(tokenizer, [pair[side] for pair in extra], room) for side in (0, 1))
        usable = [(a, b) for a, b in zip(heads, others, strict=True) if len(a) and len(b)]
        sides = [
            [side[index] for index in indices] + [pair[number] for pair in usable]
            for number, side in enumerate((first, second))
        ]
        for index, piece_links in zip(indices, align(sides[0], sides[1], spelling_V, len(indices)), strict=True):
            example_links[index] = Links(piece_links, word_links(piece_links, first[index], second[index], begins_V))
    return example_links


def _cut(tokenizer: Tokenizer, texts: Sequence[str], room: int) -> list[np.ndarray]:
    return [np.asarray(ids[:room], dtype=np.int64) for ids in pieces(tokenizer, texts)]


def _spelling(tokenizer: Tokenizer) -> np.ndarray:
    """Return a number for how each piece is spelt, case and word boundary aside."""
    pieces_V = [tokenizer.id_to_token(number) or "" for number in range(tokenizer.get_vocab_size())]
    return np.array([zlib.crc32(piece.lstrip("▁").casefold().encode()) for piece in pieces_V], dtype=np.int64)


def word_links(links_L2: np.ndarray, first: np.ndarray, second: np.ndarray, begins_V: np.ndarray) -> np.ndarray:
    """Return the links between words, each word as its first piece: where a tagger reads it. [L, 2], each once.

    `first` and `second` are the pieces of either side, `begins_V` says which pieces begin a word.
    """
    if not len(links_L2):
        return links_L2
    heads = [_heads(begins_V[ids])[links_L2[:, side]] for side, ids in enumerate((first, second))]
    return np.unique(np.stack(heads, axis=1), axis=0)


def _heads(begins_T: np.ndarray) -> np.ndarray:
    """Return, for each piece, where its word begins.

    >>> _heads(np.array([True, False, True])).tolist()
    [0, 0, 2]
    """
    return np.maximum.accumulate(np.where(begins_T, np.arange(len(begins_T)), 0))


def beginnings(tokenizer: Tokenizer) -> np.ndarray:
    """Return which pieces begin a word, [V]: those with the mark of SentencePiece or without that of WordPiece, and all
    pieces that are punctuation or of a script without spaces."""
    pieces_V = [tokenizer.id_to_token(number) or "" for number in range(tokenizer.get_vocab_size())]
    if any(piece.startswith("##") for piece in pieces_V):
        return np.array([not piece.startswith("##") or _is_word_by_itself(piece[2:]) for piece in pieces_V])
    return np.array([piece.startswith("▁") or _is_word_by_itself(piece) for piece in pieces_V])


def _is_word_by_itself(piece: str) -> bool:
    if not piece:
        return False
    return unicodedata.category(piece[0])[0] in "PS" or unicodedata.name(piece[0], "").startswith(_SPACELESS)
