"""Steps say what they are for in `about`, and programs read it there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from xstilts.engine.graph import steps_of
from xstilts.kinds.retrieval import Retrieval
from xstilts.pipeline.options import Options
from xstilts.pipeline.results import collect
from xstilts.pipeline.session import Session, open_session
from xstilts.pipeline.steps import STEP_KINDS, kind_of
from xstilts.study.load import load_study


def write_study(folder: Path, task: str) -> Path:
    rows = "".join(f"row {i}\t{('bad', 'good')[i % 2]}\n" for i in range(8))
    for name in ("en", "de"):
        (folder / f"{name}.tsv").write_text(f"text\tverdict\n{rows}", "utf-8")
    spec: dict[str, Any] = {
        "kind": "classification", "labels": ["bad", "good"], "reader": "tsv", "holdout": 0.25,
        "columns": {"text": "text", "label": "verdict"}, "train": "en.tsv", "test": {"de": "de.tsv"},
        "licence": "ours alone",
    }  # fmt: skip
    study = {
        "question": "Is it read?",
        "encoder": "tiny-e5",
        "precision": "fp32",
        "tasks": {task: spec},
        "arms": {"none": {"strategy": "direct"}},
        "targets": [task],
        "train": {"updates": 1, "batch": 2, "lr": 1e-3, "max_length": 32},
    }
    path = folder / "study.yaml"
    path.write_text(yaml.safe_dump(study), "utf-8")
    return path


def opened(folder: Path, task: str = "my reviews") -> Session:
    return open_session(load_study(str(write_study(folder, task))), Options(store=folder / "store", data=(folder,)))


def test_a_task_whose_name_has_a_space_is_reported_by_its_whole_name(tmp_path: Path) -> None:
    lines = collect(opened(tmp_path)).data
    assert {line["task"] for line in lines} == {"my reviews"}
    assert {(line["use"], line["language"], line["file"]) for line in lines} == {
        ("train", "en", "en.tsv"),
        ("test", "de", "de.tsv"),
    }
    assert {line["licence"] for line in lines} == {"ours alone"}


def test_each_score_is_looked_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[str] = []
    monkeypatch.setattr(
        "xstilts.pipeline.stored_scores._state",
        lambda session, step, outcome: looked.append(step.key) or ("x", "", None),
    )
    session = opened(tmp_path)
    assert len(collect(session).cells) == 1
    assert looked == [step.key for step in session.steps.scores.values()]


def test_every_step_says_what_it_is_about(tmp_path: Path) -> None:
    about = {(step.name, *step.about.values()) for step in steps_of(opened(tmp_path).goals)}
    assert about == {
        ("encoder", "tiny-e5"),
        ("prepare", "my reviews", "train", "en"),
        ("prepare", "my reviews", "test", "de"),
        ("train", "my reviews", "target", "1"),
        ("predict", "my reviews", "test"),
        ("score", "my reviews", "test"),
    }


def test_every_step_has_a_kind_of_its_name_and_version(tmp_path: Path) -> None:
    for step in steps_of(opened(tmp_path).goals):
        kind = kind_of(step)
        assert (step.name, step.version, step.call, step.compute) == (
            kind.name,
            kind.version,
            kind.run,
            kind.takes_device,
        )
    assert len({kind.name for kind in STEP_KINDS}) == len(STEP_KINDS)


def test_inputs_that_need_gold_are_among_the_inputs(tmp_path: Path) -> None:
    for step in steps_of(opened(tmp_path).goals):
        assert set(kind_of(step).labelled_inputs(step)) <= set(step.inputs)


def test_a_kind_whose_predictions_change_leaves_those_of_other_kinds_as_they_were(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def predictions() -> dict[str, str]:
        options = Options(store=tmp_path, data=())
        steps = steps_of(open_session(load_study("quickstart"), options, planning=True).goals)
        return {step.label: step.id for step in steps if step.name == "predict"}

    before = predictions()
    monkeypatch.setattr(Retrieval, "prediction_version", Retrieval.prediction_version + 1)
    changed = {label for label, step in predictions().items() if step != before[label]}
    assert changed == {label for label in before if label.startswith("tatoeba")} != set()
