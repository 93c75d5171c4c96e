"""A study that sweeps layers: one target to everything that reads it, one pass of the encoder for all layers."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tiny_study import TinyStudy

from xstilts.cli import main

DIRECT = {"none": {"strategy": "direct"}}
TATOEBA = {"encoder": "tiny-e5", "targets": ["tatoeba"], "arms": DIRECT, "languages": ["de"], "take": {"test": 30}}


def report(tiny: TinyStudy, name: str = "tiny") -> dict[str, Any]:
    return dict(json.loads((tiny.store / "reports" / name / "report.json").read_text("utf-8")))


def scores(tiny: TinyStudy, name: str) -> list[dict[str, str]]:
    path = tiny.store / "reports" / name / "scores.csv"
    return list(csv.DictReader(path.read_text("utf-8").splitlines()))


def submitted(tiny: TinyStudy, out: Path) -> str:
    call = ["xtreme", "submit", str(tiny.file), "--arm", "none", "--out", str(out), "--store", str(tiny.store)]
    assert main([*call, "--allow-cut"]) == 0
    return (out / "tatoeba" / "test-de.tsv").read_text("utf-8")


def test_a_layer_sweep_is_one_target(
    study: Callable[..., TinyStudy], tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    tiny = study(**TATOEBA, seeds=[1])
    tiny.write(name="plain", settings={"tatoeba": {"layer": 0}})
    assert tiny.call("run", "--offline") == 0
    alone, before = submitted(tiny, tmp_path / "of-plain"), tiny.stamps()

    tiny.write(name="swept", settings={"tatoeba": {"layer": [4, 0], "reported": {"layer": 0}}})
    capsys.readouterr()
    assert tiny.call("plan") == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "1 arm × 1 target × 1 seed" in said and "predict 1 0" in said and "score 2 0" in said
    assert "note: tatoeba: scored with layer 0, as the study says; swept beside it: layer 4" in said
    assert tiny.call("run", "--offline") == 0
    assert {key.partition("-")[0] for key in tiny.stamps().keys() - before.keys()} == {"predict", "score"}
    assert len(tiny.stamps("predict")) == 2, "one without the sweep, and one for all layers of it"
    assert scores(tiny, "swept") == scores(tiny, "plain")
    assert [target["name"] for target in report(tiny, "swept")["targets"]] == ["tatoeba"]
    (sweep,) = report(tiny, "swept")["sweeps"]
    assert {line["values"]["layer"]: line["is_reported"] for line in sweep["lines"]} == {0: True, 4: False}
    assert submitted(tiny, tmp_path / "of-swept") == alone
    capsys.readouterr()
    assert tiny.call("report", "--against", "xlmr-large", "--json") == 0
    (against,) = json.loads(capsys.readouterr().out)["against"]
    assert against["not_in_benchmark"] == [] and "tatoeba" not in against["not_in_study"]

    before = tiny.stamps()
    tiny.write(settings={"tatoeba": {"layer": [0, 4], "reported": {"layer": 4}}})
    assert tiny.call("run", "--offline") == 0
    assert tiny.stamps() == before, "the same layers in another order, and another one reported"
    assert scores(tiny, "swept") != scores(tiny, "plain") and submitted(tiny, tmp_path / "of-other") != alone


def test_a_layer_that_is_not_there_is_refused_before_anything_runs(
    study: Callable[..., TinyStudy], capsys: pytest.CaptureFixture[str]
):
    tiny = study(targets=["pairs"], arms=DIRECT, settings={"pairs": {"layer": [0, 2]}})
    assert tiny.call("run") == 2
    said = " ".join(capsys.readouterr().err.split())
    assert "tiny.yaml:" in said and "settings.pairs.layer: This encoder has layers 0 to 1, not 2" in said
    assert not list(tiny.store.glob("steps/*"))


def test_a_swept_setting_that_trains(study: Callable[..., TinyStudy]):
    settings = {"places": {"max_question": [4, 8], "reported": {"max_question": 8}}}
    tiny = study(targets=["places"], arms=DIRECT, seeds=[1], settings=settings, keep="all")
    assert tiny.call("run") == 0
    assert len(tiny.records("train")) == len(tiny.records("predict")) == len(tiny.records("score")) == 2
    (sweep,) = report(tiny)["sweeps"]
    assert [line["is_reported"] for line in sweep["lines"]] == [False, True]
    assert len(report(tiny)["trainings"]) == 1, "the trainings of the page are those of the study's scores"
    files = [(line["file"], line["use"]) for line in report(tiny)["data"]]
    assert sorted(files) == sorted(set(files)), "a file that each value has prepared for itself is counted once"
