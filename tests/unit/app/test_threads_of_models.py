"""Threads of `predict` and `export`: those of the option, else OMP_NUM_THREADS as the user set it, else all cores."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from xstilts.cli import main
from xstilts.core.environment import usable_cores
from xstilts.evaluate.predict import Predictions
from xstilts.train.job import Compute

ALL = usable_cores()


@pytest.fixture
def used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[int]:
    """The threads that were asked for; a checkpoint folder is there, and nothing of it is read."""
    found: list[int] = []

    def guess(checkpoint: object, kind: object, examples: list[object], compute: Compute) -> Predictions:
        found.append(compute.threads)
        return Predictions(guesses=["entailment"] * len(examples), scores=None)

    def export(*arguments: object) -> str:
        return "AutoModel"

    monkeypatch.setattr("xstilts.evaluate.predict.predict_examples", guess)
    monkeypatch.setattr("xstilts.train.memory.use_threads", found.append)
    monkeypatch.setattr("xstilts.evaluate.export.export", export)
    monkeypatch.setattr("xstilts.app.checkpoints.check_encoder", lambda folder: None)
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "heads.json").write_text("{}")
    (tmp_path / "model" / "parts.json").write_text(json.dumps({"weights": []}))
    (tmp_path / "mine.tsv").write_text("text\tpair\na\tb\n")
    return found


@pytest.mark.parametrize("command", ["predict", "export"])
@pytest.mark.parametrize(
    ("variable", "option", "threads"),
    [
        (None, None, usable_cores()),
        ("3", None, 3),
        ("3,2", None, 3),
        ("3", "5", 5),
        (None, "5", 5),
        ("", None, usable_cores()),
    ],
)
def test_the_option_then_the_users_variable_then_all_cores(
    used: list[int],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    command: str,
    variable: str | None,
    option: str | None,
    threads: int,
) -> None:
    if variable is None:
        monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    else:
        monkeypatch.setenv("OMP_NUM_THREADS", variable)
    file = [str(tmp_path / "mine.tsv"), "--out", str(tmp_path / "out.jsonl")] if command == "predict" else []
    folder = [] if command == "predict" else [str(tmp_path / "exported")]
    words = [command, str(tmp_path / "model"), *file, *folder, "--task", "xnli", "--store", str(tmp_path / "store")]
    assert main([*words, *(["--threads", option] if option else [])]) == 0
    assert used == [threads]


@pytest.mark.parametrize("command", ["predict", "export"])
def test_impossible_threads_are_refused(command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([command, "none", str(tmp_path / "x"), "--task", "xnli", "--threads", "0"]) == 2
    assert "--threads" in capsys.readouterr().err
