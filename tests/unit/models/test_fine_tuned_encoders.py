"""Fine-tuned models as encoders: the encoder below the head is read, the head is left out, and both are said."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
import transformers
from safetensors.torch import load_file, save_file

from tiny_encoders import VOCABULARY, config
from toy_tokenizers import of_characters
from xstilts.core.errors import EncoderError
from xstilts.data.locate import Roots
from xstilts.models.encoders import LocatedEncoder, find_encoder
from xstilts.models.left_out_head import left_out_head, left_out_sentence
from xstilts.nn.encoder import Encoder
from xstilts.pipeline.steps.cut_encoder import first_layers

CLASSES = {  # the class, and the layers of a task that it has
    "BertForSequenceClassification": ("bert", ("classifier",)),
    "BertForQuestionAnswering": ("bert", ("qa_outputs",)),
    "XLMRobertaForTokenClassification": ("xlm-roberta", ("classifier",)),
    "XLMRobertaForSequenceClassification": ("xlm-roberta", ("classifier",)),
    "DistilBertForSequenceClassification": ("distilbert", ("classifier", "pre_classifier")),
    "ModernBertForTokenClassification": ("modernbert", ("classifier",)),
    "DebertaV2ForMultipleChoice": ("deberta-v2", ("classifier",)),
    "BertForMaskedLM": ("bert", ()),
    "BertModel": ("bert", ()),
}
KEPT = ("pooler", "head", "cls")  # of other use: BERT's pooler, the dense layer of ModernBERT's heads, a masked-LM head


def fine_tuned(folder: Path, class_name: str) -> Any:
    model = getattr(transformers, class_name)(config(CLASSES[class_name][0])).eval()
    model.save_pretrained(folder)
    of_characters(folder, VOCABULARY)
    return model


def located(folder: Path) -> LocatedEncoder:
    return find_encoder(str(folder), Roots(store=folder.parent / "store"), {})


def rewrite(folder: Path, **chosen: Any) -> dict[str, torch.Tensor]:
    """Keep the weights that `keep` takes, under the names that `name` gives."""
    keep, name = chosen.get("keep", lambda key: True), chosen.get("name", lambda key: key)
    tensors = {name(key): t for key, t in load_file(folder / "model.safetensors").items() if keep(key)}
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    return tensors


@pytest.mark.filterwarnings("ignore:.*padded")
@pytest.mark.parametrize("class_name", CLASSES)
def test_the_encoder_is_that_below_the_head(class_name: str, tmp_path: Path) -> None:
    model = fine_tuned(tmp_path / "tuned", class_name)
    encoder = located(tmp_path / "tuned")
    assert left_out_head(encoder) == CLASSES[class_name][1]
    loaded = Encoder.load(tmp_path / "tuned")
    below = getattr(model, model.base_model_prefix, model).state_dict()
    for name, tensor in loaded.model.state_dict().items():
        assert torch.equal(tensor, below[name]), name
    parts = {part for name in loaded.own_head_weights for part in name.split(".")[:2]}
    assert not parts & {"classifier", "pre_classifier", "qa_outputs"}
    assert {name.removeprefix(f"{model.base_model_prefix}.").split(".")[0] for name in loaded.own_head_weights} <= {
        *KEPT
    }


@pytest.mark.parametrize("prefix", ["", "bert."])
def test_names_with_and_without_the_prefix_are_the_same_encoder(prefix: str, tmp_path: Path) -> None:
    model = fine_tuned(tmp_path / "tuned", "BertForSequenceClassification")
    rewrite(tmp_path / "tuned", name=lambda key: key.replace("bert.", prefix, 1))
    query = "encoder.layer.1.attention.self.query.weight"
    loaded = Encoder.load(located(tmp_path / "tuned").folder)
    assert torch.equal(loaded.model.state_dict()[query], model.bert.state_dict()[query])
    assert sorted(loaded.own_head_weights) == ["bert.pooler.dense.bias", "bert.pooler.dense.weight"]


def test_what_is_left_out_is_one_sentence(tmp_path: Path) -> None:
    fine_tuned(tmp_path / "tuned", "DistilBertForSequenceClassification")
    encoder = located(tmp_path / "tuned")
    said = "mine: a fine-tuned model (DistilBertForSequenceClassification); its output layers (classifier, "
    assert left_out_sentence(encoder, "mine").startswith(said)
    assert left_out_head(first_layers(encoder, 1)) == ("classifier", "pre_classifier")
    path = tmp_path / "tuned" / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "architectures": ["\x1b[31m red"]}))
    assert left_out_sentence(encoder, "mine").startswith("mine: a fine-tuned model; its output layers")


def test_nothing_is_said_of_an_encoder_that_has_none_or_is_not_here(tmp_path: Path) -> None:
    fine_tuned(tmp_path / "plain", "BertForMaskedLM")
    encoder = located(tmp_path / "plain")
    assert left_out_sentence(encoder, "mine") == ""
    assert left_out_sentence(LocatedEncoder(ref=encoder.ref, is_here=False), "mine") == ""


def test_a_head_without_its_encoder_is_refused_by_what_is_missing(tmp_path: Path) -> None:
    fine_tuned(tmp_path / "tuned", "BertForSequenceClassification")
    rewrite(tmp_path / "tuned", keep=lambda key: key.startswith("classifier"))
    with pytest.raises(EncoderError) as refusal:
        located(tmp_path / "tuned")
    assert "the weights lack 53 tensors of a 'bert' encoder, 'embeddings.LayerNorm.bias', " in str(refusal.value)
    assert "and 50 more." in str(refusal.value)
    assert "They are 'classifier.bias', 'classifier.weight': a head alone" in str(refusal.value)


def test_weights_of_another_class_are_refused_by_what_they_are(tmp_path: Path) -> None:
    fine_tuned(tmp_path / "tuned", "BertForSequenceClassification")
    rewrite(tmp_path / "tuned", name=lambda key: key.replace("bert.", "roberta.", 1))
    with pytest.raises(EncoderError, match=r"They are 'classifier\.bias', .* or another class of model"):
        located(tmp_path / "tuned")
