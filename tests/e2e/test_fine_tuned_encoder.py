"""A study that starts from a fine-tuned model: one that this program has exported."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from tiny_study import TinyStudy

from xstilts.cli import main

Make = Callable[..., TinyStudy]
DIRECT = {"none": {"strategy": "direct"}}


def test_an_exported_model_is_an_encoder_without_its_head(
    study: Make, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = study(targets=["weather"], seeds=[1], arms=DIRECT, keep="all")
    assert first.call("run") == 0
    (key,) = (record["key"] for record in first.records("train"))
    own = ["--task", "weather", "--study", str(first.file), "--store", str(first.store)]
    assert main(["export", key, str(tmp_path / "out"), *own]) == 0
    second = study("second", encoder=str(tmp_path / "out"), targets=["words", "pairs"], seeds=[1], arms=DIRECT)
    capsys.readouterr()
    assert second.call("plan") == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "a fine-tuned model (XLMRobertaForSequenceClassification); its output layer (classifier) is left out" in said
    assert second.call("run") == 0
    report = json.loads((second.store / "reports" / "tiny" / "report.json").read_text("utf-8"))
    assert "without its output layers (classifier), each trained" in report["methods"]
    assert any("is left out, and every route starts from the encoder below" in note for note in report["notes"])
