"""Rows of translations with their aligned words: the aligner of `align` run over every language's pairs."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from xstilts.kinds.tokens import pieces
from xstilts.pretrain.align import align

if TYPE_CHECKING:
    from tokenizers import Tokenizer

    from xstilts.data.examples import TextExample

Told = Callable[[int, int, str], None]


def links(
    examples: Sequence[TextExample],
    languages: Sequence[str],
    lexicon: Mapping[str, Sequence[tuple[str, str]]],
    tokenizer: Tokenizer,
    room: int,
    told: Told,
) -> list[np.ndarray]:
    """[(i, j)] of each example, counted in pieces without special tokens; each side is cut to `room` pieces first.

    The words of a language's `lexicon` teach beside its sentences. `told(done, total, language)` says how far it is.
    """
    first = _cut(tokenizer, [example.text for example in examples], room)
    second = _cut(tokenizer, [example.pair or "" for example in examples], room)
    spelling_V = _spelling(tokenizer)
    found = [np.zeros((0, 2), dtype=np.int64)] * len(examples)
    by_language: dict[str, list[int]] = {}
    for place, language in enumerate(languages):
        if len(first[place]) and len(second[place]):
            by_language.setdefault(language, []).append(place)
    for done, (language, places) in enumerate(sorted(by_language.items())):
        told(done, len(by_language), language)
        words = lexicon.get(language, ())
        heads, others = (_cut(tokenizer, [pair[side] for pair in words], room) for side in (0, 1))
        taught = [(a, b) for a, b in zip(heads, others, strict=True) if len(a) and len(b)]
        sides = [
            [side[place] for place in places] + [pair[number] for pair in taught]
            for number, side in enumerate((first, second))
        ]
        for place, own in zip(places, align(sides[0], sides[1], spelling_V, len(places)), strict=True):
            found[place] = own
    return found


def _cut(tokenizer: Tokenizer, texts: Sequence[str], room: int) -> list[np.ndarray]:
    return [np.asarray(ids[:room], dtype=np.int64) for ids in pieces(tokenizer, texts)]


def _spelling(tokenizer: Tokenizer) -> np.ndarray:
    """A number for what each piece is spelt like, case and word boundary aside."""
    pieces_V = [tokenizer.id_to_token(number) or "" for number in range(tokenizer.get_vocab_size())]
    return np.array([zlib.crc32(piece.lstrip("▁").casefold().encode()) for piece in pieces_V], dtype=np.int64)
