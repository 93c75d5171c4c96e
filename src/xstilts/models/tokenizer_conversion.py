"""Conversion of tokenizers: tokenizer.json of an encoder that is published with the files of an older format alone.

Which of the tokenizers of the field it is follows from `tokenizer_class`, else (where none is named, or a general one)
from the model type, and is one of those below; any other is refused. No class of `transformers` is asked: those take
files they do not find for empty ones.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xstilts.core.errors import EncoderError, reason_of
from xstilts.core.files import read_settings, write_atomic
from xstilts.models import unigram_tokenizers as unigram

if TYPE_CHECKING:
    from tokenizers import AddedToken, Tokenizer

# Everything that a tokenizer is made of in older formats.
TOKENIZER_SOURCES = (
    "vocab.txt", "vocab.json", "merges.txt", "spm.model", "spiece.model", "sentencepiece.model",
    "sentencepiece.bpe.model", "added_tokens.json",
)  # fmt: skip
_BERT = {"cls": "[CLS]", "sep": "[SEP]", "pad": "[PAD]", "mask": "[MASK]", "unk": "[UNK]"}
_ROBERTA = {"cls": "<s>", "sep": "</s>", "pad": "<pad>", "mask": "<mask>", "unk": "<unk>"}
_ONE, _TWO = "{cls} $A {sep}", "{cls} $A {sep} $B:1 {sep}:1"
_TWO_AS_ROBERTA = "{cls} $A {sep} {sep} $B {sep}"

# Classes that say nothing about how a tokenizer works.
_GENERIC = (
    "PreTrainedTokenizer", "PreTrainedTokenizerFast", "TokenizersBackend", "SentencePieceBackend", "PythonBackend",
)  # fmt: skip
_FLAGS = ("special", "normalized", "lstrip", "rstrip", "single_word")  # of a token that was added
_MARKED = re.compile(r"\[.*\]|<.*>", re.DOTALL)  # pieces that are no words, as [unused1] and <S>
_CASED = 0.01  # of the pieces of a vocabulary that keeps capitals; a few stray ones are no sign of it

Make = Callable[[Path, Mapping[str, Any], Mapping[str, str]], "Tokenizer"]


@dataclass(frozen=True, kw_only=True)
class TokenizerFormat:
    """One way in which tokenizers are published.

    Attributes:
        files: those it is made of.
        classes: `tokenizer_class` of it, without "Fast".
        model_types: of encoders that have it where no class is named.
        tokens: its special tokens by role, where the folder names no others.
        pair: the special tokens around two texts; `_ONE` are those around one.
        make: makes it of the first of the files, the folder's settings and the special tokens; without those around
            texts.
    """

    files: tuple[str, ...]
    classes: tuple[str, ...]
    model_types: tuple[str, ...] = ()
    tokens: Mapping[str, str]
    pair: str = _TWO
    make: Make


def convert_tokenizer(folder: Path) -> None:
    """Write tokenizer.json into an encoder folder that has none.

    Raises EncoderError where the folder has no files of a known format, or those of a tokenizer that cannot be
    converted."""
    if (folder / "tokenizer.json").is_file():
        return
    path = folder / "tokenizer_config.json"
    settings = read_settings(path) if path.exists() else {}
    chosen = _format_of(folder, settings)
    tokens = {role: _token(settings, role) or token for role, token in chosen.tokens.items()}
    try:
        tokenizer = chosen.make(folder / chosen.files[0], settings, tokens)
        _add_special_tokens(tokenizer, folder, tokens, _added_tokens(folder, settings))
        _frame(tokenizer, tokens, chosen.pair)
    except EncoderError:
        raise
    except Exception as error:  # of the Rust side
        raise EncoderError(
            f"no tokenizer can be made of {' and '.join(chosen.files)}: {reason_of(error)}", where=str(folder)
        ) from error
    write_atomic(folder / "tokenizer.json", tokenizer.to_str())


def _format_of(folder: Path, settings: Mapping[str, Any]) -> TokenizerFormat:
    config = read_settings(folder / "config.json")
    name, model_type = settings.get("tokenizer_class") or config.get("tokenizer_class"), config.get("model_type")
    where, hint = str(folder), "Save it as tokenizer.json with the program it was made by, and give the folder."
    if settings.get("auto_map"):
        raise EncoderError(
            "the tokenizer is code (`auto_map`), and code of a folder is not run.", where=where, hint=hint
        )
    if name is not None and name not in _GENERIC:
        kind = str(name).removesuffix("Fast")
        chosen = next((each for each in _FORMATS if kind in each.classes), None)
        words, value, allowed = "of the class", str(name), {name for each in _FORMATS for name in each.classes}
    else:
        chosen = next((each for each in _FORMATS if model_type in each.model_types), None)
        words, value, allowed = "that of", str(model_type), {name for each in _FORMATS for name in each.model_types}
    if chosen is None:
        raise EncoderError(
            f"this encoder has no tokenizer.json, and a tokenizer {words} '{value}' is not converted.",
            where=where, value=value, allowed=sorted(allowed), hint=hint,
        )  # fmt: skip
    if missing := [file for file in chosen.files if not (folder / file).is_file()]:
        raise EncoderError(
            f"this encoder has no tokenizer.json, and no {missing[0]}, which a tokenizer {words} '{value}' is made of.",
            where=where, hint=hint,
        )  # fmt: skip
    return chosen


def _token(settings: Mapping[str, Any], role: str) -> str | None:
    token = settings.get(f"{role}_token")
    token = token.get("content") if isinstance(token, dict) else token
    return token if isinstance(token, str) else None


def _add_special_tokens(
    tokenizer: Tokenizer, folder: Path, tokens: Mapping[str, str], added: Mapping[AddedToken, int]
) -> None:
    """Make the special tokens known as such: a mask that is no piece is put behind the pieces, and so are tokens that
    were added. Raises EncoderError where another is no piece, or comes to lie elsewhere than is said."""
    from tokenizers import AddedToken

    for role in ("cls", "sep", "pad", "unk"):
        if tokenizer.token_to_id(tokens[role]) is None:
            raise EncoderError(f"the {role} token '{tokens[role]}' is none of the pieces.", where=str(folder))
    for token in sorted(added, key=lambda token: added[token]):
        if token.content not in tokens.values():
            (tokenizer.add_special_tokens if token.special else tokenizer.add_tokens)([token])
    special = [AddedToken(token, special=True, normalized=False) for role, token in tokens.items() if role != "mask"]
    # As in the classes of the field, the blank before a mask belongs to it.
    before = tokens["mask"] == _ROBERTA["mask"]
    tokenizer.add_special_tokens([*special, AddedToken(tokens["mask"], special=True, normalized=False, lstrip=before)])
    for token, number in added.items():
        if (found := tokenizer.token_to_id(token.content)) != number:
            message = f"the token '{token.content}' should be number {number}, and the pieces make it {found}."
            raise EncoderError(message, where=str(_added_file(folder)))


def _added_file(folder: Path) -> Path:
    """Return the file that says which tokens were added: one of its own in the oldest folders."""
    own = folder / "added_tokens.json"
    return own if own.is_file() else folder / "tokenizer_config.json"


def _added_tokens(folder: Path, settings: Mapping[str, Any]) -> dict[AddedToken, int]:
    """Return the tokens that were added, with their numbers. Raises EncoderError where they are not said as such."""
    from tokenizers import AddedToken

    path = _added_file(folder)
    if path.name == "added_tokens.json":
        numbers = read_settings(path)
        if not all(type(number) is int for number in numbers.values()):
            raise EncoderError("this should give each token its number.", where=str(path))
        return {AddedToken(token): number for token, number in numbers.items()}
    decoder = settings.get("added_tokens_decoder") or {}
    try:
        return {
            AddedToken(value["content"], **{flag: bool(value[flag]) for flag in _FLAGS if flag in value}): int(number)
            for number, value in decoder.items()
        }
    except (AttributeError, TypeError, KeyError, ValueError) as error:
        message = "`added_tokens_decoder` should give a token by its number, as `content` and its flags."
        raise EncoderError(message, where=str(path)) from error


def _frame(tokenizer: Tokenizer, tokens: Mapping[str, str], pair: str) -> None:
    from tokenizers import processors

    ends = [(token, tokenizer.token_to_id(token)) for token in dict.fromkeys((tokens["cls"], tokens["sep"]))]
    frame = processors.TemplateProcessing(single=_ONE.format(**tokens), pair=pair.format(**tokens), special_tokens=ends)
    of_bytes = type(tokenizer.pre_tokenizer).__name__ == "ByteLevel"
    # The blank before a word is in its first piece, and not in the word's place in the text.
    trimmed = [processors.ByteLevel(trim_offsets=True)] if of_bytes else []
    tokenizer.post_processor = processors.Sequence([*trimmed, frame])


def _word_pieces(path: Path, settings: Mapping[str, Any], tokens: Mapping[str, str]) -> Tokenizer:
    """BERT's: words are split at blanks, punctuation and Chinese characters, then into the longest pieces.

    Where the folder does not say whether text is put into lower case, the pieces do: a share of `_CASED` with
    capitals."""
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers

    try:
        lines = path.read_bytes().decode("utf-8").removesuffix("\n").split("\n")  # pieces may hold any other line break
    except UnicodeDecodeError as error:
        raise EncoderError("this is not UTF-8 text.", where=str(path)) from error
    vocabulary = {line.removesuffix("\r"): number for number, line in enumerate(lines)}
    words = [piece for piece in vocabulary if piece not in tokens.values() and not _MARKED.fullmatch(piece)]
    cased = sum(piece != piece.lower() for piece in words) >= max(1, _CASED * len(words))
    tokenizer = Tokenizer(
        models.WordPiece(
            vocabulary, unk_token=tokens["unk"], max_input_chars_per_word=100, continuing_subword_prefix="##"
        )
    )
    tokenizer.normalizer = normalizers.BertNormalizer(
        clean_text=True,
        handle_chinese_chars=bool(settings.get("tokenize_chinese_chars", True)),
        strip_accents=settings.get("strip_accents"),
        lowercase=bool(settings.get("do_lower_case", not cased)),
    )
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece(prefix="##")
    return tokenizer


def _byte_pairs(path: Path, settings: Mapping[str, Any], tokens: Mapping[str, str]) -> Tokenizer:
    """GPT-2's and RoBERTa's: pairs of bytes that are joined in the order of merges.txt."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers

    vocabulary, merges = models.BPE.read_file(str(path), str(path.with_name("merges.txt")))
    if lacking := sorted(set(pre_tokenizers.ByteLevel.alphabet()) - vocabulary.keys()):
        raise EncoderError(
            f"these are not pieces of bytes: {len(lacking)} of 256 bytes have none, '{lacking[0]}' first.",
            where=str(path),
        )
    tokenizer = Tokenizer(models.BPE(vocabulary, merges))
    space = bool(settings.get("add_prefix_space", False))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=space)
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


def _of_sentencepiece(make: Callable[[Path, Mapping[str, Any]], Tokenizer]) -> Make:
    return lambda path, settings, tokens: make(path, settings)


_FORMATS = (
    TokenizerFormat(
        files=("vocab.txt",),
        classes=("BertTokenizer", "DistilBertTokenizer", "ElectraTokenizer", "ConvBertTokenizer", "MobileBertTokenizer",
                 "SqueezeBertTokenizer"),
        model_types=("bert", "distilbert", "electra", "convbert", "mobilebert", "squeezebert", "megatron-bert"),
        tokens=_BERT,
        make=_word_pieces,
    ),
    TokenizerFormat(
        files=("vocab.txt",),
        classes=("MPNetTokenizer",),
        model_types=("mpnet",),
        tokens={**_ROBERTA, "unk": "[UNK]"},
        pair=_TWO_AS_ROBERTA,
        make=_word_pieces,
    ),
    TokenizerFormat(
        files=("vocab.json", "merges.txt"),
        classes=("RobertaTokenizer", "LongformerTokenizer"),
        model_types=("roberta", "roberta-prelayernorm", "longformer", "data2vec-text"),
        tokens=_ROBERTA,
        pair=_TWO_AS_ROBERTA,
        make=_byte_pairs,
    ),
    TokenizerFormat(
        files=("vocab.json", "merges.txt"),
        classes=("DebertaTokenizer",),
        model_types=("deberta",),
        tokens=_BERT,
        make=_byte_pairs,
    ),
    TokenizerFormat(
        files=("sentencepiece.bpe.model",),
        classes=("XLMRobertaTokenizer",),
        model_types=("xlm-roberta", "xlm-roberta-xl", "xmod"),
        tokens=_ROBERTA,
        pair=_TWO_AS_ROBERTA,
        make=_of_sentencepiece(unigram.xlmr_unigram),
    ),
    TokenizerFormat(
        files=("sentencepiece.bpe.model",),
        classes=("CamembertTokenizer",),
        model_types=("camembert",),
        tokens=_ROBERTA,
        pair=_TWO_AS_ROBERTA,
        make=_of_sentencepiece(unigram.camembert_unigram),
    ),
    TokenizerFormat(
        files=("spm.model",),
        classes=("DebertaV2Tokenizer",),
        model_types=("deberta-v2",),
        tokens=_BERT,
        make=_of_sentencepiece(unigram.deberta_unigram),
    ),
    TokenizerFormat(
        files=("spiece.model",),
        classes=("AlbertTokenizer",),
        model_types=("albert",),
        tokens={**_BERT, "unk": "<unk>", "pad": "<pad>"},
        make=_of_sentencepiece(unigram.albert_unigram),
    ),
    TokenizerFormat(
        files=("sentencepiece.model",),
        classes=("RemBertTokenizer",),
        model_types=("rembert",),
        tokens={**_BERT, "unk": "<unk>", "pad": "<pad>"},
        make=_of_sentencepiece(unigram.rembert_unigram),
    ),
)  # fmt: skip
