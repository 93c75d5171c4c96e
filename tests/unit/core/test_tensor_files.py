"""Headers of safetensors files: what the format's own writer writes is read, and nothing that is cut or made up."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from safetensors.numpy import save

from xstilts.core.errors import EncoderError
from xstilts.core.tensor_files import TensorHeader, read_header, weight_files

TYPES = {"F32": "float32", "F16": "float16", "F64": "float64", "I64": "int64", "U8": "uint8", "BOOL": "bool"}
shapes = st.lists(st.integers(0, 4), max_size=3).map(tuple)
tensors = st.dictionaries(st.text("abc.", min_size=1, max_size=6), st.tuples(st.sampled_from(sorted(TYPES)), shapes))
here = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)


def written(path: Path, content: dict[str, tuple[str, tuple[int, ...]]]) -> bytes:
    path.write_bytes(save({name: np.zeros(shape, TYPES[dtype]) for name, (dtype, shape) in content.items()}))
    return path.read_bytes()


@here
@given(content=tensors)
def test_the_formats_own_files_are_read(content: dict[str, tuple[str, tuple[int, ...]]], tmp_path: Path) -> None:
    written(tmp_path / "x", content)
    assert read_header(tmp_path / "x") == {name: TensorHeader(*value) for name, value in content.items()}


@here
@given(content=tensors, share=st.floats(0, 0.999))
def test_a_cut_file_is_refused(content: dict[str, tuple[str, tuple[int, ...]]], share: float, tmp_path: Path) -> None:
    whole = written(tmp_path / "x", content)
    (tmp_path / "x").write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(EncoderError, match=r"cut|empty file|not a safetensors"):
        read_header(tmp_path / "x")


@here
@given(size=st.integers(0, 2000))
@example(size=640 - len(json.dumps({"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}})))  # b"\x80\x02"
def test_a_header_may_have_any_size(size: int, tmp_path: Path) -> None:
    text = json.dumps({"a": GOOD}).encode() + b" " * size
    (tmp_path / "x").write_bytes(struct.pack("<Q", len(text)) + text + bytes(8))
    assert read_header(tmp_path / "x") == {"a": TensorHeader("F32", (2,))}


GOOD = {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ({"a": {**GOOD, "dtype": "F33"}}, "does not say type, shape and place of the tensor 'a'"),
        ({"a": {**GOOD, "shape": [-2]}}, "does not say"),
        ({"a": {**GOOD, "shape": [True, 2]}}, "does not say"),
        ({"a": {**GOOD, "data_offsets": [8, 0]}}, "does not say"),
        ({"a": 7}, "does not say"),
        ({"a": {**GOOD, "shape": [3]}}, "8 bytes of 'a', which as F32 of [3] has 12"),
        ({"a": GOOD, "b": GOOD}, "one after another"),
        ({"a": {**GOOD, "shape": [1], "data_offsets": [4, 8]}}, "one after another"),
        ({"a": {**GOOD, "shape": [1], "data_offsets": [0, 4]}}, "'the end of the file'"),
        ([1], "it does not begin with a header"),
    ],
)
def test_what_cannot_be_is_refused(header: object, said: str, tmp_path: Path) -> None:
    text = json.dumps(header).encode()
    (tmp_path / "x").write_bytes(struct.pack("<Q", len(text)) + text + bytes(8))
    with pytest.raises(EncoderError) as refusal:
        read_header(tmp_path / "x")
    assert said in str(refusal.value) and str(tmp_path / "x") in str(refusal.value)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"version https://git-lfs.github.com/spec/v1\noid", "pointer of Git LFS"),
        (b"\n<!DOCTYPE html><html>", "a web page"),
        (b"PK\x03\x04 and more", "pickle"),
        (struct.pack("<Q", 2**62) + b"{}", "not a safetensors file"),
        (struct.pack("<Q", 4) + b"{a}}", "not JSON"),
    ],
)
def test_other_files_are_called_what_they_are(content: bytes, said: str, tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(content)
    with pytest.raises(EncoderError, match=said):
        read_header(tmp_path / "x")


def test_which_files_hold_the_weights(tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match=r"has no model\.safetensors"):
        weight_files(tmp_path)
    written(tmp_path / "model-1.safetensors", {"a": ("F32", (2,))})
    with pytest.raises(EncoderError, match=r"model-1\.safetensors' is a part"):
        weight_files(tmp_path)
    index = tmp_path / "model.safetensors.index.json"
    for value, said in (
        ({"metadata": {}}, "weight_map"),
        ({"weight_map": {"a": "model-1.safetensors"}}, "metadata"),
        ({"weight_map": {"a": "../x.safetensors"}}, "not the name of a safetensors file in this folder"),
        ({"weight_map": {"a": "model-1.safetensors", "b": "model-2.safetensors"}}, "1 of the 2 tensors"),
        ({"weight_map": {"b": "model-1.safetensors"}}, "does not hold the tensor 'b'"),
    ):
        index.write_text(json.dumps(value if said == "metadata" else {"metadata": {}, **value}))
        with pytest.raises(EncoderError, match=said):
            weight_files(tmp_path)
    index.write_text(json.dumps({"metadata": {}, "weight_map": {"a": "model-1.safetensors"}}))
    assert weight_files(tmp_path) == [tmp_path / "model-1.safetensors"]
    written(tmp_path / "model.safetensors", {})
    assert weight_files(tmp_path) == [tmp_path / "model.safetensors"]
