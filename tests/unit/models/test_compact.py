import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from transformers import AutoModel, AutoModelForMaskedLM

import toy_training
from xstilts.core.errors import EncoderError
from xstilts.data.locate import Roots
from xstilts.engine.backends.inline import Inline
from xstilts.engine.runner import execute
from xstilts.engine.store import Store
from xstilts.kinds.tokenizers import load_tokenizer
from xstilts.models import bundled
from xstilts.models.compact import int8_rows, pack, unpack
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


def test_a_packed_encoder_is_found_by_name_and_unpacked_into_the_store(ordinary, tmp_path, monkeypatch):
    pack(ordinary, tmp_path / "home" / "toy")
    monkeypatch.setattr(bundled, "HOME", tmp_path / "home")
    roots = Roots(store=tmp_path / "store", offline=True)
    found = find_encoder("toy", roots, packaged_encoders())
    store = Store(roots.store)
    assert execute([found.step], store, backend=Inline(device="cpu", threads=1)).exit_code == 0
    AutoModel.from_pretrained(store.path(found.step))
