"""Arms that start from an adapter of peft: it goes on, lies below, or is put into the weights, as the arm tunes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from tiny_study import TinyStudy

from xstilts.cli import main
from xstilts.data.locate import Roots
from xstilts.models.peft_adapters import find_adapter

Make = Callable[..., TinyStudy]
LORA = {"rank": 2, "alpha": 4, "targets": ["query", "value"]}


@pytest.fixture
def lora(tmp_path: Path) -> Path:
    """An adapter as peft writes it, over the one block of the tiny encoder, of width 16."""
    folder = tmp_path / "lora"
    folder.mkdir()
    draw = torch.Generator().manual_seed(0)
    tensors = {
        f"base_model.model.encoder.layer.0.attention.self.{role}.{part}.weight": torch.randn(size, generator=draw)
        for role in ("query", "value")
        for part, size in {"lora_A": (2, 16), "lora_B": (16, 2)}.items()
    }
    save_file(tensors, folder / "adapter_model.safetensors")
    config = {"peft_type": "LORA", "r": 2, "lora_alpha": 4, "base_model_name_or_path": "elsewhere"}
    (folder / "adapter_config.json").write_text(json.dumps(config))
    return folder


def arms(lora: Path, **more: Any) -> dict[str, Any]:
    started = {"strategy": "direct", "start": str(lora), "tune_target": {"lora": LORA}}
    return {"none": {"strategy": "direct"}, "started": {**started, **more}}


def test_it_goes_on_as_the_lora_of_the_arm(study: Make, lora: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tiny = study(targets=["weather", "pairs"], seeds=[1], arms=arms(lora), keep="all")
    assert tiny.call("plan") == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "arm started: starts from the adapter" in said and "(LoRA: rank 2, alpha 4, targets [query, value]" in said
    assert "its files say that it was trained over 'elsewhere'" in said and "attach 1 0" in said
    assert tiny.call("run") == 0
    (attached,) = tiny.records("attach")
    (trained,) = (record for record in tiny.records("train") if record["label"].startswith("adapter"))
    assert trained["label"].endswith("lora → weather · seed 1")
    below, above = (tiny.store / "steps" / record["key"] for record in (attached, trained))
    before, after = (load_file(folder / "adapters" / "0.safetensors") for folder in (below, above))
    assert before.keys() == after.keys() and not (above / "adapters" / "1.safetensors").exists()
    moved = [(after[name] - before[name]).abs().max().item() for name in before]
    assert 0 < max(moved) < 0.1, "it began with the numbers of the files, which are about 1"
    scores = tiny.scores()
    assert tiny.call("run") == 0 and tiny.scores() == scores
    tensors = load_file(lora / "adapter_model.safetensors")
    save_file({name: 2 * tensor for name, tensor in tensors.items()}, lora / "adapter_model.safetensors")
    assert tiny.call("run") == 0
    assert len(tiny.records("attach")) == 2, "other numbers in the file are another start"


def test_full_tuning_puts_it_into_the_weights(study: Make, encoder: Path, lora: Path) -> None:
    of = arms(lora, tune_target="full", train_target={"lr": 1e-9, "updates": 1})
    tiny = study(targets=["weather"], seeds=[1], arms=of, keep="all")
    assert tiny.call("run") == 0
    (trained,) = (record for record in tiny.records("train") if record["label"].startswith("adapter"))
    name = "encoder.layer.0.attention.self.query.weight"
    whole = load_file(tiny.store / "steps" / trained["key"] / "encoder" / "model.safetensors")[f"roberta.{name}"]
    parts = load_file(lora / "adapter_model.safetensors")
    path = "base_model.model.encoder.layer.0.attention.self.query"
    product = 2 * parts[f"{path}.lora_B.weight"] @ parts[f"{path}.lora_A.weight"]
    base = load_file(encoder / "model.safetensors")
    torch.testing.assert_close(whole, (base.get(name, base.get(f"roberta.{name}")) + product), atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"rank": 4}, "'tune_target' is with rank 4, which is 2 in the adapter"),
        ({"targets": ["key"]}, "with targets [key], which is [query, value] in the adapter"),
        ({"dropout": 0.1}, "with dropout 0.1, which is 0 in the adapter"),
    ],
)
def test_other_numbers_of_the_same_method_are_refused(
    study: Make, lora: Path, capsys: pytest.CaptureFixture[str], changes: dict[str, Any], said: str
) -> None:
    tiny = study(targets=["weather"], seeds=[1], arms=arms(lora, tune_target={"lora": {**LORA, **changes}}))
    assert tiny.call("run") == 2
    shown = " ".join(capsys.readouterr().err.split())
    assert said in shown and "arms.started.tune_target" in shown and "rank 2, alpha 4" in shown
    assert not tiny.records("train")
    stacked = arms(lora, tune_target={"lora": {**LORA, **changes}, "stack": True})
    tiny.write(arms=stacked)
    assert tiny.call("plan") == 0


def test_what_cannot_stand_beside_it_is_refused(study: Make, lora: Path, capsys: pytest.CaptureFixture[str]) -> None:
    joined = {"strategy": "compose", "through": ["words", "picks"], "join": "average", "tune": {"lora": LORA}}
    tiny = study(targets=["weather"], seeds=[1], arms=arms(lora, **joined))
    assert tiny.call("plan") == 2
    assert "'start' puts an adapter over it" in " ".join(capsys.readouterr().err.split())


def test_an_adapter_that_is_not_here_is_named_or_its_arm_is_missing(
    study: Make, lora: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tiny = study(targets=["weather"], seeds=[1], arms=arms(tmp_path / "nowhere"))
    assert tiny.call("run") == 2
    assert "is neither a folder nor the name of an adapter of peft" in " ".join(capsys.readouterr().err.split())
    tiny.write(allow_missing=True)
    assert tiny.call("run") == 0
    assert "The arm started is missing" in json.dumps(json.loads(
        (tiny.store / "reports" / "tiny" / "report.json").read_text("utf-8")
    )["notes"])  # fmt: skip


def test_the_adapter_travels_with_the_study(study: Make, lora: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tiny = study(targets=["weather"], seeds=[1], arms=arms(lora))
    archive, other = tiny.folder / "all.tar", tiny.folder / "other"
    assert main(["data", "check", str(tiny.file), "--store", str(tiny.store)]) == 0
    assert f"adapter {lora}: {lora}" in capsys.readouterr().out
    assert main(["data", "pack", str(tiny.file), str(archive), "--store", str(tiny.store)]) == 0
    assert f"and the adapter {lora}: " in " ".join(capsys.readouterr().out.split())
    assert main(["data", "unpack", str(archive), "--store", str(other)]) == 0
    (carried,) = (other / "adapters").rglob("adapter_model.safetensors")
    assert carried.read_bytes() == (lora / "adapter_model.safetensors").read_bytes()
    before = find_adapter(str(lora), Roots(store=tiny.store)).identity
    lora.rename(lora.with_name("gone"))
    found = find_adapter(str(lora), Roots(store=other))
    assert found.folder == carried.parent and found.identity == before
