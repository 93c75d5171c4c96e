"""XLM-R's tokenizer over given pieces: SentencePiece's Unigram model, its normalisation and its special tokens."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

from xstilts.core.errors import EncoderError
from xstilts.models.sentencepiece_model import fields
from xstilts.models.unigram_tokenizers import plain_unigram

if TYPE_CHECKING:
    from tokenizers import Tokenizer


@dataclass(frozen=True, kw_only=True)
class Vocabulary:
    """Pieces of a Unigram tokenizer with their scores (log probabilities), and the ids of the special ones."""

    pieces: tuple[str, ...]
    scores: tuple[float, ...]
    unknown: int


def normalisation_map() -> bytes:
    """Return the compiled rules of SentencePiece's `nmt_nfkc`, which XLM-R's tokenizer normalises text by.

    sentencepiece writes them into every model that it trains with these rules, so that a model of a few letters has
    them. (The bundle's own map has single characters only: it would not join a letter and its accent.)

    Raises EncoderError where the package sentencepiece is not installed.
    """
    try:
        from sentencepiece import SentencePieceTrainer
    except ImportError as error:
        raise EncoderError(
            "The tokenizer of e5-small is made with the package sentencepiece, which is not installed.",
            hint="pip install 'xstilts[e5]'",
        ) from error
    model = io.BytesIO()
    SentencePieceTrainer.train(
        sentence_iterator=iter(["a b c d"] * 4),
        model_writer=model,
        model_type="char",
        vocab_size=8,
        normalization_rule_name="nmt_nfkc",
        minloglevel=2,
    )
    normalizer = dict(fields(model.getvalue()))[3]  # ModelProto.normalizer_spec
    return dict(fields(normalizer))[2]  # NormalizerSpec.precompiled_charsmap


def make_tokenizer(vocabulary: Vocabulary, charsmap: bytes) -> Tokenizer:
    """Return XLM-R's tokenizer over these pieces: `<s> A </s>`, and `<s> A </s> </s> B </s>` for pairs."""
    from tokenizers import AddedToken, processors

    scored = list(zip(vocabulary.pieces, vocabulary.scores, strict=True))
    tokenizer = plain_unigram(scored, vocabulary.unknown, charsmap)
    special = [AddedToken(text, special=True, normalized=False) for text in ("<s>", "<pad>", "</s>", "<unk>")]
    # As in XLM-R, the blank before a mask belongs to it.
    tokenizer.add_special_tokens([*special, AddedToken("<mask>", special=True, normalized=False, lstrip=True)])
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>",
        pair="<s> $A </s> </s> $B </s>",
        special_tokens=[(text, tokenizer.token_to_id(text)) for text in ("<s>", "</s>")],
    )
    return tokenizer
