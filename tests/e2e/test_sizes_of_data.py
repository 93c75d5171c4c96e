"""A study over sizes of its data: what they share is trained once, and sizes beyond the data are refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tiny_study import TinyStudy

from xstilts.cli import main

SIZES = {
    "targets": ["weather"],
    "seeds": [1],
    "train": {"updates": 3, "batch": 4, "lr": 1e-2, "max_length": 32},
    "take": {"intermediate": [4, 8, "all"], "target": [6, "all"], "budget": "updates"},
}


def report(tiny: TinyStudy) -> dict[str, Any]:
    return dict(json.loads((tiny.store / "reports" / "tiny" / "report.json").read_text("utf-8")))


def test_what_sizes_share_is_trained_once(
    study: Callable[..., TinyStudy], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("COLUMNS", "120")
    tiny = study(**SIZES)
    assert tiny.call("plan") == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "8 arms × 1 target × 1 seed" in said
    assert "11 trainings; one by one it would be 14 (21% shared)" in said
    assert "tagged at 8, target at 6" in said
    assert "sizes of tagged, target at 6 (intermediate): 4, 8, all, equal updates" in said
    assert tiny.call("run") == 0
    assert len(tiny.records("train")) == 2 + 3 + 3 * 2, "two direct ones, three sizes, and two targets after each"
    assert len(tiny.records("score")) == 8
    before = tiny.stamps()

    curves = report(tiny)["scaling"]
    assert [(curve["name"], curve["axis"], curve["budget"]) for curve in curves] == [
        ("tagged, target at 6", "intermediate", "updates"),
        ("tagged, target at all", "intermediate", "updates"),
        ("none", "target", "updates"),
        ("tagged at 4", "target", "updates"),
        ("tagged at 8", "target", "updates"),
        ("tagged at all", "target", "updates"),
    ]
    first = curves[0]["mean"]
    sizes = [point["size"] for point in first["points"]]
    assert sizes[:2] == [4, 8] and sizes[2] in range(12, 24), "24 sentences less the held out quarter"
    assert curves[2]["mean"]["verdict"] == "too few sizes"
    assert [one["curve"] for one in report(tiny)["exchange"]] == ["tagged at 4", "tagged at 8", "tagged at all"]
    markdown = (tiny.store / "reports" / "tiny" / "report.md").read_text("utf-8")
    assert "## Size of the training data" in markdown and "a smaller set was seen more often" in markdown

    tiny.write(take={**SIZES["take"], "intermediate": [4, 6, 8, "all"]})
    assert tiny.call("run") == 0
    after = tiny.stamps("train")
    assert len(after) == 11 + 3 and before.items() & after.items() == {x for x in before.items() if "train" in x[0]}


def test_a_size_larger_than_the_data_is_refused_before_training(
    study: Callable[..., TinyStudy], capsys: pytest.CaptureFixture[str]
):
    tiny = study(**SIZES | {"take": {"intermediate": [4, 500], "budget": "updates"}})
    assert tiny.call("run") == 2
    said = " ".join(capsys.readouterr().err.split())
    assert "take.intermediate: the size 500 of 'tagged' is larger than the data (words " in said
    assert "write `all`" in said and tiny.records("train") == []


def test_sizes_without_a_budget_are_refused_by_line(
    study: Callable[..., TinyStudy], capsys: pytest.CaptureFixture[str]
):
    tiny = study(**SIZES | {"take": {"intermediate": [4, 8]}})
    assert tiny.call("plan") == 2
    said = capsys.readouterr().err
    assert "tiny.yaml:" in said and "take.budget: Sizes need a 'budget'" in said


def packaged_smoke(store: Path, *more: str) -> dict[str, Any]:
    """The report of the packaged study at its smallest scale."""
    call = ["run", "scaling_semparse", "--scale", "smoke", "--offline", "--threads", "1", "--store", str(store)]
    assert main([*call, *more]) == 0
    return dict(json.loads((store / "reports" / "scaling_semparse-smoke" / "report.json").read_text("utf-8")))


@pytest.mark.long
def test_the_packaged_study_runs_on_the_rows_that_come_with_the_program(tmp_path: Path):
    """NLI first, then slots and intents; names and GeoQuery are not among them."""
    found = packaged_smoke(tmp_path)
    [curve] = found["scaling"]
    assert (curve["name"], curve["target"], curve["axis"]) == ("nli", "xsid-snips", "intermediate")
    assert [point["size"] for point in curve["mean"]["points"]] == [60, 120, 240]
    assert curve["budget"] == "updates" and curve["without"] is not None
    assert len(list(tmp_path.glob("steps/train-*"))) == 4 + 6, "phases before, and what each of six arms trains last"
    adapted = [path.parent for path in tmp_path.glob("steps/train-*/adapter.json")]
    assert len(adapted) == 3, "prompts alone, and before and after NLI"
    scored = {(cell["name"], cell["target"]) for cell in found["contrasts"] if cell["value"] is not None}
    assert ("prompts over full tuning", "xsid-snips") in scored
    assert not any(target == "geoquery-funql" or "names" in name for name, target in scored)


@pytest.mark.long
def test_the_packaged_study_parses_real_questions(shared_data: Path, tmp_path: Path):
    found = packaged_smoke(tmp_path, "--data", str(shared_data))
    curves = {(curve["name"], curve["target"]): curve for curve in found["scaling"]}
    assert set(curves) == {(task, target) for task in ("nli", "names") for target in ("xsid-snips", "geoquery-funql")}
    assert all(set(curve["languages"]) <= {"de", "en"} and curve["languages"] for curve in curves.values())
    assert all(len(curve["mean"]["points"]) == 3 and not curve["missing"] for curve in curves.values())
    asked = {cell["name"] for cell in found["contrasts"] if cell["value"] is not None}
    assert asked >= {"prompts over full tuning", "NLI first, with prompts", "names over NLI at 240"}
    assert len(list(tmp_path.glob("steps/train-*"))) == 7 + 9 * 2
