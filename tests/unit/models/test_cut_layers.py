"""Cut encoders: their last state is the state of that layer of the whole, in every class; heads and tokenizer stay."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from tiny_encoders import published, ragged
from xstilts.core.errors import EncoderError
from xstilts.models.cut_layers import check_layers, keep_layers
from xstilts.nn.encoder import Encoder

# Classes whose last state is that of their last block: others have a norm after it, which a cut encoder keeps.
PLAIN = ("xlm-roberta", "bert", "electra", "distilbert", "deberta-v2")


def whole(folder: Path, name: str) -> Path:
    published(folder, name)
    (folder / "tokenizer.json").write_text('{"a": 1}')
    return folder


@pytest.mark.parametrize("layers", [1, 2, 3])
@pytest.mark.parametrize("name", PLAIN)
@pytest.mark.filterwarnings("ignore::xstilts.nn.encoder.PaddedEncoder")
def test_the_last_state_of_a_cut_encoder_is_that_layer_of_the_whole(name: str, layers: int, tmp_path: Path):
    folder = whole(tmp_path / "whole", name)
    keep_layers(folder, range(1, layers + 1), tmp_path / "cut")
    cut, full = Encoder.load(tmp_path / "cut").eval(), Encoder.load(folder).eval()
    batch = ragged([7, 3])
    with torch.no_grad():
        expected_TD = full(batch, layers=(layers,)).layers[layers]
        assert cut.num_layers == layers
        torch.testing.assert_close(cut(batch).last_TD, expected_TD, atol=1e-5, rtol=1e-5)
    assert cut.own_head_weights.keys() == full.own_head_weights.keys()
    assert all(torch.equal(cut.own_head_weights[name], tensor) for name, tensor in full.own_head_weights.items())
    assert (tmp_path / "cut" / "tokenizer.json").read_text() == '{"a": 1}'


def test_lists_that_say_something_of_each_layer_are_cut_as_well(tmp_path: Path):
    folder = whole(tmp_path / "whole", "modernbert")
    keep_layers(folder, [1, 2], tmp_path / "cut")
    assert Encoder.load(tmp_path / "cut").num_layers == 2
    blocks = [name for name in Encoder.load(tmp_path / "cut").state_dict() if "layers.2." in name]
    assert not blocks


def test_more_layers_than_there_are_name_both_numbers(tmp_path: Path):
    with pytest.raises(EncoderError, match="has 3 layers, of which 4 cannot be kept") as error:
        keep_layers(whole(tmp_path / "whole", "bert"), [1, 4], tmp_path / "cut")
    assert "3 or fewer" in str(error.value)
    check_layers({}, 4, "one that is not here yet")


def test_chosen_layers_are_those_blocks(tmp_path: Path):
    folder = whole(tmp_path / "whole", "bert")
    keep_layers(folder, [1, 3], tmp_path / "cut")
    cut, full = Encoder.load(tmp_path / "cut").state_dict(), Encoder.load(folder).state_dict()
    for name in [name for name in cut if "layer.1." in name]:
        assert torch.equal(cut[name], full[name.replace("layer.1.", "layer.2.")]), name
    assert len([name for name in cut if "layer.1." in name]) > 4
