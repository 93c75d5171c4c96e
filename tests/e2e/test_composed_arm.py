"""Arms that join trainings made apart, on the command line: nothing is trained twice, and weights go once read."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tiny_study import TinyStudy, texts, write_weather

from xstilts.cli import main

Make = Callable[..., TinyStudy]
ADAPTER = {"adapter": "pfeiffer", "reduction": 4}
SINGLE = {
    name: {"strategy": "sequential", "through": [task], "tune": ADAPTER}
    for name, task in (("tagged", "words"), ("picked", "picks"))
}


def composed(join: Any, **more: Any) -> dict[str, Any]:
    return {"strategy": "compose", "through": ["words", "picks"], "join": join, "tune": ADAPTER, **more}


FUSED = composed("fuse", tune_target={"adapter": "pfeiffer", "reduction": 8, "stack": True})


def printed(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    return json.loads(capsys.readouterr().out)


def test_composed_arms_share_the_trainings_of_single_ones(
    study: Make, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    tiny = study(seeds=[1], targets=["weather", "pairs"], arms=SINGLE, keep="all")
    assert tiny.call("run") == 0
    before = tiny.stamps("train")
    arms = {**SINGLE, "fused": FUSED, "ties": composed("ties"), "stacked": composed("stack", tune_target="frozen")}
    tiny.write(arms=arms)
    capsys.readouterr()
    assert tiny.call("plan") == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "fused(words, picks) 12 + 12" in shown and "join 3 0" in shown, "three to run, none reused"
    assert tiny.call("run", "--json") == 0
    answer = printed(capsys)
    assert {one["overall"]["value"] is not None for one in answer["scores"]} == {True}
    after = tiny.stamps("train")
    assert before.items() <= after.items(), "what was trained is used as it is"
    labels = Counter(record["label"] for record in tiny.records("train"))
    assert len(after) - len(before) == 3 and set(labels.values()) == {1}, "a target for each new arm, and nothing else"
    assert labels.keys() >= {"words · seed 1", "ties(words, picks) → weather · seed 1"}
    report = json.loads((tiny.store / "reports" / "tiny" / "report.json").read_text())
    whole = {t["phase"]: t["arms"] for t in report["trainings"] if t["phase"] in {"words", "picks"}}
    assert whole == {"words": ["tagged", "fused", "ties", "stacked"], "picks": ["picked", "fused", "ties", "stacked"]}
    (target,) = (r["key"] for r in tiny.records("train") if r["label"].startswith("fused(words, picks) → weather"))
    write_weather(tmp_path / "mine.tsv", texts("en", 3))
    options = ["--task", "weather", "--study", str(tiny.file), "--store", str(tiny.store)]
    assert main(["predict", target, str(tmp_path / "mine.tsv"), *options]) == 0
    assert tiny.call("run", "--json") == 0


def test_the_parts_go_after_they_were_joined_and_come_back_when_they_are_needed(study: Make):
    arms = {"fused": FUSED, "averaged": composed({"average": {"weights": [2, 1]}}, tune="full")}
    tiny = study(seeds=[1], targets=["weather", "pairs"], arms=arms, keep="none")
    assert tiny.call("run") == 0
    assert len(tiny.records("join")) == 2
    assert not [path for name in ("train", "join") for path in tiny.store.glob(f"steps/{name}-*/**/*.safetensors")]
    before = tiny.scores()
    for name in ("predict", "score"):
        for folder in tiny.store.glob(f"steps/{name}-*"):
            shutil.rmtree(folder)
    assert tiny.call("run") == 0 and tiny.scores() == before


def test_targets_alone_are_trimmed_and_joined_weights_stay(study: Make):
    arms = {"averaged": composed("average", tune="full")}
    tiny = study(seeds=[1], targets=["weather"], arms=arms, keep="intermediate")
    assert tiny.call("run") == 0
    kept = {path.parent.parent.name.split("-")[0] for path in tiny.store.glob("steps/*/encoder/*.safetensors")}
    assert kept == {"train", "join"} and len(list(tiny.store.glob("steps/*/encoder/*.safetensors"))) == 3
