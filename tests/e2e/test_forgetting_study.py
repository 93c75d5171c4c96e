"""A chain of two intermediate tasks on the command line: what is left of each after later phases and targets."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from tiny_study import TinyStudy

Make = Callable[..., TinyStudy]
CHAIN: dict[str, Any] = {
    "arms": {
        "none": {"strategy": "direct"},
        "tagged": {"strategy": "sequential", "through": ["words"]},
        "both": {"strategy": "sequential", "through": ["words", "places"]},
    },
    "targets": ["weather"],
    "seeds": [1],
}


def forgotten(tiny: TinyStudy) -> dict[tuple[str, tuple[str, ...], str], dict[str, Any]]:
    """What report.json says, by arm, phases and task."""
    report = json.loads((tiny.store / "reports" / "tiny" / "report.json").read_text("utf-8"))
    return {(one["arm"], tuple(one["phases"]), one["task"]): one for one in report["forgetting"]}


def dev_score(tiny: TinyStudy, label: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The record of a score step and its scores.json."""
    record = next(record for record in tiny.records("score") if record["label"] == label)
    return record, json.loads((tiny.store / "steps" / record["key"] / "scores.json").read_text("utf-8"))


def test_a_study_that_does_not_ask_scores_no_dev_set(study: Make):
    tiny = study(**CHAIN)
    assert tiny.call("run") == 0
    assert len(tiny.records("score")) == 3 and not forgotten(tiny)
    assert "Forgetting" not in (tiny.store / "reports" / "tiny" / "report.md").read_text("utf-8")


def test_earlier_tasks_are_scored_by_their_own_head_on_later_encoders(study: Make, capsys: pytest.CaptureFixture[str]):
    tiny = study(**CHAIN, forgetting="all")
    assert tiny.call("plan") == 0
    assert "after every phase of an arm" in " ".join(capsys.readouterr().out.split())
    assert tiny.call("run") == 0
    printed = capsys.readouterr().out
    found = forgotten(tiny)
    assert set(found) == {
        ("tagged", ("words",), "words"), ("tagged", ("words", "weather"), "words"),
        ("both", ("words",), "words"), ("both", ("words", "places"), "words"),
        ("both", ("words", "places"), "places"), ("both", ("words", "places", "weather"), "words"),
        ("both", ("words", "places", "weather"), "places"),
    }  # fmt: skip
    fresh, later = found["both", ("words",), "words"], found["both", ("words", "places"), "words"]
    assert fresh["change"] is None and later["learnt"] == 0 and not later["reason"]
    assert later["change"] == pytest.approx(later["value"] - fresh["value"])
    assert later["low"] <= later["change"] <= later["high"]
    assert "Forgetting, in points on dev sets: " in " ".join(printed.split())
    page = (tiny.store / "reports" / "tiny" / "report.md").read_text("utf-8")
    assert "## Forgetting" in page and "After fine-tuning on each target" in page
    # the first task's score by its own checkpoint is what its training saw of the same dev set at its best
    _, scores = dev_score(tiny, "words dev by words · seed 1")
    training = next(record for record in tiny.records("train") if record["label"] == "words · seed 1")
    summary = json.loads((tiny.store / "steps" / training["key"] / "summary.json").read_text("utf-8"))
    entry = next(iter(scores["metrics"][scores["main"]]["languages"].values()))
    assert entry["headline"] == pytest.approx(summary["best_score"]) == pytest.approx(fresh["value"])


def test_asking_later_trains_intermediate_phases_no_second_time(study: Make):
    tiny = study(**CHAIN)
    assert tiny.call("run") == 0
    before = tiny.stamps("train")
    tiny.write(forgetting="intermediate")
    assert tiny.call("run") == 0
    assert tiny.stamps("train") == before and len(tiny.records("score")) == 3 + 3


def test_the_weights_of_targets_go_once_all_scores_have_been_taken(study: Make):
    tiny = study(**CHAIN, forgetting="all", keep="intermediate")
    assert tiny.call("run") == 0
    labels = {record["label"]: tiny.store / "steps" / record["key"] for record in tiny.records("train")}
    kept = {label for label, folder in labels.items() if list(folder.glob("encoder/*.safetensors"))}
    assert kept == {"words · seed 1", "words → places · seed 1"}


def test_checkpoints_of_adapters_are_scored_on_the_encoder_below_them(study: Make):
    adapted = {
        **CHAIN["arms"]["both"],
        "tune": {"adapter": "pfeiffer", "width": 8},
        "tune_target": {"lora": {"rank": 2}},
    }
    tiny = study(**{**CHAIN, "arms": {"none": {"strategy": "direct"}, "both": adapted}}, forgetting="all")
    assert tiny.call("run") == 0
    found = forgotten(tiny)
    assert len(found) == 5 and all(one["value"] is not None for one in found.values())
    training = next(record for record in tiny.records("train") if record["label"] == "words · seed 1")
    summary = json.loads((tiny.store / "steps" / training["key"] / "summary.json").read_text("utf-8"))
    assert found["both", ("words",), "words"]["value"] == pytest.approx(summary["best_score"])
