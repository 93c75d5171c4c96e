"""Encoder folders: what is read, what is refused, and what a saved folder gives back."""

from __future__ import annotations

import json

import pytest
import torch
import transformers
from safetensors.torch import load_file, save_file
from transformers import AutoModel, GPT2Config, T5Config

from tiny_encoders import VOCABULARY, config, encoder, published, ragged
from xstilts.core.errors import EncoderError
from xstilts.heads.pretrained_heads import class_config, class_state
from xstilts.heads.registry import make_head
from xstilts.kinds.classification import Classification
from xstilts.kinds.mlm import MaskedLM
from xstilts.nn.encoder import Encoder

NAMES = ("xlm-roberta", "bert", "electra", "modernbert", "distilbert", "deberta-v2")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.filterwarnings("ignore::xstilts.nn.encoder.PaddedEncoder")
def test_a_published_folder_gives_its_states_and_its_language_model(name, tmp_path):
    model = published(tmp_path, name)
    tiny = Encoder.load(tmp_path).eval()
    batch = ragged([14])
    head = make_head(MaskedLM(), tiny).eval()
    with torch.no_grad():
        expected = model(input_ids=batch.ids_T[None]).logits[0]
        batch.segments_T.zero_()
        torch.testing.assert_close(head.part.tokens(tiny(batch).last_TD), expected, atol=2e-5, rtol=1e-5)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.filterwarnings("ignore::xstilts.nn.encoder.PaddedEncoder")
def test_a_saved_folder_is_an_ordinary_one(name, tmp_path):
    published(tmp_path / "a", name)
    tiny = Encoder.load(tmp_path / "a")
    tiny.save(tmp_path / "b")
    (tmp_path / "b" / "tokenizer.json").write_text("{}")
    again = Encoder.load(tmp_path / "b")
    for weight, tensor in tiny.state_dict().items():
        assert torch.equal(again.state_dict()[weight], tensor), weight
    assert tiny.own_head_weights.keys() == again.own_head_weights.keys() and tiny.own_head_weights
    theirs = AutoModel.from_pretrained(tmp_path / "b").state_dict()
    for weight, tensor in tiny.model.state_dict().items():
        assert torch.equal(theirs[weight], tensor), weight
    before, after = (json.loads((tmp_path / part / "config.json").read_text()) for part in "ab")
    assert before["architectures"] == after["architectures"]


def test_the_pretrained_pooler_starts_the_head(tmp_path):
    model = AutoModel.from_config(config("bert"))
    torch.nn.init.normal_(model.pooler.dense.weight)
    model.save_pretrained(tmp_path)
    (tmp_path / "tokenizer.json").write_text("{}")
    head = make_head(Classification(labels=("a", "b")), Encoder.load(tmp_path))
    assert torch.equal(head.part.module.state_dict()["bert.pooler.dense.weight"], model.pooler.dense.weight)


def test_another_tasks_output_layer_never_leaks_into_ours(tmp_path):
    tiny = encoder("bert")
    head = make_head(Classification(labels=("a", "b")), tiny)
    state = {name: tensor.contiguous() for name, tensor in class_state(tiny, head.part).items()}
    class_config(tiny, 2).save_pretrained(tmp_path)
    save_file(state, tmp_path / "model.safetensors", metadata={"format": "pt"})
    (tmp_path / "tokenizer.json").write_text("{}")
    loaded = Encoder.load(tmp_path)
    assert set(loaded.own_head_weights) == {"bert.pooler.dense.weight", "bert.pooler.dense.bias"}


def test_an_export_is_loaded_by_the_class_with_the_same_logits(tmp_path):
    tiny, batch = encoder("xlm-roberta"), ragged([9])
    head = make_head(Classification(labels=("no", "yes")), tiny).eval()
    class_config(tiny, 2, ("no", "yes")).save_pretrained(tmp_path)
    save_file(class_state(tiny, head.part), tmp_path / "model.safetensors", metadata={"format": "pt"})
    model = getattr(transformers, head.auto_class).from_pretrained(tmp_path).eval()
    assert model.config.id2label == {0: "no", 1: "yes"}
    with torch.no_grad():
        expected = model(input_ids=batch.ids_T[None]).logits
        torch.testing.assert_close(head(tiny(batch).last_TD, batch), expected, atol=1e-5, rtol=1e-5)


def test_dropout_belongs_to_a_phase_and_is_not_saved(tmp_path):
    published(tmp_path / "a", "bert")
    tiny = Encoder.load(tmp_path / "a", dropout=0.3)
    assert tiny.model.embeddings.dropout.p == 0.3
    assert tiny.model.encoder.layer[0].attention.self.dropout.p == 0.0  # attention dropout: 0 unless asked for
    assert Encoder.load(tmp_path / "a", attention_dropout=None).model.encoder.layer[0].attention.self.dropout.p == 0.1
    tiny.save(tmp_path / "b")
    (tmp_path / "b" / "tokenizer.json").write_text("{}")
    assert Encoder.load(tmp_path / "b").model.embeddings.dropout.p == 0.1


def test_half_precision_weights_become_fp32(tmp_path):
    published(tmp_path, "bert").half().save_pretrained(tmp_path)
    assert {weight.dtype for weight in Encoder.load(tmp_path).parameters()} == {torch.float32}


@pytest.mark.parametrize("missing", ["config.json", "tokenizer.json", "model.safetensors"])
def test_a_missing_file_is_named(missing, tmp_path):
    published(tmp_path, "bert")
    (tmp_path / missing).unlink()
    with pytest.raises(EncoderError, match=missing):
        Encoder.load(tmp_path)


def test_pickled_weights_are_not_read(tmp_path):
    published(tmp_path, "bert")
    (tmp_path / "model.safetensors").rename(tmp_path / "pytorch_model.bin")
    with pytest.raises(EncoderError, match=r"pytorch_model\.bin is a pickle"):
        Encoder.load(tmp_path)


@pytest.mark.parametrize("decoder", [GPT2Config(vocab_size=VOCABULARY), T5Config(vocab_size=VOCABULARY)])
def test_a_decoder_is_refused(decoder, tmp_path):
    decoder.save_pretrained(tmp_path)
    (tmp_path / "tokenizer.json").write_text("{}")
    with pytest.raises(EncoderError, match=f"'{decoder.model_type}' model, which has a decoder"):
        Encoder.load(tmp_path)


def test_an_unknown_model_type_is_refused(tmp_path):
    (tmp_path / "config.json").write_text('{"model_type": "xlm-robertta"}')
    (tmp_path / "tokenizer.json").write_text("{}")
    with pytest.raises(EncoderError, match=r"config\.json cannot be used"):
        Encoder.load(tmp_path)


def test_weights_of_another_encoder_are_refused(tmp_path):
    published(tmp_path, "bert")
    tensors = load_file(tmp_path / "model.safetensors")
    del tensors["bert.encoder.layer.1.output.dense.weight"]
    save_file(tensors, tmp_path / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(EncoderError, match=r"lack 1 tensors .*layer\.1\.output\.dense\.weight"):
        Encoder.load(tmp_path)


def test_weights_of_another_size_are_refused(tmp_path):
    published(tmp_path, "bert")
    settings = json.loads((tmp_path / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps(settings | {"intermediate_size": 48}))
    with pytest.raises(EncoderError, match=r"is 40; config.json needs 48 \(8 more do not fit\)"):
        Encoder.load(tmp_path)


def test_sizes_of_an_encoder_are_read_from_its_configuration():
    tiny = encoder("bert")
    assert (tiny.hidden_size, tiny.num_layers, tiny.max_length) == (32, 3, 64)
