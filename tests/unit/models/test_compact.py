import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from transformers import AutoModel, AutoModelForMaskedLM

import toy_training
from xstilts.core.errors import EncoderError
from xstilts.core.free_places import check_free_folder
from xstilts.data.locate import Roots
from xstilts.engine.backends.inline import Inline
from xstilts.engine.runner import execute
from xstilts.engine.store import Store
from xstilts.kinds.tokenizers import load_tokenizer
from xstilts.models import bundled
from xstilts.models.compact import RECORD, four_bits, from_four_bits, int8_rows, pack, unpack
from xstilts.models.encoders import find_encoder
from xstilts.pipeline.steps.encoder import packaged_encoders


@pytest.fixture(scope="module")
def ordinary(tmp_path_factory):
    return toy_training.encoder_folder(tmp_path_factory.mktemp("encoder"))


@settings(max_examples=60, deadline=None)
@given(hnp.arrays(np.float32, (3, 5), elements=st.floats(-30, 30, width=32)))
def test_rows_are_close_and_packing_them_again_changes_nothing(matrix):
    rows, scales = int8_rows(matrix)
    again = rows.astype(np.float32) * scales[:, None]
    assert np.all(np.abs(again - matrix) <= scales[:, None] * 0.501 + 1e-27)
    rows_again, scales_again = int8_rows(again)
    assert np.array_equal(rows, rows_again)
    assert np.array_equal(scales, scales_again)


@settings(max_examples=60, deadline=None)
@given(hnp.arrays(np.float32, (3, 64), elements=st.floats(-30, 30, width=16)))
def test_four_bits_are_close_and_packing_them_again_changes_nothing(matrix):
    halves, scales = four_bits(matrix)
    assert halves.nbytes + scales.nbytes == matrix.size * 4.5 / 8
    again = from_four_bits(halves, scales)
    largest = np.abs(matrix.reshape(3, 2, 32)).max(axis=2, keepdims=True)
    # At worst half a step, a step being an eighth of the largest number, and the same at the end that -8 leaves out.
    assert np.all(np.abs(again - matrix).reshape(3, 2, 32) <= largest / 8 * 1.01 + 1e-6)
    assert np.array_equal(from_four_bits(*four_bits(again)), again)


def test_four_bits_are_read_as_they_are_laid_out():
    number = np.arange(32)
    block = ((number % 16) - 8).astype(np.float32) * 0.5
    halves, scales = four_bits(block[None])
    assert scales.tolist() == [[0.5]]
    assert [int(byte) & 15 for byte in halves[0]] == list(range(16)) == [int(byte) >> 4 for byte in halves[0]]


@pytest.mark.parametrize(("bits", "table_bits"), [(4, None), (8, 4)])
def test_four_bits_of_an_encoder_are_its_weights_nearly(tmp_path, bits, table_bits):
    ordinary = toy_training.encoder_folder(tmp_path / "ordinary", width=32)
    eight = pack(ordinary, tmp_path / "eight")
    record = pack(ordinary, tmp_path / "packed", bits=bits, table_bits=table_bits)
    assert eight["rounding"] < record["rounding"] < 0.15
    unpack(tmp_path / "packed", tmp_path / "out")
    before, after = (AutoModel.from_pretrained(folder).state_dict() for folder in (ordinary, tmp_path / "out"))
    assert all(before[name].shape == after[name].shape for name in before)
    assert pack(tmp_path / "out", tmp_path / "again", bits=bits, table_bits=table_bits)["rounding"] == 0.0


def test_an_unpacked_encoder_is_an_ordinary_folder(ordinary, tmp_path):
    record = pack(ordinary, tmp_path / "packed")
    unpack(tmp_path / "packed", tmp_path / "out")
    AutoModelForMaskedLM.from_pretrained(tmp_path / "out")
    before, after = (AutoModel.from_pretrained(folder).state_dict() for folder in (ordinary, tmp_path / "out"))
    shipped = [name for name in before if "pooler" not in name]  # drawn anew by the class
    worst = max(float((before[name] - after[name]).norm() / before[name].norm().clamp_min(1e-6)) for name in shipped)
    assert before.keys() == after.keys()
    assert 0 < worst < 0.02 and 0 < record["rounding"] < 0.02
    text = "the sunny day"
    assert load_tokenizer(tmp_path / "out").encode(text).ids == load_tokenizer(ordinary).encode(text).ids


def test_packing_is_the_same_bytes_and_survives_a_round(ordinary, tmp_path):
    first = pack(ordinary, tmp_path / "a")
    unpack(tmp_path / "a", tmp_path / "b")
    assert pack(ordinary, tmp_path / "c") == first
    second = pack(tmp_path / "b", tmp_path / "d")
    assert second["files"] == first["files"] and second["rounding"] == 0.0


def test_too_large(ordinary, tmp_path):
    with pytest.raises(EncoderError, match="more than 1,000"):
        pack(ordinary, tmp_path / "packed", limit=1000)


def test_a_damaged_a_missing_and_an_unknown_file(ordinary, tmp_path):
    packed = tmp_path / "packed"
    pack(ordinary, packed)
    weights = packed / "weights.safetensors"
    whole = weights.read_bytes()
    weights.write_bytes(whole[:-1])
    with pytest.raises(EncoderError, match="damaged"):
        unpack(packed, tmp_path / "out")
    weights.unlink()
    with pytest.raises(EncoderError, match="missing"):
        unpack(packed, tmp_path / "out")
    weights.write_bytes(whole)
    record = json.loads((packed / "packed.json").read_text())
    (packed / "packed.json").write_text(json.dumps({**record, "format": 9}))
    with pytest.raises(EncoderError, match="format 9"):
        unpack(packed, tmp_path / "out")


def test_what_a_kill_left_of_a_packed_encoder_is_written_again(ordinary, tmp_path, monkeypatch):
    def killed(*arguments, **named):
        raise KeyboardInterrupt

    pack(ordinary, tmp_path / "whole")
    for earlier in (False, True):
        monkeypatch.setattr("lzma.compress", killed)
        with pytest.raises(KeyboardInterrupt):
            pack(ordinary, tmp_path / "packed")
        monkeypatch.undo()
        check_free_folder(tmp_path / "packed", mark=RECORD)
        assert not (tmp_path / "packed" / RECORD).exists(), earlier
        pack(ordinary, tmp_path / "packed")
        written = {path.name: path.read_bytes() for path in (tmp_path / "packed").iterdir()}
        assert written == {path.name: path.read_bytes() for path in (tmp_path / "whole").iterdir()}


def test_a_packed_encoder_is_found_by_name_and_unpacked_into_the_store(ordinary, tmp_path, monkeypatch):
    pack(ordinary, tmp_path / "home" / "toy")
    monkeypatch.setattr(bundled, "HOME", tmp_path / "home")
    roots = Roots(store=tmp_path / "store", offline=True)
    found = find_encoder("toy", roots, packaged_encoders())
    store = Store(roots.store)
    assert execute([found.step], store, backend=Inline(device="cpu", threads=1)).exit_code == 0
    AutoModel.from_pretrained(store.path(found.step))
