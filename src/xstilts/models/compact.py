"""The compact form in which an encoder is shipped inside the package, and the way back to an ordinary folder.

A packed folder holds
    config.json, tokenizer_config.json   as they were
    tokenizer.json.xz                    compressed
    weights.safetensors                  matrices as int8 rows with one scale a row (`<name>` and `<name>|scale`), the
                                         rest as float16
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
from xstilts.core.files import file_fingerprint, read_json, write_json
from xstilts.core.io_errors import writing

FORMAT = 1
LIMIT = 24_000_000  # bytes that the package carries for one encoder at most
RECORD = "packed.json"
_PLAIN = ("config.json", "tokenizer_config.json")
_SCALE = "|scale"
_SMALLEST = np.float32(1e-30)  # of a scale; smaller rows are taken as zero


def pack(folder: Path, out: Path, limit: int = LIMIT) -> dict[str, Any]:
    """Write the packed form of an ordinary encoder folder (fp32 safetensors in one file) to `out` and return the
    content of packed.json; `rounding` is the largest relative error of a matrix (Frobenius norm).

    The same folder gives the same bytes. Raises EncoderError when it becomes larger than `limit` bytes."""
    from safetensors.numpy import load_file, save_file

    tensors = load_file(folder / "model.safetensors")
    packed: dict[str, NDArray] = {}
    rounding = 0.0
    for name, tensor in sorted(tensors.items()):
        if tensor.ndim == 2 and tensor.dtype.kind == "f":
            rows, scales = int8_rows(tensor.astype(np.float32))
            packed[name], packed[name + _SCALE] = rows, scales
            off = np.linalg.norm(_matrix(rows, scales) - tensor) / max(float(np.linalg.norm(tensor)), 1e-12)
            rounding = max(rounding, float(off))
        else:
            packed[name] = tensor.astype(np.float16) if tensor.dtype.kind == "f" else tensor
    with writing(out):
        out.mkdir(parents=True, exist_ok=True)
        for name in _PLAIN:
            shutil.copyfile(folder / name, out / name)
        text = (folder / "tokenizer.json").read_bytes()
        (out / "tokenizer.json.xz").write_bytes(lzma.compress(text, preset=9 | lzma.PRESET_EXTREME))
        save_file(packed, out / "weights.safetensors")
    files = [out / name for name in (*_PLAIN, "tokenizer.json.xz", "weights.safetensors")]
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
    for name, tensor in packed.items():
        if name + _SCALE in packed:
            tensors[name] = _matrix(tensor, packed[name + _SCALE])
        elif not name.endswith(_SCALE):
            tensors[name] = tensor.astype(np.float32) if tensor.dtype.kind == "f" else tensor
    with writing(out):
        out.mkdir(parents=True, exist_ok=True)
        for name in _PLAIN:
            shutil.copyfile(folder / name, out / name)
        (out / "tokenizer.json").write_bytes(lzma.decompress((folder / "tokenizer.json.xz").read_bytes()))
        save_file(tensors, out / "model.safetensors", metadata={"format": "pt"})


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


def _matrix(rows_RC: NDArray[np.int8], scale_R: NDArray[np.float32]) -> NDArray[np.float32]:
    return rows_RC.astype(np.float32) * scale_R[:, None]
