"""A finished study becomes a folder of predictions that, read back, scores as the study did."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import yaml

from xstilts.cli import main
from xstilts.metrics.tallies import headline
from xstilts.xtreme.layout import SUBMISSION_TASKS

LANGUAGES = {"udpos": ["de", "en"], "xquad": ["en", "de"], "tatoeba": ["de"]}
Call = Callable[..., int]


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("submission")
    value = {
        "question": "Does it come back?",
        "encoder": {"name": "tiny-e5", "layers": 1},  # whose vocabulary has the words: few tokens, few windows
        "arms": {"none": {"strategy": "direct"}},
        "targets": list(LANGUAGES),
        "languages": ["de", "en"],
        "take": {"target": 40, "test": 30},
        "train": {
            "updates": 2, "batch": 4, "max_length": 128, "dev_examples": 20, "tasks": {"udpos": {"max_length": 48}}
        },
        "substitute": {"squad1": "squad1-36-articles"},
        "seeds": [1],
        "precision": "fp32",
    }  # fmt: skip
    (folder / "back.yaml").write_text(yaml.safe_dump(value), "utf-8")
    assert (
        main(["run", str(folder / "back.yaml"), "--store", str(folder / "store"), "--offline", "--threads", "1"]) == 0
    )
    return folder


def submit(study: Path, out: Path, *more: str) -> int:
    file, store = str(study / "back.yaml"), str(study / "store")
    return main(["xtreme", "submit", file, "--arm", "none", "--out", str(out), "--store", store, *more])


def test_what_is_written_scores_as_the_study_did(
    study: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, labels = tmp_path / "predictions", tmp_path / "labels"
    capsys.readouterr()
    assert submit(study, out, "--labels", str(labels), "--json") == 2
    refused = " ".join(capsys.readouterr().err.split())
    assert "a submission needs whole test sets" in refused and "--allow-cut" in refused and not out.exists()
    assert submit(study, out, "--labels", str(labels), "--json", "--allow-cut") == 0
    said = json.loads(capsys.readouterr().out)
    assert any(text.startswith("tatoeba in 'de' is") for text in said["cut"])
    assert said["written"] == LANGUAGES
    assert "zh" in said["lacking"]["udpos"] and "pawsx" in said["lacking"]
    scores = {path.parent.name: json.loads(path.read_text()) for path in study.glob("store/steps/score-*/scores.json")}
    found = {}
    for name, languages in LANGUAGES.items():
        target = SUBMISSION_TASKS[name]
        for language in languages:
            file = f"{name}/test-{language}.{target.suffix}"
            counts = [target.metric.tally(a, b, language) for a, b in target.read(labels / file, out / file)]
            found[name, language] = float(headline(target.metric, np.sum(counts, axis=0)))
    values = [
        line["headline"]
        for record in scores.values()
        for line in record["metrics"][record["main"]]["languages"].values()
    ]
    assert sorted(found.values()) == pytest.approx(sorted(values), abs=1e-9)


def test_mistakes_are_named(study: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    full = tmp_path / "full"
    full.mkdir()
    (full / "mine.txt").touch()
    assert submit(study, full) == 2
    assert "this folder is not empty" in capsys.readouterr().err
    assert submit(study, tmp_path / "new", "--seed", "7") == 2
    assert "no seed 7" in capsys.readouterr().err
    assert submit(study, tmp_path / "new", "--version", "xtrem") == 2
    assert "Did you mean 'xtreme'?" in capsys.readouterr().err
    file, store = str(study / "back.yaml"), str(study / "store")
    assert main(["xtreme", "submit", file, "--arm", "non", "--out", str(tmp_path / "new"), "--store", store]) == 2
    assert "no arm 'non'. Did you mean 'none'?" in capsys.readouterr().err
    assert submit(study, tmp_path / "new", "--store", str(tmp_path / "empty")) == 2
    assert "not finished: udpos" in capsys.readouterr().err
    assert not (tmp_path / "new").exists()
