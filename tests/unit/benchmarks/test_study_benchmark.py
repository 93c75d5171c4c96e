"""The benchmark of a study: both sides get the same runs and rows, and the table's arithmetic is right."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import yaml

from xstilts.data.examples import TagExample, TextExample
from xstilts.study.load import parse_study

SCRIPTS = Path(__file__).resolve().parents[3] / "benchmarks"
NAMES = ("training_rows", "training", "study_plan", "study_peer", "study", "startup")


@pytest.fixture(scope="module")
def scripts() -> Iterator[dict[str, ModuleType]]:
    """The scripts, found beside each other as when they are run."""
    sys.path.insert(0, str(SCRIPTS))
    yield {name: importlib.import_module(name) for name in NAMES}
    sys.path.remove(str(SCRIPTS))
    for name in NAMES:
        del sys.modules[name]


@pytest.fixture
def plan(scripts: dict[str, Any], tmp_path: Path) -> Any:
    return scripts["study_plan"].Plan(
        folder=tmp_path / "encoder", rows=tmp_path / "rows", updates=7, seeds=(1, 2), languages=("en", "de"),
        threads=1, device="cpu", precision="fp32", dev=30,
    )  # fmt: skip


def test_the_study_is_the_runs_of_the_peer(plan: Any) -> None:
    study = parse_study(yaml.safe_load(plan.study()), "study.yaml")
    assert set(plan.runs()) == {(a, t, s) for a in study.arms for t in study.targets for s in study.seeds}
    assert len(list(plan.runs())) == 12
    told = plan.chain(("snips-slots", "udpos"), 2, plan.folder, save=None, tuned=False)
    assert (told["updates"], told["batch"], told["lr"]) == (study.train.updates, study.train.batch, study.train.lr)
    assert (told["length"], told["dev"]) == (study.train.max_length, study.train.dev_examples)
    assert study.train.evaluate_every == study.train.updates  # one look at the dev set, at the end
    assert [phase["kind"] for phase in told["phases"]] == ["tagging", "tagging"] and told["seed"] == 2
    json.dumps(told)


@pytest.mark.parametrize(("careful", "processes", "trainings"), [(False, 12, 20), (True, 16, 16)])
def test_a_careful_peer_trains_an_intermediate_phase_once_a_seed(
    careful: bool, processes: int, trainings: int, plan: Any, scripts: dict[str, Any], tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    answer = json.dumps({"seconds": {"train": 6.0, "load": 1.0}, "scores": {"en": 60.0, "de": 40.0}})
    monkeypatch.setattr(scripts["study"], "timed", lambda command, threads: (10.0, f"log\n{answer}\n"))
    found = scripts["study"].peer(plan, careful, False, tmp_path)
    assert (found["processes"], found["trainings"], found["wall"]) == (processes, trainings, 10.0 * processes)
    assert found["scores"] == {target: [50.0] * 6 for target in ("xsid-intent-snips", "udpos")}
    assert sum(found["seconds"].values()) == pytest.approx(found["wall"])


def test_the_table_divides_by_ours(scripts: dict[str, Any]) -> None:
    one = {"processes": 1, "trainings": 16, "wall": 50.0, "seconds": {"train": 40.0, "predict": 10.0}}
    scores = {"xsid-intent-snips": [60.0, 70.0], "udpos": [40.0]}
    said = scripts["study"].table({"ours": one | {"scores": scores}, "naive": one | {"scores": scores, "wall": 200.0}})
    ours, naive = said.splitlines()[2:4]
    assert "| 1 | 16 | 50.0 | 1.00 × | 20% | 65.0 | 40.0 |" in ours
    assert "| 200.0 | 4.00 × | 80% |" in naive
    assert "| ours | train 40.0, predict 10.0 |" in said


def test_scores_are_means_over_languages_by_the_metric_of_the_peer(scripts: dict[str, Any], tmp_path: Path) -> None:
    lines = ["arm,target,seed,language,metric,value_name,value"]
    for arm, value in (("none", 50), ("nli", 70)):
        lines += [
            f"{arm},udpos,1,{code},token_accuracy,headline,{value + up}" for code, up in (("en", 10), ("de", -10))
        ]
        lines += [f"{arm},udpos,1,en,chunk_f1,headline,1"]
    (tmp_path / "scores.csv").write_text("\n".join(lines) + "\n", "utf-8")
    assert scripts["study"].our_scores(tmp_path)["udpos"] == [50.0, 70.0]


def test_the_first_piece_of_a_word_carries_its_tag(scripts: dict[str, Any]) -> None:
    class Encoded(dict):  # type: ignore[type-arg]
        def word_ids(self, row: int) -> list[int | None]:
            return [None, 0, 0, 1, None]

    made = Encoded({"input_ids": [[0, 5, 6, 7, 2]]})
    rows = [{"words": ["bigger", "dog", "cut"], "tags": ["ADJ", "NOUN", "NOUN"]}]
    features = scripts["study_peer"].tags(rows, lambda *_, **__: made, ("NOUN", "ADJ"), 8)
    assert features == [{"input_ids": [0, 5, 6, 7, 2], "labels": [-100, 1, -100, 0, -100]}]
    guesses = np.zeros((1, 6, 2))
    guesses[0, 1, 1] = 1.0  # ADJ for the first word, NOUN for the second; the third was cut off
    assert scripts["study_peer"].right(guesses, features, rows) == pytest.approx(200 / 3)


def test_rows_hold_what_the_peer_reads(scripts: dict[str, Any]) -> None:
    row = scripts["study_plan"]._row
    text = TextExample(id="a", group="a", where="", text="hello", pair=None, label="greet")
    assert row(text) == {"text": "hello", "pair": None, "label": "greet"}
    assert row(TagExample(id="a", group="a", where="", words=("a",), tags=("X",))) == {"words": ("a",), "tags": ("X",)}


def test_the_median_of_the_starts_is_shown(scripts: dict[str, Any]) -> None:
    first = scripts["startup"].FIRST
    said = scripts["startup"].table({first["ours"]: [2.0, 1.0, 9.0], first["trainer"]: [6.0, 5.0, 7.0]})
    assert f"| {first['ours']} | 2.00 | 1.00 | 9.00 |" in said and "3.00 × as long" in said


def test_a_training_is_compared_by_tokens_and_by_sequences(scripts: dict[str, Any]) -> None:
    common = {"peak_bytes": 1e9, "loss": 1.0}
    ours = {"sequences_a_second": 30.0, "tokens_a_second": 900.0, **common}
    long_rows = {"sequences_a_second": 10.0, "tokens_a_second": 600.0, **common}
    said = scripts["training"].table({"ours": [ours], "tuned": [long_rows]})
    assert said.splitlines()[3].endswith("| 1.00 | 1.000 | 1.50 × | 3.00 × |")
