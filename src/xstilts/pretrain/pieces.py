"""Which pieces of a teacher's vocabulary a student needs: those that the corpora use most, languages in balance."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from xstilts.core.errors import DataError

if TYPE_CHECKING:
    from tokenizers import Tokenizer


def count_pieces(
    tokenizer: Tokenizer, lines: Mapping[str, Sequence[str]], lines_a_language: int, weight: Mapping[str, int]
) -> NDArray[np.float64]:
    """Return how often each piece occurs, [V], every language as if it had the same number of tokens (times its
    `weight`), so that a small one keeps its pieces. At most `lines_a_language` lines of each are read, drawn at
    random."""
    total_V = np.zeros(tokenizer.get_vocab_size(with_added_tokens=True))
    for language, texts in sorted(lines.items()):
        draw = np.random.default_rng(zlib.crc32(language.encode()))
        chosen = draw.permutation(len(texts))[:lines_a_language]
        encodings = tokenizer.encode_batch_fast([texts[i] for i in chosen], add_special_tokens=False)
        counts_V = np.bincount([i for encoding in encodings for i in encoding.ids], minlength=len(total_V))
        total_V += weight.get(language, 1) * counts_V / max(1, counts_V.sum())
    return total_V


def choose_pieces(
    tokenizer: Tokenizer, counts_V: NDArray[np.float64], specials: Sequence[int], size: int
) -> NDArray[np.int64]:
    """Return the ids to keep, in rising order: special ones, single characters that occur (with and without the mark of
    a word's beginning), then the most frequent others, `size` in all or as many as occur.

    Raises DataError where the single characters alone are more than `size`."""
    used_V = counts_V > 0
    alone = [i for i in np.flatnonzero(used_V).tolist() if len((tokenizer.id_to_token(i) or "").lstrip("▁")) <= 1]
    kept = {*specials, *alone}
    if len(kept) > size:
        raise DataError(
            f"{size} pieces are fewer than the {len(kept)} single characters and special tokens that occur.",
            where="tokenizer: vocabulary",
            value=str(size),
        )
    by_count = [i for i in np.argsort(-counts_V, kind="stable").tolist() if used_V[i] and i not in kept]
    return np.array(sorted([*kept, *by_count[: size - len(kept)]]), dtype=np.int64)
