"""A study can be looked at before anything is fetched; running it still needs its files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from xstilts.cli import main


def planned(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict:
    assert main(["plan", *arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_the_published_study_is_planned_without_a_file_of_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    plan = planned(capsys, "phang2020", "--store", str(tmp_path), "--device", "cuda")
    assert plan["to_fetch"]["encoder"] == "FacebookAI/xlm-roberta-large"
    assert plan["to_fetch"]["sources"] > 100
    assert not plan["missing_arms"] and not plan["missing_targets"]
    assert plan["trainings"] < plan["trainings_without_sharing"] / 2
    trains = [step for step in plan["steps"] if step["name"] == "train"]
    assert len(trains) == plan["trainings"]
    seconds = {step["label"]: step["seconds"] for step in trains}
    assert seconds["mnli · seed 1"] > 5 * seconds["commonsenseqa · seed 1"]
    on_cpu = planned(capsys, "phang2020", "--store", str(tmp_path))
    assert on_cpu["seconds"] > 100 * plan["seconds"]


def test_the_arms_are_listed_with_what_they_share(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["plan", "xtreme-r", "--store", str(tmp_path), "--device", "cuda"]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "all three hellaswag + mnli + 3 epochs 27 27 train-" in said
    assert "To be fetched first: the encoder FacebookAI/xlm-roberta-large and" in said
    assert "on one GPU of the H200's class" in said


def test_running_needs_the_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["run", "phang2020", "--store", str(tmp_path), "--offline"]) == 2
    assert "missing" in capsys.readouterr().err


def test_an_encoder_that_nobody_can_fetch_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    study = {"question": "q", "encoder": "tiny-e6", "arms": {"none": {"strategy": "direct"}}, "targets": ["udpos"]}
    (tmp_path / "s.yaml").write_text(yaml.safe_dump(study), "utf-8")
    assert main(["plan", str(tmp_path / "s.yaml"), "--store", str(tmp_path)]) == 2
    assert "Did you mean 'tiny-e5'?" in capsys.readouterr().err


def test_a_plan_says_how_much_of_its_time_is_not_training(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    plan = planned(capsys, "phang2020", "--store", str(tmp_path), "--device", "cuda")
    training = sum(step["seconds"] for step in plan["steps"] if step["name"] == "train")
    assert 0 < plan["beyond_training"] < 0.5
    assert plan["beyond_training"] == pytest.approx(1 - training / plan["seconds"])
    assert plan["measured"] is False and plan["measured_steps"] == []
    assert main(["plan", "phang2020", "--store", str(tmp_path), "--device", "cuda"]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert f"{plan['beyond_training']:.1%} of it is not training: predict " in said
