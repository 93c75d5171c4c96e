"""Toy tokenizers: one of characters for the tiny encoders, and the published files of older formats."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from tokenizers import Tokenizer, models, pre_tokenizers, processors

SPECIALS = ("<s>", "<pad>", "</s>", "<unk>", "<mask>")


def of_characters(folder: Path, size: int, frame: bool = True) -> None:
    """Write a tokenizer.json of `size` pieces: special tokens and characters, and `<s> A </s>` around a text."""
    characters = [chr(number) for number in range(ord("a"), ord("a") + size - len(SPECIALS))]
    pieces = {piece: number for number, piece in enumerate((*SPECIALS, *characters)[:size])}
    tokenizer = Tokenizer(models.WordPiece(pieces, unk_token="<unk>", continuing_subword_prefix=""))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    if frame:
        ends = [("<s>", 0), ("</s>", 2)]
        tokenizer.post_processor = processors.TemplateProcessing(
            single="<s> $A </s>", pair="<s> $A </s> $B </s>", special_tokens=ends
        )
    tokenizer.save(str(folder / "tokenizer.json"))


def sentencepiece(path: Path, lines: Iterable[str], size: int = 60, **settings: object) -> None:
    """Write a model of SentencePiece that is trained on these lines."""
    from sentencepiece import SentencePieceTrainer

    with path.open("wb") as file:
        SentencePieceTrainer.train(
            sentence_iterator=iter(lines), model_writer=file, vocab_size=size, minloglevel=2,
            **{"model_type": "unigram", "normalization_rule_name": "nmt_nfkc", "hard_vocab_limit": False, **settings},
        )  # fmt: skip


def byte_pairs(folder: Path, merges: Iterable[str], specials: Iterable[str] = SPECIALS) -> None:
    """Write vocab.json and merges.txt of RoBERTa's format."""
    pairs = list(merges)
    pieces = [*specials, *sorted(pre_tokenizers.ByteLevel.alphabet()), *(pair.replace(" ", "") for pair in pairs)]
    (folder / "vocab.json").write_text(json.dumps({piece: number for number, piece in enumerate(pieces)}), "utf-8")
    (folder / "merges.txt").write_text("#version: 0.2\n" + "".join(f"{pair}\n" for pair in pairs), "utf-8")
