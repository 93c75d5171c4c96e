"""Text keys: one number for all that a row says, by which rows of different files are compared.

Equal for texts that differ in case, spacing (words of a treebank and the sentence they are of) or Unicode's way of
writing a character; gold is no part of it.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Sequence

import numpy as np

from xstilts.data.examples import Example

NO_TEXT = 0  # the key of a row that says nothing, which is no other's


def text_keys(examples: Sequence[Example]) -> np.ndarray:
    """Return the key of each example, uint64."""
    return np.fromiter((text_key(example.texts) for example in examples), np.uint64, len(examples))


def text_key(texts: Sequence[str]) -> int:
    """Return the key of a row that says these texts, in this order.

    >>> text_key(["The cat sat."]) == text_key(["the", "cat", "sat", "."]) != text_key(["the cats at !"])
    True
    """
    plain = plain_text(texts)
    if not plain:
        return NO_TEXT
    return int.from_bytes(hashlib.blake2b(plain.encode("utf-8", "surrogatepass"), digest_size=8).digest())


def plain_text(texts: Sequence[str]) -> str:
    """Return what a key is the number of.

    >>> plain_text(["The cat", "SAT."])
    'thecatsat.'
    """
    return "".join(unicodedata.normalize("NFKC", " ".join(texts)).casefold().split())


def shared_mask(keys: np.ndarray, among: np.ndarray) -> np.ndarray:
    """Say of each key whether it is one of `among`, which are sorted."""
    if not len(among):
        return np.zeros(len(keys), dtype=bool)
    places = np.minimum(np.searchsorted(among, keys), len(among) - 1)
    return (among[places] == keys) & (keys != NO_TEXT)
