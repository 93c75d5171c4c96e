"""Rows of texts: one for each text or pair of texts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from xstilts.data.examples import TextExample
from xstilts.kinds.base import Encoded
from xstilts.kinds.special_tokens import encode_texts

if TYPE_CHECKING:
    from tokenizers import Tokenizer


def encode_text_rows(
    examples: Sequence[TextExample], golds: Sequence[list[int]], tokenizer: Tokenizer, max_length: int
) -> Encoded:
    """Return one row for each example, with its gold; pairs are cut longest-first."""
    sequences = encode_texts([e.text for e in examples], [e.pair for e in examples], tokenizer, max_length)
    columns: dict[str, list[Any]] = {
        "example": list(range(len(examples))),
        "ids": sequences.ids,
        "lengths": [[len(ids)] for ids in sequences.ids],
        "segments": sequences.segments,
        "gold": list(golds),
    }
    return Encoded(columns=columns, truncated=sum(sequences.cut))
