"""`xstilts pretrain` with a teacher: chosen layers over fewer pieces, drawn to the teacher's states."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from pretraining_text import TEXT, write_text

from toy_vectors import VectorSettings, build
from xstilts.cli import main
from xstilts.kinds.tokenizers import load_tokenizer


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return write_text(tmp_path / "data")


@pytest.fixture
def teacher(tmp_path: Path) -> Path:
    build(TEXT, tmp_path / "teacher", VectorSettings(vocabulary=600, width=32, layers=4, heads=2, positions=60))
    return tmp_path / "teacher"


def recipe(folder: Path, **changes: Any) -> str:
    phase = {
        "name": "distil", "updates": 30, "batch": 8, "max_length": 32, "lr": 3e-3, "precision": "fp32",
        "parts": [{"learn": "distillation", "data": "text"}, {"learn": "distillation", "data": "parallel"}],
    }  # fmt: skip
    content = {
        "languages": ["de"], "corpora": ["tatoeba-text", "ntrex"], "tokenizer": {"vocabulary": 400, "lines": 500},
        "encoder": {"teacher": str(folder / "teacher"), "layers": [2, 4]}, "phases": [phase], **changes,
    }  # fmt: skip
    (folder / "student.yaml").write_text(yaml.safe_dump(content), "utf-8")
    return str(folder / "student.yaml")


def test_a_student_learns_its_teachers_states(data: Path, teacher: Path, tmp_path: Path):
    common = ["--data", str(data), "--store", str(tmp_path / "store"), "--threads", "1", "--offline"]
    assert main(["pretrain", recipe(tmp_path), "--out", str(tmp_path / "out"), *common]) == 0
    pieces = load_tokenizer(tmp_path / "out").get_vocab_size()
    config = json.loads((tmp_path / "out" / "config.json").read_text("utf-8"))
    assert config["num_hidden_layers"] == 2 and config["vocab_size"] == pieces <= 400
    record = json.loads((tmp_path / "out" / "pretraining.json").read_text("utf-8"))
    for curve in record["phases"][0]["curve"].values():
        losses = [loss for _, loss in curve]
        assert sum(losses[-5:]) < 0.8 * sum(losses[:5])


def test_distillation_without_a_teacher_is_refused(data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    wrong = recipe(tmp_path, encoder={"layers": 2, "width": 16, "embedding": 12, "heads": 2, "feedforward": 20})
    assert main(["pretrain", wrong, "--dry-run", "--data", str(data), "--store", str(tmp_path / "store")]) == 2
    assert "give a teacher" in " ".join(capsys.readouterr().err.split())


def test_layers_that_the_teacher_lacks_are_refused_before_anything_runs(
    data: Path, teacher: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    wrong = recipe(tmp_path, encoder={"teacher": str(teacher), "layers": [2, 5]})
    assert main(["pretrain", wrong, "--data", str(data), "--store", str(tmp_path / "store"), "--offline"]) == 2
    assert "has 4 layers, of which 5 cannot be kept" in " ".join(capsys.readouterr().err.split())
    assert not list((tmp_path / "store" / "steps").glob("*"))
