"""A tiny study of minimal pairs: the pretrained head scores before and after fine-tuning, a probe learns on frozen
states, and an encoder without a head has a reason in the place of a score."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer

from tiny_encoders import published
from toy_tokenizers import SPECIALS, of_characters
from xstilts.cli import main
from xstilts.kinds.base import NO_OWN_HEAD

PAIRS = [(f"abc{c} de", f"de {c}abc", "swap" if c < "k" else "turn") for c in "abcdefghijklmnopqrst"]


@pytest.fixture
def study(tmp_path: Path) -> Path:
    folder = tmp_path / "encoder"
    folder.mkdir()
    published(folder, "xlm-roberta")
    of_characters(folder, 97)
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.add_special_tokens(list(SPECIALS))
    tokenizer.save(str(folder / "tokenizer.json"))
    rows = ["right\twrong\tpart", *("\t".join(row) for row in PAIRS)]
    (tmp_path / "pairs.tsv").write_text("\n".join(rows) + "\n", "utf-8")
    texts = ["text\tlabel", *(f"{good}\t{'xy'[i % 2]}" for i, (good, _, _) in enumerate(PAIRS * 2))]
    (tmp_path / "train.tsv").write_text("\n".join(texts) + "\n", "utf-8")
    columns = {"good": "right", "bad": "wrong", "paradigm": "part"}
    value: dict[str, Any] = {
        "question": "What is left of the head?",
        "encoder": str(folder),
        "precision": "fp32",
        "tasks": {
            "pairs": {"kind": "minimal-pairs", "reader": "tsv", "columns": columns, "test": {"en": "pairs.tsv"}},
            "topic": {
                "kind": "classification", "reader": "tsv", "labels": ["x", "y"],
                "columns": {"text": "text", "label": "label"}, "train": "train.tsv", "test": {"en": "train.tsv"},
            },
        },
        "arms": {
            "none": {"strategy": "direct", "tune_target": "frozen"},
            "topic": {"strategy": "sequential", "through": ["topic"], "tune_target": "frozen"},
        },
        "targets": ["pairs", "probe"],
        "train": {"updates": 12, "batch": 8, "lr": 5e-2},
    }  # fmt: skip
    path = tmp_path / "study.yaml"
    path.write_text(yaml.safe_dump(value, sort_keys=False), "utf-8")
    return path


def call(study: Path, *more: str) -> int:
    home = study.parent
    where = ("--store", str(home / "store"), "--data", str(home), "--tasks", "toy_probe:TASKS")
    return main(["run", str(study), *where, "--threads", "1", *more])


def scores(study: Path, metric: str) -> list[dict[str, Any]]:
    found = [json.loads(path.read_text("utf-8")) for path in study.parent.glob("store/steps/score-*/scores.json")]
    return [record["metrics"][metric]["languages"]["en"] for record in found if record["main"] == metric]


def test_pairs_are_scored_before_and_after_and_a_probe_is_trained(study: Path, capsys: pytest.CaptureFixture[str]):
    assert call(study) == 0
    before_and_after = scores(study, "prediction_accuracy")
    assert len(before_and_after) == 2
    for entry in before_and_after:
        assert entry["n"] == len(PAIRS) and entry["floor"] == 50.0
        parts = entry["facets"]["paradigm"]
        assert {name: part["n"] for name, part in parts.items()} == {"swap": 10, "turn": 10}
        assert sum(part["n"] * part["headline"] for part in parts.values()) == pytest.approx(entry["headline"] * 20)
    assert len(scores(study, "accuracy")) == 2
    report = (study.parent / "store/reports/study/report.md").read_text("utf-8")
    assert "swap" in report and "turn" in report


def test_the_head_is_the_one_that_was_published_after_fine_tuning(study: Path):
    assert call(study) == 0
    published_head = load_file(study.parent / "encoder/model.safetensors")
    checkpoints = list(study.parent.glob("store/steps/train-*/encoder/model.safetensors"))
    assert checkpoints
    for path in checkpoints:
        trained = load_file(path)
        head = [name for name in published_head if name.startswith("lm_head.") and "decoder" not in name]
        assert head and all((trained[name] == published_head[name]).all() for name in head)


def test_an_encoder_without_a_head_has_a_reason_in_the_place_of_a_score(
    study: Path, capsys: pytest.CaptureFixture[str]
):
    path = study.parent / "encoder/model.safetensors"
    bare = {name: tensor for name, tensor in load_file(path).items() if not name.startswith("lm_head")}
    save_file(bare, path, metadata={"format": "pt"})
    assert call(study) == 2
    refused = capsys.readouterr().err
    assert NO_OWN_HEAD in " ".join(refused.split()) and "pairs" in refused
    assert not list(study.parent.glob("store/steps/train-*")), "refused before anything is trained"
    assert call(study, "--allow-missing") == 0
    assert scores(study, "prediction_accuracy") == [] and len(scores(study, "accuracy")) == 2
    report = (study.parent / "store/reports/study/report.md").read_text("utf-8")
    assert NO_OWN_HEAD in report
