"""The compact form in which an encoder is shipped inside the package, and the way back to an ordinary folder.

A packed folder holds
    config.json, tokenizer_config.json   as they were
    tokenizer.json.xz                    compressed
    weights.safetensors                  matrices as int8 rows with one scale a row (`<name>` and `<name>|scale`), or in
                                         4 bits (`<name>|halves` and `<name>|scales`, see `four_bits`); the rest float16
    packed.json                          {"format", "files": {name: sha-256}, "bytes", "rounding"}
"""

from __future__ import annotations

import lzma
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xstilts.core.errors import EncoderError
from xstilts.core.files import read_json, write_json
from xstilts.core.fingerprints import file_fingerprint
from xstilts.core.free_places import marked_last
from xstilts.core.io_errors import writing

FORMAT = 1
LIMIT = 24_000_000  # bytes that the package carries for one encoder at most
RECORD = "packed.json"
_TOKENIZER = "tokenizer.json.xz"
_PLAIN = ("config.json", "tokenizer_config.json")
BLOCK = 32  # numbers that share a scale in 4 bits
_SCALE, _HALVES, _SCALES = "|scale", "|halves", "|scales"
_SMALLEST = np.float32(1e-30)  # of a scale; smaller rows are taken as zero


def pack(
    folder: Path, out: Path, limit: int = LIMIT, *, bits: int = 8, table_bits: int | None = None
) -> dict[str, Any]:
    """Write the packed form of an ordinary encoder folder (fp32 safetensors in one file) to `out` and return the
    content of packed.json; `rounding` is the largest relative error of a matrix (Frobenius norm).

    Args:
        bits: of a number of a matrix, 8 or 4.
        table_bits: the same of the embedding table; None: as the others.

    The same folder gives the same bytes. Raises EncoderError when it becomes larger than `limit` bytes."""
    from safetensors.numpy import load_file, save_file

    tensors = load_file(folder / "model.safetensors")
    pieces = read_json(folder / "config.json")["vocab_size"]
    packed: dict[str, NDArray] = {}
    rounding = 0.0
    for name, tensor in sorted(tensors.items()):
        if tensor.ndim == 2 and tensor.dtype.kind == "f":
            chosen = (table_bits or bits) if len(tensor) == pieces else bits
            parts = _packed_matrix(name, tensor.astype(np.float32), chosen)
            packed |= parts
            off = np.linalg.norm(_unpacked(name, parts) - tensor) / max(float(np.linalg.norm(tensor)), 1e-12)
            rounding = max(rounding, float(off))
        else:
            packed[name] = tensor.astype(np.float16) if tensor.dtype.kind == "f" else tensor
    with writing(out), marked_last(out, RECORD):
        for name in _PLAIN:
            shutil.copyfile(folder / name, out / name)
        text = (folder / "tokenizer.json").read_bytes()
        (out / _TOKENIZER).write_bytes(lzma.compress(text, preset=9 | lzma.PRESET_EXTREME))
        save_file(packed, out / "weights.safetensors")
        files = [out / name for name in (*_PLAIN, _TOKENIZER, "weights.safetensors")]
        size = sum(path.stat().st_size for path in files)
        if size > limit:
            raise EncoderError(f"Packed, this encoder has {size:,} bytes, more than {limit:,}.", where=str(out))
        digests = {path.name: file_fingerprint(path) for path in files}
        record = {"format": FORMAT, "files": digests, "bytes": size, "rounding": round(rounding, 6)}
        write_json(out / RECORD, record)
    return record


def unpack(folder: Path, out: Path) -> None:
    """Write the ordinary folder: config.json, model.safetensors (fp32), the tokenizer. Raises EncoderError when a file
    is missing or is not what was packed."""
    from safetensors.numpy import load_file, save_file

    for name, digest in read_record(folder)["files"].items():
        path = folder / name
        if not path.is_file() or file_fingerprint(path) != digest:
            raise EncoderError(
                f"'{name}' of a packaged encoder is {'damaged' if path.is_file() else 'missing'}.",
                where=str(folder),
                hint="Install the package again.",
            )
    packed = load_file(folder / "weights.safetensors")
    tensors = {}
    for name in dict.fromkeys(name.partition("|")[0] for name in packed):
        tensors[name] = _unpacked(name, packed)
    with writing(out):
        out.mkdir(parents=True, exist_ok=True)
        for name in _PLAIN:
            shutil.copyfile(folder / name, out / name)
        unpack_tokenizer(folder, out)
        save_file(tensors, out / "model.safetensors", metadata={"format": "pt"})


def unpack_tokenizer(folder: Path, out: Path) -> None:
    """Write tokenizer.json alone."""
    (out / "tokenizer.json").write_bytes(lzma.decompress((folder / _TOKENIZER).read_bytes()))


def read_record(folder: Path) -> Mapping[str, Any]:
    """Return the content of packed.json. Raises EncoderError for a format this version does not know."""
    record = read_json(folder / RECORD)
    if record.get("format") != FORMAT:
        raise EncoderError(
            f"This packaged encoder has format {record.get('format')}; this version reads {FORMAT}.", where=str(folder)
        )
    return record


def int8_rows(matrix_RC: NDArray[np.float32]) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Return whole numbers [R, C] and scales [R]: a row is its numbers times its scale. A scale has 11 significant
    bits, so that 127 times it is exact and packing what was unpacked changes nothing."""
    mantissa_R, exponent_R = np.frexp(np.abs(matrix_RC).max(axis=1) / np.float32(127))
    scale_R = np.ldexp(np.ceil(mantissa_R * 2048), exponent_R - 11).astype(np.float32)
    scale_R[scale_R < _SMALLEST] = 0.0
    divisor_R = np.where(scale_R == 0, 1, scale_R).astype(np.float32)
    rows_RC = np.where(scale_R[:, None] == 0, 0, matrix_RC / divisor_R[:, None])
    return np.rint(rows_RC).astype(np.int8), scale_R


def four_bits(matrix_RC: NDArray[np.float32]) -> tuple[NDArray[np.uint8], NDArray[np.float16]]:
    """Return halves of bytes [R, C/2] and scales [R, C/32] of a matrix whose width C is a multiple of 32.

    Blocks of 32 numbers share a scale; byte j of a block holds number j in its low half and number j + 16 in its high
    half; a number is (half - 8) * scale. The scale is the one of two whose squared error is smaller: those that make
    the number of largest magnitude -8 or -7. Packing what was unpacked changes no number.

    >>> four_bits(np.array([[0.5, -1.0] * 16], dtype=np.float32))[1].tolist()
    [[0.125]]
    """
    blocks_RBW = matrix_RC.reshape(len(matrix_RC), -1, BLOCK)
    largest_RB1 = np.take_along_axis(blocks_RBW, np.abs(blocks_RBW).argmax(axis=2)[..., None], axis=2)
    best_RBW = np.zeros(blocks_RBW.shape, dtype=np.uint8)
    scale_RB1 = np.zeros(largest_RB1.shape, dtype=np.float16)
    error_RB1 = np.full(largest_RB1.shape, np.inf, dtype=np.float32)
    for whole in (-8.0, -7.0):
        tried_RB1 = (largest_RB1 / np.float32(whole)).astype(np.float16)
        divisor_RB1 = np.where(tried_RB1 == 0, 1, tried_RB1).astype(np.float32)
        halves_RBW = np.clip(np.rint(blocks_RBW / divisor_RB1), -8, 7)
        off_RB1 = np.square(halves_RBW * tried_RB1.astype(np.float32) - blocks_RBW).sum(axis=2, keepdims=True)
        better_RB1 = off_RB1 < error_RB1
        best_RBW = np.where(better_RB1, halves_RBW + 8, best_RBW).astype(np.uint8)
        scale_RB1 = np.where(better_RB1, tried_RB1, scale_RB1)
        error_RB1 = np.minimum(off_RB1, error_RB1)
    low_RBH, high_RBH = best_RBW[..., : BLOCK // 2], best_RBW[..., BLOCK // 2 :]
    halves_RBH = (low_RBH | high_RBH << 4).astype(np.uint8)
    return halves_RBH.reshape(len(matrix_RC), -1), scale_RB1[..., 0]


def from_four_bits(halves_RH: NDArray[np.uint8], scale_RB: NDArray[np.float16]) -> NDArray[np.float32]:
    """Return the matrix [R, C] of `four_bits`."""
    bytes_RBH = halves_RH.reshape(len(halves_RH), -1, BLOCK // 2)
    numbers_RBW = np.concatenate([bytes_RBH & 15, bytes_RBH >> 4], axis=2).astype(np.float32) - 8
    return (numbers_RBW * scale_RB.astype(np.float32)[..., None]).reshape(len(halves_RH), -1)


def _packed_matrix(name: str, matrix_RC: NDArray[np.float32], bits: int) -> dict[str, NDArray]:
    """Return the tensors that stand for a matrix; one whose width is no multiple of 32 is not cut into blocks."""
    if bits == 4 and matrix_RC.shape[1] % BLOCK == 0:
        halves_RH, scale_RB = four_bits(matrix_RC)
        return {name + _HALVES: halves_RH, name + _SCALES: scale_RB}
    rows_RC, scale_R = int8_rows(matrix_RC)
    return {name: rows_RC, name + _SCALE: scale_R}


def _unpacked(name: str, packed: Mapping[str, NDArray]) -> NDArray:
    if name + _HALVES in packed:
        return from_four_bits(packed[name + _HALVES], packed[name + _SCALES])
    tensor = packed[name]
    if name + _SCALE in packed:
        return tensor.astype(np.float32) * packed[name + _SCALE][:, None]
    return tensor.astype(np.float32) if tensor.dtype.kind == "f" else tensor
