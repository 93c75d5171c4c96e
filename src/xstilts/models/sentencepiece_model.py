"""Models of SentencePiece, read from their file: pieces with scores, and how text is normalised.

A file is one message of protocol buffers (`ModelProto` of sentencepiece_model.proto); the package sentencepiece is not
needed to read it.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

from xstilts.core.errors import EncoderError

UNIGRAM = 1  # TrainerSpec.ModelType
NORMAL, UNKNOWN, CONTROL, USER_DEFINED, UNUSED, BYTE = range(1, 7)  # SentencePiece.Type


@dataclass(frozen=True, slots=True)
class Piece:
    """One piece: its text, its log probability, and its type."""

    text: str
    score: float
    type: int


@dataclass(frozen=True, kw_only=True)
class SentencePieceModel:
    """What a file says.

    Attributes:
        charsmap: the compiled rules of normalisation; b"" where text is left as it is.
        dummy_prefix: whether a text begins with a blank.
    """

    pieces: tuple[Piece, ...]
    model_type: int
    charsmap: bytes
    dummy_prefix: bool

    @property
    def unknown(self) -> int | None:
        """The id of the unknown piece."""
        return next((number for number, piece in enumerate(self.pieces) if piece.type == UNKNOWN), None)

    @property
    def falls_back_to_bytes(self) -> bool:
        return any(piece.type == BYTE for piece in self.pieces)


def read_model(path: Path) -> SentencePieceModel:
    """Return the model in a file. Raises EncoderError where it is none."""
    try:
        return _model(path.read_bytes())
    except (OSError, ValueError, IndexError, KeyError, struct.error) as error:
        raise EncoderError("this is not a whole model of SentencePiece.", where=str(path)) from error


def _model(content: bytes) -> SentencePieceModel:
    pieces, trainer, normalizer = [], {}, {}
    for number, value in fields(content):
        if number == 1:
            piece = dict(fields(value))
            [score] = struct.unpack("<f", piece.get(2, bytes(4)))
            pieces.append(Piece(piece[1].decode(), score, int(piece.get(3, NORMAL))))
        elif number == 2:
            trainer = dict(fields(value))
        elif number == 3:
            normalizer = dict(fields(value))
    if not (pieces and trainer and normalizer):  # these follow the pieces, so a file that is cut lacks them
        raise ValueError("it is not whole")
    return SentencePieceModel(
        pieces=tuple(pieces),
        model_type=int(trainer.get(3, UNIGRAM)),
        charsmap=normalizer.get(2, b""),
        dummy_prefix=bool(normalizer.get(3, True)),
    )


def fields(message: bytes) -> Iterator[tuple[int, Any]]:
    """Yield (number, value) of the fields of a message: numbers, and bytes of everything else. Raises ValueError or
    IndexError where it is none."""
    stream = BytesIO(message)
    sizes = {1: 8, 5: 4}
    while stream.tell() < len(message):
        key = _varint(stream)
        kind = key & 7
        if kind == 0:
            yield key >> 3, _varint(stream)
            continue
        size = _varint(stream) if kind == 2 else sizes.get(kind, -1)
        value = stream.read(size) if 0 <= size <= len(message) else b""
        if len(value) != size:
            raise ValueError("a field ends behind the message")
        yield key >> 3, value


def _varint(stream: BytesIO) -> int:
    value = shift = 0
    while True:
        byte = stream.read(1)[0]
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return value
