"""Checkpoints: what is saved comes back, and what does not belong together is refused."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import torch
from transformers import AutoModel

from tiny_encoders import config
from tiny_encoders import encoder as tiny
from xstilts.core.errors import EncoderError, StoreError
from xstilts.heads.registry import head_key, make_head
from xstilts.kinds.choice import Choice
from xstilts.kinds.classification import Classification
from xstilts.nn.encoder import Encoder
from xstilts.train.checkpoint import head_keys, load_encoder, load_head, newer_own_head, save, weight_bytes

KIND = Classification(labels=("a", "b"))


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    start = tmp_path / "start"
    start.mkdir()
    (start / "tokenizer.json").write_text("{}")
    encoder = tiny("xlm-roberta")
    save(tmp_path / "made", encoder, {head_key(KIND): make_head(KIND, encoder)}, start)
    return tmp_path / "made"


def test_weights_come_back(checkpoint: Path) -> None:
    encoder = load_encoder(checkpoint)
    for name, tensor in tiny("xlm-roberta").model.state_dict().items():
        assert torch.equal(tensor, encoder.model.state_dict()[name])
    first, second = (load_head(checkpoint, KIND, encoder) for _ in range(2))
    assert first is not None and second is not None
    for a, b in zip(first.parameters(), second.parameters(), strict=True):
        assert torch.equal(a, b)
    assert load_head(checkpoint, Choice(), encoder) is None
    assert load_head(checkpoint, Classification(labels=("b", "a")), encoder) is None, "the order of labels counts"


def test_the_encoder_is_an_ordinary_folder_and_weights_are_named(checkpoint: Path) -> None:
    AutoModel.from_pretrained(checkpoint / "encoder")
    assert (checkpoint / "encoder" / "tokenizer.json").read_text() == "{}"
    weights = json.loads((checkpoint / "parts.json").read_text())["weights"]
    assert weights == ["encoder/model.safetensors", f"heads/{head_key(KIND)}.safetensors"]
    assert all((checkpoint / name).is_file() for name in weights)


def test_a_checkpoint_from_another_encoder_is_refused(checkpoint: Path, tmp_path: Path) -> None:
    shutil.rmtree(checkpoint / "encoder")
    tiny("bert").save(checkpoint / "encoder")
    with pytest.raises(EncoderError, match=r"another encoder.*model_type xlm-roberta.*holds model_type bert"):
        load_encoder(checkpoint)


def test_a_head_of_another_width_is_refused(checkpoint: Path) -> None:
    narrow = Encoder(AutoModel.from_config(config("xlm-roberta", hidden_size=16), add_pooling_layer=False))
    with pytest.raises(EncoderError, match=r"a head from another encoder: .* is 32 here.*needs 16"):
        load_head(checkpoint, KIND, narrow)


def test_trimmed_weights_are_an_error_that_says_so(checkpoint: Path) -> None:
    encoder = load_encoder(checkpoint)
    (checkpoint / "heads" / f"{head_key(KIND)}.safetensors").unlink()
    with pytest.raises(EncoderError, match=r"cannot be read.*deleted to save space"):
        load_head(checkpoint, KIND, encoder)


@pytest.mark.parametrize("content", ["[]", "{}", '{"weights": null}', '{"weights": [1]}', "{"])
def test_damaged_parts_are_an_error_in_words(checkpoint: Path, content: str) -> None:
    (checkpoint / "parts.json").write_text(content)
    for read in (newer_own_head, weight_bytes):
        with pytest.raises(
            StoreError, match=r"this (should name the `weights` of a checkpoint|is not JSON)"
        ) as refused:
            read(checkpoint)
        assert str(checkpoint / "parts.json") in str(refused.value)


def test_a_plain_encoder_folder_has_no_heads(tmp_path: Path) -> None:
    tiny("bert").save(tmp_path)
    (tmp_path / "tokenizer.json").write_text("{}")
    assert head_keys(tmp_path) == []
    assert load_head(tmp_path, KIND, load_encoder(tmp_path)) is None
