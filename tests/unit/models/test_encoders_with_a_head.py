"""Whether an encoder brings a masked-LM head is known before anything is trained, and as loading it would say."""

from __future__ import annotations

import warnings
from pathlib import Path

import pytest
from safetensors.torch import load_file, save_file

from tiny_encoders import published
from xstilts.core.tensor_files import read_headers
from xstilts.heads.own_head import load_own_head
from xstilts.kinds.minimal_pairs import MinimalPairs
from xstilts.models.encoders import LocatedEncoder
from xstilts.models.own_head import brings_head, has_own_head
from xstilts.nn.encoder import Encoder
from xstilts.pipeline.steps.cut_encoder import first_layers
from xstilts.pipeline.steps.encoder import packaged_encoders
from xstilts.study.phase import EncoderRef

CLASSES = ["xlm-roberta", "roberta", "camembert", "bert", "electra", "modernbert", "distilbert", "deberta-v2", "mpnet"]


@pytest.mark.parametrize("name", [*CLASSES, "rembert"])
@pytest.mark.parametrize("cut", [False, True])
def test_it_is_what_loading_says(name: str, cut: bool, tmp_path: Path):
    published(tmp_path, name)
    if cut:
        path = tmp_path / "model.safetensors"
        bare = {n: t for n, t in load_file(path).items() if n.split(".")[0] not in HEADS}
        save_file(bare, path, metadata={"format": "pt"})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        loaded = load_own_head(MinimalPairs(), Encoder.load(tmp_path)) is not None
    assert brings_head(tmp_path, read_headers(tmp_path)) is loaded
    assert loaded is (not cut and name != "rembert")


HEADS = (
    "lm_head", "cls", "generator_predictions", "generator_lm_head", "head", "decoder", "vocab_transform",
    "vocab_layer_norm", "vocab_projector", "lm_predictions",
)  # fmt: skip


def test_the_packaged_encoder_has_none():
    step = packaged_encoders()["tiny-e5"]  # nor has its teacher
    assert has_own_head(LocatedEncoder(ref=EncoderRef(identity="x", name="tiny-e5"), step=step)) is False


def test_nor_has_one_that_is_cut_from_it():
    shape = {"model_type": "bert", "num_hidden_layers": 6}
    whole = LocatedEncoder(
        ref=EncoderRef(identity="x", name="tiny-e5"), step=packaged_encoders()["tiny-e5"], shape=shape
    )
    assert has_own_head(first_layers(whole, 2)) is False


def test_nothing_is_said_of_an_encoder_that_is_not_here():
    assert has_own_head(LocatedEncoder(ref=EncoderRef(identity="x", name="a/b"), is_here=False)) is None
