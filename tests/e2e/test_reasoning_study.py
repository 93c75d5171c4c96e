"""The packaged study of reasoning at its smoke scale, over real files: the planned contrast, what each intermediate
task has taught, minimal pairs where the encoder has no head for them, words and groups of languages."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from xstilts.cli import main
from xstilts.kinds.base import NO_OWN_HEAD

REASONING = {"gsm8k-answer", "gsm8k-verify", "gsm8k-next-step", "gsm8k-operations", "mmlu"}
UNDERSTANDING = {"nli", "qa", "completion", "commonsense"}


@pytest.mark.long
def test_the_packaged_study_runs_at_its_smoke_scale(shared_data: Path, tmp_path: Path):
    call = ["run", "reasoning_syntax", "--scale", "smoke", "--offline", "--threads", "1"]
    assert main([*call, "--data", str(shared_data), "--store", str(tmp_path)]) == 0
    folder = tmp_path / "reports" / "reasoning_syntax-smoke"
    found, page = json.loads((folder / "report.json").read_text("utf-8")), (folder / "report.md").read_text("utf-8")

    learnt = {arm: phase for phase in found["learnt"] for arm in phase["arms"]}
    assert set(learnt) == REASONING | UNDERSTANDING
    assert all(phase["scores"] and phase["floor"] is not None and phase["verdict"] for phase in learnt.values())
    assert "## What was learnt first" in page

    planned = {one["target"]: one for one in found["contrasts"] if one["name"] == "reasoning - understanding"}
    assert planned["dependency"]["value"] is not None and planned["dependency"]["low"] is not None
    assert planned[None]["value"] is not None and planned[None]["targets"] == ["dependency"]
    assert "reasoning - understanding" in " ".join(found["answer"])

    assert NO_OWN_HEAD in page, "tiny-e5 has no masked-LM head, so minimal pairs are missing with that reason"

    words = found["word_by_word"]
    assert words["notes"] == [] and {row["target"] for row in words["rows"]} == {"dependency"}
    assert {row["facet"] for row in words["rows"]} == {"distance", "direction", "depth", "length", "word"}
    assert set(words["orders"]["dependency"]) == {"en", "de", "hi"}
    groups = {(one["by"], one["group"]) for one in found["language_groups"]["gains"]}
    assert {("script", "Devanagari"), ("pretraining", "in pretraining")} <= groups
