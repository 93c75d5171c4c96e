"""Test sets in translation, on the command line: one training for both arms, the same items, other predictions."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from tiny_study import TinyStudy

import toy_translators
from xstilts.core.files import read_json

Make = Callable[..., TinyStudy]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return toy_translators.marian(tmp_path_factory.mktemp("models") / "any-en", target="en")


def arms(model: Path) -> dict[str, Any]:
    translated = {"strategy": "direct", "translate_test": {"model": str(model), "beams": 1}}
    return {"zero-shot": {"strategy": "direct"}, "translate-test": translated}


def test_translations_are_predicted_and_scored_against_the_gold_of_the_original(
    study: Make, model: Path, capsys: pytest.CaptureFixture[str]
):
    tiny = study(seeds=[1], targets=["weather"], arms=arms(model), take={"test": 6})
    assert tiny.call("plan") == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "note: arm translate-test: its test sets are machine translations" in said
    assert tiny.call("run") == 0
    assert len(tiny.records("train")) == 1 and len(tiny.records("translate")) == 2
    (record,) = [one for one in tiny.records("translate") if one["label"].startswith("weather de in en")]
    folder = tiny.store / "steps" / record["key"]
    with gzip.open(folder / "rows.jsonl.gz", "rt", encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    counts = read_json(folder / "counts.json")
    assert counts["rows"] == len(rows) == 6 and counts["dropped"] == {} and sum(counts["kept"].values()) < 6
    by_arm = {}
    for one in tiny.records("predict"):
        table = pq.read_table(tiny.store / "steps" / one["key"] / "de.parquet").to_pydict()
        by_arm["in translation" in one["label"]] = table["id"]
    assert by_arm[True] == by_arm[False] == [row["id"] for row in rows]
    report = read_json(tiny.store / "reports/tiny/report.json")
    lines = {(line["use"], line["file"]) for line in report["data"]}
    assert {("test", "weather-de.tsv"), ("test, translated", "weather-de.tsv")} <= lines
    stamps = tiny.stamps()
    assert tiny.call("run") == 0 and tiny.stamps() == stamps


def test_a_target_that_cannot_be_tested_so_and_a_model_that_is_not_here_stop_before_anything_runs(
    study: Make, model: Path, capsys: pytest.CaptureFixture[str]
):
    tiny = study(targets=["weather", "places"], arms=arms(model))
    assert tiny.call("run") == 2
    assert "The target 'places' (span qa) cannot be tested in translation" in " ".join(capsys.readouterr().err.split())
    tiny.write(targets=["weather"], arms=arms(Path("o/n")))
    assert tiny.call("run", "--offline") == 2
    assert "The arm 'translate-test' cannot run" in " ".join(capsys.readouterr().err.split())
    assert not tiny.records("train")
