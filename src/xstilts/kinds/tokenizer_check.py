"""Tokenizer check: whether the tokenizer of an encoder folder is one, and that of its vocabulary."""

from __future__ import annotations

from pathlib import Path

from xstilts.core.errors import EncoderError
from xstilts.kinds.special_tokens import frame
from xstilts.kinds.tokenizers import load_tokenizer


def check_tokenizer(folder: Path, vocabulary: int) -> None:
    """Raise EncoderError where the tokenizer cannot be read, gives tokens that the encoder has no vectors for, has less
    than half the pieces, or puts no special tokens around texts.

    Args:
        folder: of the encoder.
        vocabulary: the number of its token vectors.
    """
    where = str(folder / "tokenizer.json")
    tokenizer = load_tokenizer(folder)
    ids = tokenizer.get_vocab(with_added_tokens=True)
    if not ids:
        raise EncoderError("the tokenizer has no pieces.", where=where)
    last = max(ids, key=lambda token: ids[token])
    if ids[last] >= vocabulary:
        raise EncoderError(
            f"the tokenizer is of another encoder: its token {ids[last]:,} is {last!r}, and with a `vocab_size` of "
            f"{vocabulary:,} in config.json, those from 0 to {vocabulary - 1:,} are allowed.",
            where=where,
        )
    if 2 * len(ids) < vocabulary:
        raise EncoderError(
            f"the tokenizer has {len(ids):,} pieces for an encoder of {vocabulary:,} token vectors: it is of another "
            "encoder, or was not converted whole.",
            where=where,
        )
    for texts in (1, 2):
        if not frame(tokenizer, texts).cost:
            raise EncoderError(
                "the tokenizer puts no special tokens around a text.",
                where=where,
                hint="Its post-processor is missing; encoders are pretrained with a token before and after a text.",
            )
