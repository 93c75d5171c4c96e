"""Tokenizers: loaded from `tokenizer.json` alone (no torch), their special tokens, and ids for plain texts."""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from xstilts.core.errors import EncoderError, reason_of

if TYPE_CHECKING:
    from tokenizers import Encoding, Tokenizer

CHUNK = 4000  # texts the Rust side works on at once: enough to keep all threads busy, little memory

# What the same role is called in the tokenizers of the field, without brackets.
_ROLES = {
    "cls": ("cls", "s", "bos", "begin_of_text"),
    "sep": ("sep", "/s", "eos", "end_of_text"),
    "pad": ("pad",),
    "mask": ("mask",),
    "unk": ("unk",),
}


@dataclass(frozen=True)
class Specials:
    """Ids of special tokens; None where a tokenizer has none."""

    cls: int | None
    sep: int | None
    pad: int | None
    mask: int | None
    unk: int | None


def _tokenizer_file(folder: Path) -> Path:
    path = Path(folder) / "tokenizer.json"
    if not path.is_file():
        raise EncoderError(
            f"no tokenizer.json in '{folder}'",
            hint="Only fast tokenizers are read. Save one with transformers: "
            "AutoTokenizer.from_pretrained(...).save_pretrained(folder).",
        )
    return path


def load_tokenizer(folder: Path) -> Tokenizer:
    """Return the tokenizer of an encoder folder, with truncation and padding off. Raises EncoderError when
    `tokenizer.json` is missing or cannot be read."""
    from tokenizers import Tokenizer

    path = _tokenizer_file(folder)
    try:
        tokenizer = Tokenizer.from_file(str(path))
    except Exception as error:
        raise EncoderError(f"cannot be read as a tokenizer: {reason_of(error)}", where=str(path)) from error
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def tokenizer_fingerprint(folder: Path) -> str:
    """sha-256 of `tokenizer.json`, all that encoding depends on. Raises EncoderError when it is missing."""
    return hashlib.sha256(_tokenizer_file(folder).read_bytes()).hexdigest()


def specials(tokenizer: Tokenizer, folder: Path | None = None) -> Specials:
    """Return the ids of the special tokens. The names come from `special_tokens_map.json` or `tokenizer_config.json` in
    `folder` where given, else from what the special tokens of the field are called (`<mask>`, `[MASK]`,
    `<|mask|>`)."""
    named = _named(folder) if folder is not None else {}
    vocabulary = {
        token.content.strip("[]<>|").lower(): number
        for number, token in tokenizer.get_added_tokens_decoder().items()
        if token.special
    }

    def find(role: str) -> int | None:
        if role in named:
            return tokenizer.token_to_id(named[role])
        return next((vocabulary[name] for name in _ROLES[role] if name in vocabulary), None)

    return Specials(**{role: find(role) for role in _ROLES})


def _named(folder: Path) -> dict[str, str]:
    """Return role -> token, as the folder's own files say; cls and sep fall back to bos and eos."""
    tokens: dict[str, str] = {}
    for name in ("tokenizer_config.json", "special_tokens_map.json"):
        path = Path(folder) / name
        if not path.is_file():
            continue
        settings = json.loads(path.read_text(encoding="utf-8"))
        for role, keys in {"cls": ("bos", "cls"), "sep": ("eos", "sep")}.items():
            _note(tokens, settings, role, keys)
        for role in ("pad", "mask", "unk"):
            _note(tokens, settings, role, (role,))
    return tokens


def _note(tokens: dict[str, str], settings: dict, role: str, keys: Sequence[str]) -> None:
    for key in keys:
        token = settings.get(f"{key}_token")
        if isinstance(token, dict):  # an added token with its flags
            token = token.get("content")
        if token:
            tokens[role] = token


@contextmanager
def unlimited(tokenizer: Tokenizer) -> Iterator[None]:
    """Switch truncation and padding off inside, and back afterwards: a tokenizer is shared and must not remember us."""
    truncation, padding = tokenizer.truncation, tokenizer.padding
    tokenizer.no_truncation()
    tokenizer.no_padding()
    try:
        yield
    finally:
        if truncation is not None:
            tokenizer.enable_truncation(**truncation)
        if padding is not None:
            tokenizer.enable_padding(**padding)


def pieces(tokenizer: Tokenizer, texts: Sequence[str]) -> list[list[int]]:
    """Return the ids of each text, no special tokens, nothing cut. Equal texts are tokenised once and share a list."""
    ids_of_text: dict[str, list[int]] = {text: [] for text in texts}
    distinct = list(ids_of_text)
    with unlimited(tokenizer):
        for start in range(0, len(distinct), CHUNK):
            chunk = distinct[start : start + CHUNK]
            encodings = tokenizer.encode_batch_fast(chunk, add_special_tokens=False)
            ids_of_text.update(zip(chunk, (encoding.ids for encoding in encodings), strict=True))
    return [ids_of_text[text] for text in texts]


def encodings(tokenizer: Tokenizer, texts: Sequence[str]) -> list[Encoding]:
    """Return ids and character offsets of each text, no special tokens, nothing cut."""
    encoded: list[Encoding] = []
    with unlimited(tokenizer):
        for start in range(0, len(texts), CHUNK):
            encoded += tokenizer.encode_batch(list(texts[start : start + CHUNK]), add_special_tokens=False)
    return encoded


def token_hash(ids: Sequence[int]) -> int:
    """Return 31 bits that are equal for equal tokens: how the rows of an update tell whether they hold the same text.

    >>> token_hash([5, 7]) == token_hash((5, 7)) != token_hash([7, 5])
    True
    """
    return zlib.crc32(np.asarray(ids, dtype=np.int64).tobytes()) & 0x7FFFFFFF
