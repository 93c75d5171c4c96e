"""Headers of safetensors files: names, types and shapes of all tensors, without reading a weight or loading torch.

A file is the size of its header (8 bytes), the header (JSON: name -> dtype, shape, data_offsets), and the bytes of the
tensors, one after another to the end of the file.
"""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, BinaryIO

from xstilts.core.errors import EncoderError
from xstilts.core.files import not_a_file, read_settings

WEIGHTS = "model.safetensors"
INDEX = "model.safetensors.index.json"
_LARGEST_HEADER = 100_000_000  # bytes, as in the format's own reader
_BITS = {
    "BOOL": 8, "U8": 8, "I8": 8, "F8_E5M2": 8, "F8_E4M3": 8, "F8_E8M0": 8, "I16": 16, "U16": 16, "F16": 16, "BF16": 16,
    "I32": 32, "U32": 32, "F32": 32, "I64": 64, "U64": 64, "F64": 64, "C64": 64, "F4": 4, "F6_E2M3": 6, "F6_E3M2": 6,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class TensorHeader:
    """What a file says of one tensor. `dtype` as the format calls it ("F32", "BF16")."""

    dtype: str
    shape: tuple[int, ...]


def weight_files(folder: Path) -> list[Path]:
    """Return the files that hold the weights of an encoder: one, or the shards that the index names.

    Raises EncoderError where there are none, where the index cannot be read, and for a shard that is not there."""
    if (folder / WEIGHTS).exists():
        return [folder / WEIGHTS]
    if (folder / INDEX).exists():
        return _shards(folder)
    files = sorted(folder.glob("model*.safetensors"))
    if not files:
        pickled = sorted(path.name for path in folder.glob("*.bin"))
        hint = f"{pickled[0]} is a pickle and is not read; convert it to safetensors." if pickled else None
        raise EncoderError(f"'{folder}' has no {WEIGHTS}.", value=str(folder), hint=hint)
    raise EncoderError(f"'{files[0].name}' is a part of the weights, and {INDEX} says of no other.", where=str(folder))


def _shards(folder: Path) -> list[Path]:
    path = folder / INDEX
    index = read_settings(path)
    tensors = index.get("weight_map")
    if not isinstance(tensors, dict) or not tensors:
        raise EncoderError("`weight_map` should name the file of every tensor.", where=str(path))
    if not isinstance(index.get("metadata"), dict):  # which `transformers` asks for
        raise EncoderError("`metadata` should be values by name, as {}.", where=str(path))
    names = sorted({str(name) for name in tensors.values()})
    for name in names:
        if "/" in name or "\\" in name or not name.endswith(".safetensors"):
            raise EncoderError(f"'{name}' is not the name of a safetensors file in this folder.", where=str(path))
        if not (folder / name).is_file():
            held = sum(file == name for file in tensors.values())
            raise EncoderError(
                f"'{name}' is not there; it should hold {held} of the {len(tensors)} tensors.", where=str(path)
            )
    found = {name: sorted(read_header(folder / name)) for name in names}
    for tensor, name in tensors.items():
        if tensor not in found[str(name)]:
            raise EncoderError(
                f"'{name}' does not hold the tensor '{tensor}', as {INDEX} says.", where=str(folder / str(name))
            )
    return [folder / name for name in names]


def read_headers(folder: Path) -> dict[str, TensorHeader]:
    """Return what all weight files of a folder say of their tensors, by name. Raises as `weight_files` and
    `read_header`."""
    return {name: tensor for file in weight_files(folder) for name, tensor in read_header(file).items()}


def read_header(path: Path) -> dict[str, TensorHeader]:
    """Return what a safetensors file says of its tensors, by name.

    Raises EncoderError where it is no such file, is cut, or says what cannot be."""
    if problem := not_a_file(path):
        raise EncoderError(f"{problem}.", where=str(path))
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            header, start = _parsed(file, size, path)
    except OSError as error:
        raise EncoderError(f"the file cannot be read ({error.strerror}).", where=str(path)) from error
    tensors, ranges = {}, []
    for name, value in header.items():
        if name != "__metadata__":
            tensors[name], (first, last) = _tensor(name, value, path)
            ranges.append((first, last, name))
    _check_ranges(sorted(ranges), size - start, path)
    return tensors


def _parsed(file: BinaryIO, size: int, path: Path) -> tuple[Mapping[str, Any], int]:
    """Return the header, and where the tensors begin."""
    begin = file.read(64)
    if (known := _other_content(begin)) is not None:
        raise EncoderError(f"this is {known}, not weights as safetensors.", where=str(path))
    if len(begin) < 8:
        raise EncoderError(f"the file is cut: {size} bytes are no safetensors file.", where=str(path))
    [length] = struct.unpack("<Q", begin[:8])
    if length > _LARGEST_HEADER or begin[8:9] != b"{":
        raise EncoderError("this is not a safetensors file: it does not begin with a header.", where=str(path))
    if 8 + length > size:
        raise EncoderError(f"the file is cut: {size:,} bytes, with a header of {length:,}.", where=str(path))
    file.seek(8)
    try:
        header = json.loads(file.read(length))
    except (ValueError, RecursionError) as error:
        raise EncoderError("this is not a safetensors file: its header is not JSON.", where=str(path)) from error
    if not isinstance(header, dict):
        raise EncoderError("this is not a safetensors file: its header does not name tensors.", where=str(path))
    return header, 8 + length


def _other_content(begin: bytes) -> str | None:
    """Return what a file is that is often found in the place of weights, None for anything else."""
    if begin[4:9] == b"\0\0\0\0{":  # a header after its size, whose first bytes may be any: 640 begins as a pickle does
        return None
    text = begin.lstrip().lower()
    if not begin:
        return "an empty file"
    if text.startswith(b"version https://git-lfs"):
        return "a pointer of Git LFS (`git lfs pull` fetches the file)"
    if text.startswith((b"<!doctype", b"<html")):
        return "a web page"
    return "a pickle or an archive of pickles" if begin.startswith((b"PK\x03\x04", b"\x80\x02")) else None


def _tensor(name: str, value: Any, path: Path) -> tuple[TensorHeader, tuple[int, int]]:
    match value:
        case {"dtype": str(dtype), "shape": list(shape), "data_offsets": [int(first), int(last)]} if (
            dtype in _BITS and all(type(side) is int and side >= 0 for side in shape) and 0 <= first <= last
        ):
            bits = math.prod(shape) * _BITS[dtype]
            if bits == 8 * (last - first):
                return TensorHeader(dtype, tuple(shape)), (first, last)
            raise EncoderError(
                f"the header says {last - first:,} bytes of '{name}', which as {dtype} of {shape} has {bits // 8:,}.",
                where=str(path),
            )
    raise EncoderError(f"the header does not say type, shape and place of the tensor '{name}'.", where=str(path))


def _check_ranges(ranges: list[tuple[int, int, str]], size: int, path: Path) -> None:
    """Raise EncoderError where the tensors do not fill the rest of the file, one after another."""
    last, name = max(((last, name) for _, last, name in ranges), default=(0, ""))
    if last > size:
        raise EncoderError(
            f"the file is cut: '{name}' should end {last:,} bytes after the header, and {size:,} are there.",
            where=str(path),
            hint="Copy or fetch it again.",
        )
    for (_, before, _), (first, _, name) in pairwise([(0, 0, ""), *ranges, (size, size, "the end of the file")]):
        if before != first:
            raise EncoderError(
                f"the tensors do not lie one after another: one ends at byte {before:,}, and at {first:,} is '{name}'.",
                where=str(path),
            )
