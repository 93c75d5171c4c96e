"""Adapter phases: what is trained, what is stored, what a following phase and a prediction start from."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

import toy_training as toy
from toy_vectors import VectorSettings, build
from xstilts.core.errors import EncoderError
from xstilts.core.settings.tuning import IA3, Adapter, Bottleneck, LoRA, Prefix, Prompt
from xstilts.data.locate import Roots
from xstilts.evaluate.export import export, export_adapter
from xstilts.evaluate.predict import CheckpointRef, load_model, predict_examples
from xstilts.heads.registry import head_key
from xstilts.models.encoders import from_folder
from xstilts.nn.adapters import peft_format
from xstilts.train.attempt import Attempt, build_model
from xstilts.train.checkpoint import encoder_folder, load_encoder, save
from xstilts.train.job import Compute, Job, JobPart
from xstilts.train.loop import fit

BOTTLENECK = Bottleneck(place="houlsby", reduction=2)
METHODS: dict[str, Adapter] = {"houlsby": BOTTLENECK, "lora": LoRA(rank=2), "ia3": IA3()}
VECTORS: dict[str, Adapter] = {"prompt": Prompt(length=3), "prefix": Prefix(length=3)}
DEV = toy.texts(60, seed=1)
HEAD = head_key(toy.KIND)


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return toy.encoder_folder(tmp_path_factory.mktemp("start") / "encoder")


@pytest.fixture(scope="module")
def part(encoder: Path, tmp_path_factory: pytest.TempPathFactory) -> JobPart:
    return toy.part(encoder, tmp_path_factory.mktemp("part") / "toy", toy.texts(200), DEV)


def job(start: Path, part: JobPart, tune: Any, **changes: Any) -> Job:
    recipe = {"updates": 12, "batch": 16, "lr": 1e-2, "dropout": 0.1, **changes.pop("recipe", {})}
    return toy.job(start, [part], recipe, tune=tune, **changes)


def train(job: Job, out: Path) -> Path:
    fit(job, out, out.with_name(out.name + "-scratch"))
    return out


def logits(checkpoint: Path) -> torch.Tensor:
    scores = predict_examples(checkpoint, toy.KIND, DEV).scores
    assert scores is not None
    return torch.tensor([[one[label] for label in toy.KIND.labels] for one in scores])


@pytest.mark.parametrize("method", METHODS | VECTORS)
def test_an_adapter_phase_stores_the_adapter_and_heads_alone(
    encoder: Path, part: JobPart, tmp_path: Path, method: str
) -> None:
    tune = (METHODS | VECTORS)[method]
    made = train(job(encoder, part, tune), tmp_path / "made")
    named = json.loads((made / "adapter.json").read_text())
    assert named["base"]["place"] == str(encoder) and named["base"]["hidden_size"] == 16
    assert not (made / "encoder").exists()
    weights = json.loads((made / "parts.json").read_text())["weights"]
    assert weights == ["adapters/0.safetensors", f"heads/{HEAD}.safetensors"]
    summary = json.loads((made / "summary.json").read_text())
    assert summary["stored_bytes"] == sum((made / name).stat().st_size for name in weights)
    stored = [tensor for name in weights for tensor in load_file(made / name).values()]
    assert summary["trained_parameters"] == sum(tensor.numel() for tensor in stored)
    fresh, trained = build_model(job(encoder, part, tune)), load_encoder(made)
    for name, tensor in fresh.encoder.model.state_dict().items():
        assert torch.equal(tensor, trained.model.state_dict()[name]), "the base stays as it is"
    moved = load_file(made / "adapters" / "0.safetensors")
    assert any(
        not torch.equal(tensor, moved[name]) for name, tensor in fresh.encoder.adapters.each[0].state_dict().items()
    )
    assert encoder_folder(made) == encoder
    with pytest.raises(EncoderError, match="encoder with adapters, and a study starts from a plain one"):
        from_folder(made, "made", Roots(data=(), store=tmp_path / "store"))


def test_only_the_adapter_and_heads_are_trained(encoder: Path, part: JobPart) -> None:
    attempt = Attempt(job(encoder, part, BOTTLENECK), 1, 8192)
    assert {name.split(".")[0] + "." + name.split(".")[1] for name in attempt.model.trained} == {
        "encoder.adapters",
        f"heads.{HEAD}",
    }
    assert attempt.model.encoder.kept_embeddings is None, "a table that stays is not trimmed"
    attempt = Attempt(job(encoder, part, BOTTLENECK, recipe={"precision": "bf16"}), 1, 8192)
    assert attempt.model.encoder.bf16_copy is None and attempt.update(0).is_finite


def test_a_run_cut_in_two_equals_the_uninterrupted_one(
    encoder: Path, part: JobPart, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = job(encoder, part, Bottleneck(invertible=True, reduction=2))
    fit(asked, tmp_path / "whole", tmp_path / "a")
    update = Attempt.update

    def killed(attempt: Attempt, number: int):
        if number == 7:
            raise KeyboardInterrupt
        return update(attempt, number)

    monkeypatch.setattr(Attempt, "update", killed)
    with pytest.raises(KeyboardInterrupt):
        fit(asked, tmp_path / "cut", tmp_path / "b", snapshot_updates=3)
    monkeypatch.setattr(Attempt, "update", update)
    fit(asked, tmp_path / "cut", tmp_path / "b", snapshot_updates=3)
    for file in ("adapters/0.safetensors", f"heads/{HEAD}.safetensors"):
        whole, cut = load_file(tmp_path / "whole" / file), load_file(tmp_path / "cut" / file)
        assert all(torch.equal(whole[name], cut[name]) for name in whole), file


def test_the_next_phase_goes_on_or_stacks_or_merges(encoder: Path, part: JobPart, tmp_path: Path) -> None:
    first = train(job(encoder, part, METHODS["lora"]), tmp_path / "first")
    before = load_file(first / "adapters" / "0.safetensors")

    on = build_model(job(first, part, METHODS["lora"])).encoder
    assert len(on.adapters.each) == 1
    assert all(torch.equal(tensor, before[name]) for name, tensor in on.adapters.each[0].state_dict().items())

    stacked = train(job(first, part, BOTTLENECK), tmp_path / "stacked")
    assert [entry["method"] for entry in json.loads((stacked / "adapter.json").read_text())["adapters"]] == [
        "LoRA",
        "Bottleneck",
    ]
    assert all(torch.equal(t, before[n]) for n, t in load_file(stacked / "adapters" / "0.safetensors").items())

    full = train(job(first, part, "full"), tmp_path / "full")
    assert (full / "encoder" / "model.safetensors").is_file() and not (full / "adapter.json").exists()

    kept = train(job(stacked, part, "full"), tmp_path / "kept")
    entries = json.loads((kept / "adapter.json").read_text())
    assert [entry["method"] for entry in entries["adapters"]] == ["Bottleneck"]
    assert entries["base"]["place"] == "encoder"
    on_top = train(job(kept, part, LoRA()), tmp_path / "top")
    assert json.loads((on_top / "adapter.json").read_text())["base"]["place"] == str(kept / "encoder")
    assert len(load_encoder(on_top).adapters.each) == 2

    frozen = train(job(stacked, part, "frozen"), tmp_path / "frozen")
    assert not (frozen / "encoder").exists() and len(load_encoder(frozen).adapters.each) == 2


def test_a_diverged_adapter_phase_leaves_a_fresh_adapter(
    encoder: Path, part: JobPart, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("xstilts.train.attempt.scale_and_clip", lambda *_: float("nan"))
    made = train(job(encoder, part, BOTTLENECK), tmp_path / "made")
    assert all(not t.any() for n, t in load_file(made / "adapters" / "0.safetensors").items() if ".up." in n)


@pytest.mark.parametrize("method", METHODS)
def test_predictions_are_those_of_the_trained_model_and_export_merges(
    encoder: Path, part: JobPart, tmp_path: Path, method: str
) -> None:
    made = train(job(encoder, part, METHODS[method]), tmp_path / "made")
    assert predict_examples(made, toy.KIND, DEV).guesses.count("yes") > 5
    auto_class = export(made, toy.KIND, tmp_path / "exported")
    if method == "houlsby":
        assert auto_class is None
        again, before = load_encoder(tmp_path / "exported"), load_encoder(made)
        for name, tensor in before.state_dict().items():
            assert torch.equal(tensor, again.state_dict()[name])
        return
    from transformers import AutoModelForSequenceClassification

    whole = AutoModelForSequenceClassification.from_pretrained(tmp_path / "exported").eval()
    assert auto_class == "AutoModelForSequenceClassification"
    model = load_model(made, toy.KIND, Compute())
    batch = model.by_key[HEAD].collate([part.train.row(0)])
    with torch.no_grad():
        ours = model.eval()(batch, HEAD)
        theirs = whole(batch.ids_T[None]).logits
    torch.testing.assert_close(ours, theirs, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("tune", [LoRA(rank=2, targets=("query", "down")), LoRA(rank=2, dora=True), IA3()])
def test_the_files_of_peft_hold_what_changes_the_weights(
    encoder: Path, part: JobPart, tmp_path: Path, tune: LoRA | IA3
) -> None:
    """The published formulas, on the weights of the base by the names in the files."""
    made = train(job(encoder, part, tune), tmp_path / "made")
    export_adapter(made, toy.KIND, tmp_path / "peft")
    asked = json.loads((tmp_path / "peft" / "adapter_config.json").read_text())
    stored = load_file(tmp_path / "peft" / "adapter_model.safetensors")
    plain, merged = load_encoder(encoder).model, load_encoder(made)
    merged.adapters.merge()
    for path in asked["target_modules"]:
        layer, name = plain.get_submodule(path), f"base_model.model.{path}"
        weight = layer.weight
        if asked["peft_type"] == "LORA":
            down, up = stored.pop(f"{name}.lora_A.weight"), stored.pop(f"{name}.lora_B.weight")
            weight = weight + asked["lora_alpha"] / asked["r"] * up @ down
            if asked["use_dora"]:
                weight = (
                    stored.pop(f"{name}.lora_magnitude_vector")[:, None] * weight / weight.norm(dim=1, keepdim=True)
                )
        else:
            weight = weight * stored.pop(f"{name}.ia3_l")
        assert not torch.equal(weight, layer.weight)
        torch.testing.assert_close(merged.model.get_submodule(path).weight, weight)
    assert not stored and asked["base_model_name_or_path"] == str(encoder)
    assert set(asked.get("feedforward_modules", ())) <= set(asked["target_modules"])


def test_a_folder_of_peft_becomes_the_start_of_a_phase(encoder: Path, part: JobPart, tmp_path: Path) -> None:
    tune = METHODS["lora"]
    made = train(job(encoder, part, tune), tmp_path / "made")
    export_adapter(made, toy.KIND, tmp_path / "peft")
    start = load_encoder(encoder)
    peft_format.read(tmp_path / "peft", start.adapters)
    save(tmp_path / "start", start, {}, encoder, adapters_alone=True)
    on = build_model(job(tmp_path / "start", part, tune)).encoder.adapters.each
    stored = load_file(made / "adapters" / "0.safetensors")
    assert len(on) == 1 and all(torch.equal(tensor, stored[name]) for name, tensor in on[0].state_dict().items())


def test_peft_has_no_place_for_a_bottleneck(encoder: Path, part: JobPart, tmp_path: Path) -> None:
    made = train(job(encoder, part, BOTTLENECK), tmp_path / "made")
    with pytest.raises(EncoderError, match=r"one adapter, LoRA or IA3; here are: Bottleneck"):
        export_adapter(made, toy.KIND, tmp_path / "peft")


def test_another_base_is_refused_naming_both(encoder: Path, part: JobPart, tmp_path: Path) -> None:
    made = train(job(encoder, part, BOTTLENECK), tmp_path / "made")
    lines = {"en": [example.text for example in toy.texts(80)]}
    sizes = {"vocabulary": 150, "width": 16, "layers": 1, "heads": 2, "positions": 60}
    for name, change in (("deep", {"layers": 2}), ("wide", {"width": 32})):
        build(lines, tmp_path / name, VectorSettings(**{**sizes, **change}))
    with pytest.raises(EncoderError, match=r"num_hidden_layers 1, .*deep' holds .*num_hidden_layers 2"):
        load_encoder(made, tmp_path / "deep")
    with pytest.raises(EncoderError, match=r"hidden_size 16, .*wide' holds .*hidden_size 32"):
        load_model(CheckpointRef(checkpoint=made, base=tmp_path / "wide"), toy.KIND, Compute())
    trained = train(job(encoder, part, "full"), tmp_path / "trained")
    fingerprint = json.loads((made / "adapter.json").read_text())["base"]["fingerprint"]
    with pytest.raises(EncoderError, match=rf"trained on weights {fingerprint} .*trained/encoder' holds weights \w+"):
        load_encoder(made, trained)


def test_a_base_that_was_moved_is_found_beside_and_one_that_is_gone_is_named(
    encoder: Path, part: JobPart, tmp_path: Path
) -> None:
    base = tmp_path / "store" / "steps" / "train-1" / "encoder"
    shutil.copytree(encoder, base)
    made = train(job(base.parent, part, BOTTLENECK), tmp_path / "store" / "steps" / "train-2")
    (tmp_path / "store").rename(tmp_path / "moved")
    made = tmp_path / "moved" / "steps" / "train-2"
    assert encoder_folder(made) == tmp_path / "moved" / "steps" / "train-1" / "encoder"
    torch.testing.assert_close(logits(made).sum(dim=1), torch.ones(len(DEV)))
    shutil.rmtree(tmp_path / "moved" / "steps" / "train-1")
    with pytest.raises(EncoderError, match=r"the encoder they stand on is not at '.*train-1/encoder'"):
        load_encoder(made)
    (made / "adapters" / "0.safetensors").unlink()
    with pytest.raises(EncoderError, match=r"weights of an adapter cannot be read.*deleted to save space"):
        load_encoder(made, encoder)


@pytest.mark.parametrize("method", VECTORS)
def test_vectors_are_gone_on_with_and_lie_beside_the_exported_encoder(
    encoder: Path, part: JobPart, tmp_path: Path, method: str
) -> None:
    made = train(job(encoder, part, VECTORS[method]), tmp_path / "made")
    assert export(made, toy.KIND, tmp_path / "exported") is None
    again = load_encoder(tmp_path / "exported").adapters.state_dict()
    stored = load_encoder(made).adapters.state_dict()
    assert again.keys() == stored.keys() and all(torch.equal(again[name], stored[name]) for name in again)
    on = train(job(made, part, VECTORS[method]), tmp_path / "on")
    assert len(load_encoder(on).adapters.each) == 1, "the next phase goes on with them"
    full = load_encoder(train(job(made, part, "full"), tmp_path / "full")).adapters.state_dict()
    assert full.keys() == stored.keys() and not any(torch.equal(full[name], stored[name]) for name in full)
    with pytest.raises(EncoderError, match="one adapter, LoRA or IA3; here are: Pr"):
        export_adapter(made, toy.KIND, tmp_path / "peft")


def test_a_fusion_is_saved_and_read_as_any_adapter(encoder: Path, tmp_path: Path) -> None:
    made = load_encoder(encoder)
    alone = [made.adapters.add(Bottleneck(width=width)) for width in (2, 3)]
    trained = [(Bottleneck(width=width), one.state_dict()) for width, one in zip((2, 3), alone, strict=True)]
    made.adapters.remove()
    made.adapters.fuse(trained)
    save(tmp_path / "made", made, {}, encoder, adapters_alone=True)
    again = load_encoder(tmp_path / "made")
    assert again.adapters.each[0].settings == made.adapters.each[0].settings
    for name, tensor in made.adapters.state_dict().items():
        assert torch.equal(tensor, again.adapters.state_dict()[name])
    named = json.loads((tmp_path / "made" / "adapter.json").read_text())
    named["adapters"][0]["method"] = "Fusee"
    (tmp_path / "made" / "adapter.json").write_text(json.dumps(named))
    with pytest.raises(EncoderError, match=r"no adapter 'Fusee'.*Did you mean 'Fuse'\?"):
        load_encoder(tmp_path / "made")
