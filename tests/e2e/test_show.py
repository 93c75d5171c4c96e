"""`xstilts show` and `plan --why`: a step of a study before and after it was run."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from tiny_study import TinyStudy

from xstilts.core.short_keys import short_key


def test_a_step_is_shown_before_and_after_its_run_and_a_change_is_why_it_runs_again(
    study: Callable[..., TinyStudy], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("COLUMNS", "200")
    tiny = study(targets=["weather"], seeds=[1], arms={"none": {"strategy": "direct"}})
    tiny.write()
    assert tiny.call("plan", "--why", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert {one["state"] for one in told["why"]} == {"runs"}
    [key] = [step["key"] for step in told["steps"] if step["name"] == "train"]
    assert tiny.call("show", short_key(key)) == 0
    page = capsys.readouterr().out
    assert "runs: the store has no train of weather" in page and "recipe.lr" in page and "part of the arms none" in page
    assert tiny.call("run") == 0
    capsys.readouterr()
    assert tiny.call("show", key[:12], "--json") == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["reason"]["state"] == "reused" and shown["settings"]["recipe.lr"] == 1e-2
    assert shown["curve"] and len(shown["loss"]) == 12 and shown["record"]["threads"] == 1
    assert {one["use"] for one in shown["inputs"]} >= {"train/0", "dev/0"}
    assert {one["use"] for one in shown["readers"]} == {"predict"}
    assert tiny.call("show", short_key(key)) == 0
    assert "dev score" in (page := capsys.readouterr().out) and "loss" in page
    tiny.write(train={"updates": 12, "batch": 8, "lr": 2e-2, "max_length": 32})
    assert tiny.call("plan", "--why") == 0
    said = capsys.readouterr().out
    assert f"from {short_key(key)} it differs in recipe.lr: 0.01 → 0.02" in said
    assert "The other steps: " in said and "reused" in said
    assert tiny.call("show", "train-0000") == 2
    assert "This study has no step 'train-0000'" in capsys.readouterr().err
