"""Unigram tokenizers of models of SentencePiece: XLM-R's, CamemBERT's, DeBERTa's and ALBERT's numbering of the pieces.

The special tokens around texts are put in by whoever calls.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xstilts.core.errors import EncoderError
from xstilts.models.sentencepiece_model import CONTROL, UNIGRAM, USER_DEFINED, Piece, SentencePieceModel, read_model

if TYPE_CHECKING:
    from tokenizers import Tokenizer


def xlmr_unigram(path: Path, settings: Mapping[str, Any]) -> Tokenizer:
    """XLM-R's, numbered as in fairseq: four special tokens, then the pieces without the model's own three."""
    model = _unigram_model(path)
    pieces = _without(model, ("<unk>", "<s>", "</s>"), path)
    return _tokenizer(_specials("<s>", "<pad>", "</s>", "<unk>") + pieces, 3, model)


def camembert_unigram(path: Path, settings: Mapping[str, Any]) -> Tokenizer:
    """CamemBERT's: fairseq's four special tokens are not those that are used, which follow as the model's own."""
    model = _unigram_model(path)
    unused = Piece("<unk>NOTUSED", -100.0, CONTROL)
    first = (*_specials("<s>NOTUSED", "<pad>", "</s>NOTUSED", "<unk>"), unused)
    return _tokenizer(first + _without(model, ("<unk>",), path), 3, model)


def deberta_unigram(path: Path, settings: Mapping[str, Any]) -> Tokenizer:
    """DeBERTa's second and third version and mDeBERTa's: pieces as the model numbers them. Raises EncoderError where
    punctuation is split off first."""
    from tokenizers import normalizers

    if settings.get("split_by_punct"):
        where = str(path.with_name("tokenizer_config.json"))
        raise EncoderError("`split_by_punct` is true, and such a tokenizer is not converted.", where=where)
    rules = [normalizers.Lowercase()] if settings.get("do_lower_case", False) else []
    return _as_numbered(path, rules)


def albert_unigram(path: Path, settings: Mapping[str, Any]) -> Tokenizer:
    """ALBERT's: without case and accents, where its folder does not say otherwise."""
    return _as_numbered(path, _albert_rules(settings, lower=True, accents=False))


def rembert_unigram(path: Path, settings: Mapping[str, Any]) -> Tokenizer:
    """RemBERT's: ALBERT's with case and accents."""
    return _as_numbered(path, _albert_rules(settings, lower=False, accents=True))


def _albert_rules(settings: Mapping[str, Any], lower: bool, accents: bool) -> list[Any]:
    from tokenizers import normalizers

    rules: list[Any] = [normalizers.Replace("``", '"'), normalizers.Replace("''", '"')]
    if not settings.get("keep_accents", accents):
        rules += [normalizers.NFKD(), normalizers.StripAccents()]
    return [*rules, normalizers.Lowercase()] if settings.get("do_lower_case", lower) else rules


def _specials(*names: str) -> tuple[Piece, ...]:
    return tuple(Piece(name, 0.0, CONTROL) for name in names)


def _without(model: SentencePieceModel, first: tuple[str, ...], path: Path) -> tuple[Piece, ...]:
    """Return the pieces behind the first, which others stand for. Raises EncoderError where the model begins with
    others than these."""
    found = tuple(piece.text for piece in model.pieces[: len(first)])
    if found != first:
        raise EncoderError(
            f"this model of SentencePiece begins with {' '.join(found)}, and one of such an encoder with "
            f"{' '.join(first)}; it is not converted.",
            where=str(path),
        )
    return model.pieces[len(first) :]


def _unigram_model(path: Path) -> SentencePieceModel:
    model = read_model(path)
    if model.model_type != UNIGRAM:
        raise EncoderError(
            "this model of SentencePiece is none of Unigram, and only those are converted.", where=str(path)
        )
    if not model.dummy_prefix:
        raise EncoderError(
            "this model of SentencePiece puts no blank before a text, and is not converted.", where=str(path)
        )
    return model


def _as_numbered(path: Path, rules: Sequence[Any]) -> Tokenizer:
    model = _unigram_model(path)
    if model.unknown is None:
        raise EncoderError("this model of SentencePiece has no unknown piece.", where=str(path))
    return _tokenizer(model.pieces, model.unknown, model, rules)


def plain_unigram(
    scored: Sequence[tuple[str, float]],
    unknown: int,
    charsmap: bytes,
    *,
    byte_fallback: bool = False,
    rules: Sequence[Any] = (),
) -> Tokenizer:
    """Return a tokenizer as SentencePiece has it, without special tokens.

    Args:
        scored: pieces with their log probabilities, by id.
        unknown: the id of the unknown piece.
        charsmap: compiled rules of normalisation; b"" for none.
        rules: normalisers before these.
    """
    from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers

    tokenizer = Tokenizer(models.Unigram(list(scored), unk_id=unknown, byte_fallback=byte_fallback))
    own = [normalizers.Precompiled(charsmap)] if charsmap else []
    tokenizer.normalizer = normalizers.Sequence([*rules, *own, normalizers.Replace(Regex(" {2,}"), " ")])
    words = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), words])
    tokenizer.decoder = decoders.Metaspace(replacement="▁", prepend_scheme="always")
    return tokenizer


def _tokenizer(
    pieces: Sequence[Piece], unknown: int, model: SentencePieceModel, rules: Sequence[Any] = ()
) -> Tokenizer:
    """Return the tokenizer of pieces; `rules` are normalisers before the model's own."""
    from tokenizers import AddedToken

    scored = [(piece.text, piece.score) for piece in pieces]
    tokenizer = plain_unigram(scored, unknown, model.charsmap, byte_fallback=model.falls_back_to_bytes, rules=rules)
    whole = [piece.text for piece in pieces if piece.type == USER_DEFINED]
    tokenizer.add_tokens([AddedToken(text, normalized=False) for text in whole])
    return tokenizer
