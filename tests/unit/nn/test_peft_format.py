"""Folders that peft reads and writes: what we write gives the same states in peft, and what peft writes in ours."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from peft import IA3Config, LoraConfig, PeftModel, get_peft_model
from safetensors.torch import load_file, save_file
from torch import Tensor
from transformers import AutoModel, AutoModelForSequenceClassification, PreTrainedModel

from tiny_encoders import config, encoder, ragged
from xstilts.core.errors import EncoderError
from xstilts.core.settings.tuning import IA3, LoRA
from xstilts.nn.adapters import peft_format
from xstilts.nn.encoder import Encoder

BATCH = ragged([7, 3, 7, 1])
SETTINGS = {
    "lora": LoRA(rank=2, alpha=3.0, targets=("query", "value", "down")),
    "lora above": LoRA(rank=3, targets=("attention",), from_layer=2),
    "dora": LoRA(rank=2, dora=True, targets=("query", "up")),
    "ia3": IA3(),
}
CONFIGS: dict[str, Any] = {
    "lora": LoraConfig(r=2, lora_alpha=3, target_modules=["query", "value"]),
    "dora": LoraConfig(r=2, lora_alpha=4, target_modules=["key", "intermediate.dense"], use_dora=True),
    "rslora": LoraConfig(r=4, lora_alpha=4, target_modules=["query"], use_rslora=True, lora_dropout=0.1),
    "upper": LoraConfig(r=2, target_modules=["value"], layers_to_transform=[1, 2], layers_pattern="layer"),
    "ia3": IA3Config(target_modules=["key", "value", "output.dense"], feedforward_modules=["output.dense"]),
}


def stir(model: torch.nn.Module) -> None:
    generator = torch.Generator().manual_seed(5)
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.requires_grad:
                parameter.add_(0.2 * torch.randn(parameter.shape, generator=generator))


def ours(model: Encoder) -> Tensor:
    with torch.no_grad():
        return model(BATCH).last_TD


def theirs(model: torch.nn.Module) -> Tensor:
    """One sequence at a time, as a user of peft runs it."""
    with torch.no_grad():
        found = [model(input_ids=ids[None]).last_hidden_state[0] for ids in BATCH.ids_T.split(BATCH.lengths_N.tolist())]
    return torch.cat(found)


def plain(name: str = "xlm-roberta") -> PreTrainedModel:
    model = encoder(name).model
    model.set_attn_implementation("eager")
    return model


@pytest.mark.versions
@pytest.mark.parametrize("method", SETTINGS)
def test_peft_loads_what_is_written(tmp_path: Path, method: str) -> None:
    model = encoder("xlm-roberta")
    before = ours(model)
    stir(model.adapters.add(SETTINGS[method]))
    peft_format.write(tmp_path, model.adapters, "somewhere")
    loaded = PeftModel.from_pretrained(plain(), tmp_path).eval()
    torch.testing.assert_close(theirs(loaded), ours(model), atol=1e-5, rtol=1e-5)
    assert (ours(model) - before).abs().max() > 1e-2


@pytest.mark.parametrize("method", SETTINGS)
def test_what_is_written_is_read_with_the_same_settings(tmp_path: Path, method: str) -> None:
    model, other = encoder("xlm-roberta"), encoder("xlm-roberta")
    stir(model.adapters.add(SETTINGS[method]))
    peft_format.write(tmp_path, model.adapters, "somewhere")
    read = peft_format.read(tmp_path, other.adapters)
    assert read.settings == SETTINGS[method]
    assert other.adapters.start_training(SETTINGS[method]) is read, "a phase of these settings goes on with it"
    assert torch.equal(ours(other), ours(model))


@pytest.mark.versions
@pytest.mark.parametrize("method", CONFIGS)
def test_what_peft_saves_is_read(tmp_path: Path, method: str) -> None:
    asked = CONFIGS[method]
    made = get_peft_model(plain(), asked).eval()
    stir(made)
    made.save_pretrained(tmp_path)
    model = encoder("xlm-roberta")
    before = ours(model)
    peft_format.read(tmp_path, model.adapters)
    torch.testing.assert_close(ours(model), theirs(made), atol=1e-5, rtol=1e-5)
    assert (ours(model) - before).abs().max() > 1e-2


def test_a_fused_layer_goes_to_peft_and_back_whole(tmp_path: Path) -> None:
    model = encoder("modernbert")
    stir(model.adapters.add(LoRA(rank=2, targets=("Wqkv", "down"))))
    peft_format.write(tmp_path, model.adapters, "somewhere")
    torch.testing.assert_close(
        theirs(PeftModel.from_pretrained(plain("modernbert"), tmp_path).eval()), ours(model), atol=1e-5, rtol=1e-5
    )
    other = encoder("modernbert")
    assert peft_format.read(tmp_path, other.adapters).settings.targets == ("down", "attn.Wqkv")
    assert torch.equal(ours(other), ours(model))


@pytest.mark.parametrize(
    "settings",
    [
        LoRA(rank=2, alpha=3.0),
        LoRA(rank=2, targets=("query", "value", "down"), from_layer=2),
        LoRA(rank=2, targets=("key",), dora=True),
        LoRA(rank=2, targets=("query", "key", "attention"), dora=True),
        IA3(),
    ],
)
def test_roles_of_a_fused_layer_are_one_adapter_of_it_in_peft(tmp_path: Path, settings: LoRA | IA3) -> None:
    model, other = encoder("modernbert"), encoder("modernbert")
    stir(model.adapters.add(settings))
    peft_format.write(tmp_path, model.adapters, "somewhere")
    loaded = PeftModel.from_pretrained(plain("modernbert"), tmp_path).eval()
    torch.testing.assert_close(theirs(loaded), ours(model), atol=1e-5, rtol=1e-4)
    peft_format.read(tmp_path, other.adapters)
    torch.testing.assert_close(ours(other), ours(model), atol=1e-5, rtol=1e-4)


def test_the_head_beside_an_adapter_of_a_classifier_is_left_out(tmp_path: Path) -> None:
    torch.manual_seed(0)
    whole = AutoModelForSequenceClassification.from_config(config("xlm-roberta"))
    whole.roberta.load_state_dict(encoder("xlm-roberta").model.state_dict())
    made = get_peft_model(whole, LoraConfig(task_type="SEQ_CLS", r=2, target_modules=["query"])).eval()
    stir(made)
    made.save_pretrained(tmp_path)
    assert any("classifier" in name for name in load_file(tmp_path / peft_format.WEIGHTS))
    model = encoder("xlm-roberta")
    peft_format.read(tmp_path, model.adapters)
    torch.testing.assert_close(ours(model), theirs(made.base_model.model.roberta), atol=1e-5, rtol=1e-5)


def saved(folder: Path, **changes: Any) -> Path:
    model = encoder("xlm-roberta")
    model.adapters.add(LoRA(rank=2))
    peft_format.write(folder, model.adapters, "somewhere")
    asked = json.loads((folder / peft_format.CONFIG).read_text())
    (folder / peft_format.CONFIG).write_text(json.dumps(asked | changes))
    return folder


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"peft_type": "LOHA"}, r"a 'LOHA' adapter of peft cannot be read.*Allowed: LORA, IA3"),
        ({"rank_pattern": {"query": 4}}, r"'rank_pattern: \{'query': 4\}' cannot be read"),
        ({"init_lora_weights": "pissa"}, r"'init_lora_weights: pissa'"),
        ({"bias": "all"}, r"'bias: all'"),
        ({"modules_to_save": ["embeddings"]}, r"'modules_to_save: "),
        ({"r": 4}, r"another encoder: 'encoder\.layer\.0\.attention\.self\.query\.lora_A\.weight' is 2x32 there"),
    ],
)
def test_what_our_layers_do_not_do_is_refused_by_name(tmp_path: Path, change: dict[str, Any], said: str) -> None:
    model = encoder("xlm-roberta")
    before = ours(model)
    with pytest.raises(EncoderError, match=said):
        peft_format.read(saved(tmp_path, **change), model.adapters)
    assert not model.adapters.each and torch.equal(ours(model), before)


def test_adapters_of_other_encoders_are_refused(tmp_path: Path) -> None:
    folder = saved(tmp_path / "made")
    with pytest.raises(EncoderError, match=r"no layer 'encoder\.layer\.0\.attention\.self\.query' in a block"):
        peft_format.read(folder, encoder("modernbert").adapters)
    wide = Encoder(AutoModel.from_config(config("xlm-roberta", hidden_size=48), add_pooling_layer=False))
    with pytest.raises(
        EncoderError, match=r"another encoder: .*lora_A\.weight' is 2x32 there, this encoder needs 2x48"
    ):
        peft_format.read(folder, wide.adapters)
    deep = Encoder(AutoModel.from_config(config("xlm-roberta", num_hidden_layers=4), add_pooling_layer=False))
    with pytest.raises(EncoderError, match=r"blocks 1 and 4 are not changed alike"):
        peft_format.read(folder, deep.adapters)
    tensors = load_file(folder / peft_format.WEIGHTS)
    save_file({name: t for name, t in tensors.items() if "layer.1" not in name}, folder / peft_format.WEIGHTS)
    with pytest.raises(EncoderError, match=r"blocks 1 and 2 are not changed alike \('attention\.self\.query'"):
        peft_format.read(folder, encoder("xlm-roberta").adapters)
    with pytest.raises(EncoderError, match=r"nowhere: there is no adapter of peft here"):
        peft_format.read(tmp_path / "nowhere", encoder("xlm-roberta").adapters)
