"""Adapters of peft by name: what fits an encoder is known from headers, and what does not is named before a run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from fake_hub import COMMIT, Server
from tiny_encoders import VOCABULARY, published
from toy_tokenizers import of_characters
from xstilts.core.errors import EncoderError
from xstilts.core.settings.tuning import IA3, LoRA
from xstilts.data.locate import Roots
from xstilts.models import peft_adapters
from xstilts.models.encoders import LocatedEncoder, find_encoder
from xstilts.models.peft_adapters import CONFIG, WEIGHTS, base_note, find_adapter, fitted
from xstilts.pipeline.steps.cut_encoder import first_layers
from xstilts.study.phase import EncoderRef

QUERY = "base_model.model.encoder.layer.{block}.attention.self.{role}"


def lora(folder: Path, *, rank: int = 2, blocks: int = 3, roles: tuple[str, ...] = ("query", "value"), **config: Any):
    """The files that peft writes for LoRA over tiny BERT, by hand."""
    folder.mkdir(parents=True)
    sizes = {"lora_A": (rank, 32), "lora_B": (32, rank)}
    tensors = {
        f"{QUERY.format(block=block, role=role)}.{part}.weight": torch.full(size, 0.1)
        for block in range(blocks)
        for role in roles
        for part, size in sizes.items()
    }
    save_file(tensors, folder / WEIGHTS)
    said = {"peft_type": "LORA", "r": rank, "lora_alpha": 4, "target_modules": list(roles), "bias": "none"}
    (folder / CONFIG).write_text(json.dumps(said | {"base_model_name_or_path": "somewhere/else"} | config))
    return folder


@pytest.fixture
def roots(tmp_path: Path) -> Roots:
    return Roots(store=tmp_path / "store")


@pytest.fixture
def bert(tmp_path: Path, roots: Roots) -> LocatedEncoder:
    published(tmp_path / "bert", "bert")
    of_characters(tmp_path / "bert", VOCABULARY)
    return find_encoder(str(tmp_path / "bert"), roots, {})


def test_settings_are_read_off_the_files(tmp_path: Path, bert: LocatedEncoder, roots: Roots) -> None:
    adapter = find_adapter(str(lora(tmp_path / "lora", lora_dropout=0.1)), roots)
    assert adapter.base == "somewhere/else" and adapter.settings is None
    assert fitted(adapter, bert, roots).settings == LoRA(rank=2, alpha=4.0, targets=("query", "value"), dropout=0.1)


def test_what_peft_saves_fits(tmp_path: Path, bert: LocatedEncoder, roots: Roots) -> None:
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForTokenClassification

    model = AutoModelForTokenClassification.from_pretrained(tmp_path / "bert")
    asked = LoraConfig(task_type="TOKEN_CLS", r=3, lora_alpha=6, target_modules=["key"], lora_dropout=0.25)
    get_peft_model(model, asked).save_pretrained(tmp_path / "saved")
    adapter = fitted(find_adapter(str(tmp_path / "saved"), roots), bert, roots)
    assert adapter.settings == LoRA(rank=3, alpha=6.0, targets=("key",), dropout=0.25)
    assert adapter.base == str(tmp_path / "bert") and base_note(adapter, bert) == "", (
        "its base is the encoder's own name"
    )


def test_ia3_is_read_too(tmp_path: Path, bert: LocatedEncoder, roots: Roots) -> None:
    (tmp_path / "ia3").mkdir()
    ends = {"attention.self.key": (32, 1), "attention.self.value": (32, 1), "output.dense": (1, 40)}
    names = [
        (f"base_model.model.encoder.layer.{block}.{end}.ia3_l", size)
        for block in range(3)
        for end, size in ends.items()
    ]
    save_file({name: torch.ones(size) for name, size in names}, tmp_path / "ia3" / WEIGHTS)
    (tmp_path / "ia3" / CONFIG).write_text(json.dumps({"peft_type": "IA3"}))
    assert fitted(find_adapter(str(tmp_path / "ia3"), roots), bert, roots).settings == IA3()


def test_what_fitted_is_remembered_by_both_contents(
    tmp_path: Path, bert: LocatedEncoder, roots: Roots, monkeypatch: pytest.MonkeyPatch
) -> None:
    adapter = find_adapter(str(lora(tmp_path / "lora")), roots)
    first = fitted(adapter, bert, roots)
    read: list[Path] = []
    monkeypatch.setattr(peft_adapters, "_read_settings", lambda folder, encoder: read.append(folder) or LoRA(rank=9))
    assert fitted(adapter, bert, roots) == first and not read
    other = find_adapter(str(lora(tmp_path / "other", rank=3)), roots)
    assert other.identity != adapter.identity
    assert fitted(other, bert, roots).settings == LoRA(rank=9) and read == [tmp_path / "other"]


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "another rank": ({"r": 3}, r"self\.query\.lora_A\.weight' is 2x32 there, this encoder needs 3x32"),
    "fewer blocks": ({"blocks": 2}, r"blocks 1 and 3 are not changed alike"),
    "more blocks": ({"blocks": 4}, r"here is no layer 'encoder\.layer\.3\.attention\.self\.query' in a block"),
    "no such layer": ({"roles": ("queries",)}, r"attention\.self\.queries"),
    "another method": ({"peft_type": "LOHA"}, r"a 'LOHA' adapter of peft cannot be read.*Allowed: LORA, IA3"),
    "more than ours": ({"bias": "all"}, r"'bias: all'"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_does_not_fit_is_named(name: str, tmp_path: Path, bert: LocatedEncoder, roots: Roots) -> None:
    changes, said = REFUSED[name]
    adapter = find_adapter(str(lora(tmp_path / "lora", **changes)), roots)
    with pytest.raises(EncoderError, match=said) as refusal:
        fitted(adapter, bert, roots)
    assert str(tmp_path / "lora") in str(refusal.value)


@pytest.mark.parametrize("part", ["lora_A", "lora_B"])
def test_a_missing_key_is_named(part: str, tmp_path: Path, bert: LocatedEncoder, roots: Roots) -> None:
    folder = lora(tmp_path / "lora")
    lost = f"{QUERY.format(block=1, role='value')}.{part}.weight"
    tensors = {name: tensor for name, tensor in load_file(folder / WEIGHTS).items() if name != lost}
    save_file(tensors, folder / WEIGHTS)
    with pytest.raises(EncoderError, match=rf"layer\.1\.attention\.self\.value\.{part}\.weight' is missing there"):
        fitted(find_adapter(str(folder), roots), bert, roots)


@pytest.mark.parametrize("file", [CONFIG, WEIGHTS])
def test_a_folder_without_one_of_the_files_is_refused(file: str, tmp_path: Path, roots: Roots) -> None:
    (lora(tmp_path / "lora") / file).unlink()
    with pytest.raises(EncoderError, match=rf"it has no {file}.*a pickle is not read"):
        find_adapter(str(tmp_path / "lora"), roots)


def test_an_adapter_of_a_whole_encoder_does_not_fit_its_first_layers(
    tmp_path: Path, bert: LocatedEncoder, roots: Roots
) -> None:
    short = first_layers(bert, 2)
    whole, cut = (find_adapter(str(lora(tmp_path / f"{n}", blocks=n)), roots) for n in (3, 2))
    assert fitted(cut, short, roots).settings == LoRA(rank=2, alpha=4.0)
    with pytest.raises(EncoderError, match=r"no layer 'encoder\.layer\.2\."):
        fitted(whole, short, roots)


def test_a_base_that_is_known_to_be_another_is_refused(tmp_path: Path, roots: Roots) -> None:
    adapter = find_adapter(str(lora(tmp_path / "lora", base_model_name_or_path="FacebookAI/xlm-roberta-base")), roots)
    e5 = LocatedEncoder(ref=EncoderRef(identity="x", name="e5-small"))
    with pytest.raises(EncoderError, match=r"trained over 'FacebookAI/xlm-roberta-base', and this encoder is 'intf"):
        fitted(adapter, e5, roots)


def test_a_base_that_is_not_known_is_said(tmp_path: Path, bert: LocatedEncoder, roots: Roots) -> None:
    far = find_adapter(str(lora(tmp_path / "far", base_model_name_or_path="/home/me/models/bert")), roots)
    assert base_note(far, bert).startswith("its files say that it was trained over '…/bert'")
    base = "FacebookAI/xlm-roberta-base"
    same = find_adapter(str(lora(tmp_path / "same", base_model_name_or_path=base)), roots)
    for name in ("xlmr-base", base, f"{base}@main"):
        assert base_note(same, LocatedEncoder(ref=EncoderRef(identity="x", name=name))) == ""


def test_one_on_the_hub_is_fetched_once(
    tmp_path: Path, roots: Roots, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_ENDPOINT", server.address)
    monkeypatch.setenv("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    folder = lora(tmp_path / "lora")
    server.model = {(COMMIT, path.name): path.read_bytes() for path in folder.iterdir()}
    said: list[str] = []
    fetched = find_adapter("o/n", roots, fetch=said.append)
    assert said == ["fetching the adapter o/n"] and fetched.folder is not None
    assert fetched.folder.is_relative_to(roots.store / "adapters")
    assert find_adapter("o/n", roots) == fetched and fetched.identity == find_adapter(str(folder), roots).identity
