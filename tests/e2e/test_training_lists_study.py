"""A study whose training numbers are lists: chosen on dev sets, and nothing else is predicted with."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from tiny_study import TinyStudy

ONCE = ("--offline", "--backend", "inline")
LISTS = {"updates": 12, "batch": 8, "max_length": 32, "lr": 1e-2, "target": {"lr": [1e-5, 3e-2]}}


def report(tiny: TinyStudy) -> dict[str, Any]:
    return dict(json.loads((tiny.store / "reports" / "tiny" / "report.json").read_text("utf-8")))


def test_what_is_chosen_on_dev_sets_alone_is_predicted_with(
    study: Callable[..., TinyStudy], capsys: pytest.CaptureFixture[str]
):
    tiny = study(targets=["weather"], train=LISTS, arms={"none": {"strategy": "direct"}})
    assert tiny.call("plan", "--json") == 0
    planned = json.loads(capsys.readouterr().out)
    assert planned["trainings"] == planned["trainings_without_sharing"] == 4
    assert tiny.call("run", *ONCE) == 0
    kinds = [key.partition("-")[0] for key in tiny.stamps()]
    assert {kind: kinds.count(kind) for kind in ("train", "choose", "predict", "score")} == {
        "train": 4, "choose": 2, "predict": 2, "score": 2,
    }  # fmt: skip
    assert planned["flops"] > 0
    done = [step for step in report(tiny)["steps"] if step["name"] in ("train", "predict")]
    assert all(step["flops"] > 0 for step in done) and not any(
        step["flops"] for step in report(tiny)["steps"] if step["name"] in ("prepare", "choose", "score")
    )
    counted = sum(step["flops"] for step in done)
    assert planned["flops"] == pytest.approx(counted, rel=0.5)
    (choice,) = report(tiny)["choices"]
    means = [one["mean"] for one in choice["settings"]]
    assert choice["chosen"] == means.index(max(means)) and len(means) == 2
    chosen = choice["settings"][choice["chosen"]]["values"]
    predicted = {record["inputs"]["checkpoint"] for record in tiny.records("predict")}
    trained = {record["key"]: record for record in tiny.records("train")}
    for key in predicted:
        recipe = trained[key]["settings"]["recipe"]
        assert {name: recipe[name] for name in chosen} == chosen
        assert not (tiny.store / "steps" / key / "trimmed.json").exists()
    for key in trained.keys() - predicted:
        assert (tiny.store / "steps" / key / "trimmed.json").exists(), "weights that were not chosen go"

    before = tiny.stamps()
    capsys.readouterr()
    assert tiny.call("run", *ONCE) == 0
    assert tiny.stamps() == before, "it chooses the same, and nothing runs again"
    capsys.readouterr()
    assert tiny.call("plan", "--json") == 0
    assert json.loads(capsys.readouterr().out)["to_run"] == 0

    tiny.write(name="plain", train={**LISTS, "target": chosen})
    assert tiny.call("run", *ONCE) == 0
    assert tiny.stamps() == before, "the study with the chosen numbers is in the store"


def test_a_chain_goes_on_from_what_the_dev_set_of_the_intermediate_task_chose(study: Callable[..., TinyStudy]):
    lists = {"updates": 6, "batch": 8, "max_length": 32, "lr": [1e-5, 2e-2]}
    tiny = study(targets=["weather", "pairs"], train=lists, seeds=[1], keep="all")
    assert tiny.call("run", *ONCE) == 0
    choices = {(one["arm"], one["training"]): one for one in report(tiny)["choices"]}
    assert set(choices) == {("none", "weather"), ("tagged", "words"), ("tagged", "weather")}
    assert choices["tagged", "words"]["targets"] == ["weather", "pairs"]
    words = [record for record in tiny.records("train") if record["about"]["task"] == "words"]
    assert len(words) == 2 and len(tiny.records("train")) == 6
    rate = choices["tagged", "words"]["settings"][choices["tagged", "words"]["chosen"]]["values"]["lr"]
    (chosen,) = [record["key"] for record in words if record["settings"]["recipe"]["lr"] == rate]
    after = [record["inputs"]["start"] for record in tiny.records("train") if "start" in record["inputs"]]
    assert after == [chosen, chosen]
    assert not list(tiny.store.glob("steps/*/trimmed.json")), "the study keeps all"


def test_a_training_that_fails_holds_up_the_choice_and_says_so(
    study: Callable[..., TinyStudy], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    from xstilts.train import loop

    whole = loop.fit_in_step

    def breaks(job: Any, context: Any) -> None:
        if job.recipe.lr == 3e-2:
            raise RuntimeError("no such rate")
        whole(job, context)

    monkeypatch.setattr(loop, "fit_in_step", breaks)
    tiny = study(targets=["weather"], train=LISTS, seeds=[1], arms={"none": {"strategy": "direct"}})
    assert tiny.call("run", *ONCE) == 1
    said = " ".join(capsys.readouterr().out.split())
    assert "not run: it waited for train-" in said and "no such rate" in said
    assert len(tiny.records("train")) == 1 and not tiny.records("predict")
    monkeypatch.setattr(loop, "fit_in_step", whole)
    assert tiny.call("run", *ONCE) == 0
    assert len(tiny.records("predict")) == 1
