"""A study under stress: further evaluations of the checkpoints that are there, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from tiny_study import WORDS, TinyStudy

from xstilts.cli import main

STRESS = {"noise": ["swap", "delete"], "rates": [0.2, 0.5]}
TARGETS = ["weather", "words", "places"]


def report(tiny: TinyStudy) -> dict[str, Any]:
    return dict(json.loads((tiny.store / "reports" / "tiny" / "report.json").read_text("utf-8")))


def plan(tiny: TinyStudy, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    capsys.readouterr()
    assert tiny.call("plan", "--json") == 0
    return dict(json.loads(capsys.readouterr().out))


def test_stress_costs_its_own_tokens_and_predictions_and_no_training(
    study: Callable[..., TinyStudy], capsys: pytest.CaptureFixture[str]
):
    tiny = study(targets=TARGETS, seeds=[1])
    assert tiny.call("run") == 0
    before, clean = tiny.stamps(), report(tiny)
    scores = (tiny.store / "reports" / "tiny" / "scores.csv").read_bytes()

    tiny.write(stress=STRESS)
    planned = plan(tiny, capsys)
    run = [step["name"] for step in planned["steps"] if not step["reused"]]
    evaluations = 2 * 3 * 4  # arms, targets, conditions
    assert planned["stress"] == evaluations
    assert {name: run.count(name) for name in set(run)} == {
        "prepare": 3 * 4 * 2,  # targets, conditions, languages: whatever the number of arms
        "predict": evaluations,
        "score": evaluations,
        # the weights of targets are kept here, so that nothing is trained again
    }
    assert tiny.call("plan") == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "24 more evaluations of the same checkpoints; nothing is trained for them" in said

    assert tiny.call("run") == 0
    new = {key.partition("-")[0] for key in tiny.stamps().keys() - before.keys()}
    assert new == {"prepare", "predict", "score"}
    assert {key: stamp for key, stamp in tiny.stamps().items() if key in before} == before
    after = report(tiny)
    assert (tiny.store / "reports" / "tiny" / "scores.csv").read_bytes() == scores
    assert after["contrasts"] == clean["contrasts"]
    assert after["data"] == clean["data"], "a perturbed file is no further file"

    robustness = after["robustness"]
    assert {(one["target"], one["arm"]) for one in robustness["arms"]} == {
        (t, a) for t in TARGETS for a in ("none", "tagged")
    }
    assert {one["consistency"] is None for one in robustness["arms"] if one["target"] == "places"} == {True}
    assert all(0 <= one["consistency"] <= 100 for one in robustness["arms"] if one["target"] != "places")
    overall = [one for one in robustness["interactions"] if one["target"] is None and one["noise"] is None]
    assert len(overall) == 1 and overall[0]["verdict"] == "not tested" and overall[0]["low"] is not None
    assert len(robustness["interactions"]) == 1 + 3 + 2


def test_ids_and_labels_stay_and_texts_do_not(study: Callable[..., TinyStudy]):
    tiny = study(
        targets=["words"], arms={"none": {"strategy": "direct"}}, seeds=[1], stress={"noise": ["swap"], "rates": [0.5]}
    )
    assert tiny.call("run") == 0
    tokens = [
        (folder / "rows.arrow").read_bytes()
        for folder in tiny.store.glob("steps/prepare-*")
        if (about := json.loads((folder / "done.json").read_text("utf-8"))["about"])["use"] == "test"
        and about["language"] == "de"
    ]
    assert len(tokens) == 2 and tokens[0] != tokens[1], "clean, and perturbed"
    counts = [
        pq.read_table(path, columns=["language", "id", "group"])
        for path in tiny.store.glob("steps/score-*/counts.parquet")
    ]
    assert len(counts) == 2 and counts[0].equals(counts[1])


def test_a_second_run_and_a_second_rate(study: Callable[..., TinyStudy]):
    tiny = study(
        targets=["weather"],
        arms={"none": {"strategy": "direct"}},
        seeds=[1],
        stress={"noise": ["swap"], "rates": [0.5]},
    )
    assert tiny.call("run") == 0
    before = tiny.stamps()
    assert tiny.call("run") == 0 and tiny.stamps() == before
    tiny.write(stress={"noise": ["swap"], "rates": [0.5, 0.25]})
    assert tiny.call("run") == 0
    assert sorted(key.partition("-")[0] for key in tiny.stamps().keys() - before.keys()) == [
        "predict",
        "prepare",
        "prepare",
        "score",
    ]
    assert {key: stamp for key, stamp in tiny.stamps().items() if key in before} == before


def test_weights_go_once_all_conditions_are_predicted(study: Callable[..., TinyStudy]):
    tiny = study(targets=["weather"], seeds=[1], keep="none", stress={"noise": ["swap"], "rates": [0.5]})
    assert tiny.call("run") == 0
    assert not list(tiny.store.glob("steps/train-*/encoder/model.safetensors"))
    assert len(tiny.records("train")) == 3 and len(tiny.records("score")) == 4


def test_only_the_rows_that_are_scored_are_perturbed(study: Callable[..., TinyStudy]):
    tiny = study(
        targets=["weather"],
        arms={"none": {"strategy": "direct"}},
        seeds=[1],
        take={"test": 4},
        stress={"noise": ["swap"], "rates": [0.5]},
    )
    assert tiny.call("run") == 0
    rows = sorted(
        json.loads((Path(tiny.store) / "steps" / key / "meta.json").read_text("utf-8"))["rows"]
        for key in tiny.stamps("prepare")
        if json.loads((Path(tiny.store) / "steps" / key / "done.json").read_text("utf-8"))["about"]["use"] == "test"
    )
    assert rows == [4, 4, 10, 10]


def test_a_swept_target_is_stressed_with_its_reported_value(study: Callable[..., TinyStudy]):
    tiny = study(
        encoder="tiny-e5", targets=["tatoeba"], arms={"none": {"strategy": "direct"}}, languages=["de"], seeds=[1],
        take={"test": 30}, settings={"tatoeba": {"layer": [0, 2], "reported": {"layer": 2}}},
        stress={"noise": ["swap"], "rates": [0.3]},
    )  # fmt: skip
    assert tiny.call("run", "--offline") == 0
    assert len(tiny.records("predict")) == 2 and len(tiny.records("score")) == 3
    (arm,) = report(tiny)["robustness"]["arms"]
    assert arm["clean"] > arm["perturbed"]


def test_an_arm_with_perturbed_rows_trains_on_as_many_and_is_scored_alike(
    study: Callable[..., TinyStudy], capsys: pytest.CaptureFixture[str]
):
    tagged = {"strategy": "sequential", "through": ["words"]}
    noisy = {**tagged, "perturbed": {"noise": ["repeat"], "rate": 0.5, "share": 0.5}}
    tiny = study(
        targets=["weather"], seeds=[1], arms={"none": {"strategy": "direct"}, "tagged": tagged, "noisy": noisy}
    )
    planned = plan(tiny, capsys)
    assert planned["trainings"] == 5, "two intermediate phases and three targets"
    assert (
        "arm noisy: 50 % of the training rows of its intermediate tasks are perturbed (repeat 50 %)" in planned["notes"]
    )
    assert tiny.call("run") == 0
    prepared = {
        record["label"]: json.loads((tiny.store / "steps" / key / "meta.json").read_text("utf-8"))
        for key in tiny.stamps("prepare")
        if (record := json.loads((tiny.store / "steps" / key / "done.json").read_text("utf-8")))["about"]["task"]
        == "words"
    }
    clean, changed = prepared["words train"], prepared["words[perturbed] train"]
    assert changed["tokens"] > clean["tokens"], "letters stand twice"
    assert changed["rows"] < clean["rows"], "the held-out rows are not among them"
    found = report(tiny)
    rows = {line["use"]: line["rows"] for line in found["data"] if line["task"] == "words"}
    perturbed = "train, perturbed: repeat 50 %"
    assert set(rows) == {"train", perturbed}
    assert rows[perturbed] == changed["rows"] < rows["train"] == 24
    (line,) = (line for line in found["data"] if line["use"] == perturbed)
    assert 0 < line["perturbed"] < line["rows"] and line["kept"] == {}
    seen = [line for line in found["trainings"] if "words[perturbed]" in str(line)]
    assert seen


def test_a_consistency_loss_trains_on_both_views_and_a_progressive_arm_on_harder_and_harder_ones(
    study: Callable[..., TinyStudy], capsys: pytest.CaptureFixture[str]
):
    tagged = {"strategy": "sequential", "through": ["words"]}
    noisy = {**tagged, "perturbed": {"noise": ["repeat"], "rate": 0.5, "share": 0.5}}
    consistent = {**tagged, "perturbed": {**noisy["perturbed"], "consistency": 1.0}}
    none = {"strategy": "direct"}
    tiny = study(targets=["weather"], seeds=[1], arms={"none": none, "tagged": tagged, "noisy": noisy})
    assert tiny.call("run") == 0
    before = tiny.stamps()
    harder = {**tagged, "perturbed": {**noisy["perturbed"], "progressive": 2}}
    tiny.write(arms={"none": none, "tagged": tagged, "noisy": noisy, "consistent": consistent, "harder": harder})
    planned = plan(tiny, capsys)
    assert (
        "arm consistent: 50 % of the training rows of its intermediate tasks are perturbed (repeat 50 %), beside the "
        "rows as they are, with a consistency loss of weight 1" in planned["notes"]
    )
    reused = [step["reused"] for step in planned["steps"] if step["label"] == "words[perturbed] · seed 1"]
    assert sorted(reused) == [False, False, True], "the arm without either is what it was"
    assert tiny.call("run") == 0
    new = [key.partition("-")[0] for key in tiny.stamps().keys() - before.keys()]
    # Both views are prepared for the other arms, as is the last step of the one that goes from easy to hard.
    assert sorted(new) == ["predict", "predict", "prepare", "score", "score", "train", "train", "train", "train"]
    assert {key: stamp for key, stamp in tiny.stamps().items() if key in before} == before
    tokens: dict[tuple[bool, str], list[int]] = {}
    for key in tiny.stamps("train"):
        folder = tiny.store / "steps" / key
        record = json.loads((folder / "done.json").read_text("utf-8"))
        if record["about"]["role"] == "intermediate":
            summary = json.loads((folder / "summary.json").read_text("utf-8"))
            tokens.setdefault((key in before, record["label"]), []).append(summary["tokens"])
    perturbed = "words[perturbed] · seed 1"
    (one,), (clean,) = tokens[True, perturbed], tokens[True, "words · seed 1"]
    easier, both = sorted(tokens[False, perturbed])
    assert clean < easier < one < both and both > 1.4 * clean


def test_switching_by_a_lexicon_of_ones_own(study: Callable[..., TinyStudy]):
    switch = {"switch": "dictionary", "into": "en", "lexicons": "lexicons"}
    tiny = study(
        targets=["words"], arms={"none": {"strategy": "direct"}}, seeds=[1], stress={"noise": [switch], "rates": [1.0]}
    )
    (tiny.folder / "lexicons").mkdir()
    lines = "".join(f"{en}\t{de}\n" for en, de in zip(WORDS["en"], WORDS["de"], strict=True))
    (tiny.folder / "lexicons" / "en-de.tsv").write_text(lines, "utf-8")
    assert tiny.call("run") == 0
    robustness = report(tiny)["robustness"]
    assert robustness["not_applicable"] == [
        "words, dictionary, into en: not applicable in sw: no lexicon of sw and en in lexicons"
    ]
    (curve,) = robustness["curves"]
    assert curve["languages"] == ["de"] and curve["noise"] == "dictionary, into en"
    before = tiny.stamps()
    (tiny.folder / "lexicons" / "en-de.tsv").write_text(lines + "new\tneu\n", "utf-8")
    assert tiny.call("run") == 0
    new = sorted(key.partition("-")[0] for key in tiny.stamps().keys() - before.keys())
    assert new == ["predict", "prepare", "score"], "another lexicon is another input, and nothing else"


def test_a_bad_line_of_a_lexicon_stops_before_training(
    study: Callable[..., TinyStudy], capsys: pytest.CaptureFixture[str]
):
    switch = {"switch": "dictionary", "into": "en", "lexicons": "lexicons"}
    tiny = study(
        targets=["words"], arms={"none": {"strategy": "direct"}}, seeds=[1], stress={"noise": [switch], "rates": [0.5]}
    )
    (tiny.folder / "lexicons").mkdir()
    (tiny.folder / "lexicons" / "en-de.tsv").write_text("the\tder\nlonely\n", "utf-8")
    assert tiny.call("run") != 0
    said = " ".join(capsys.readouterr().err.split())
    assert "en-de.tsv:2" in said and "no translation" in said


@pytest.mark.long
def test_the_packaged_study_runs_at_its_smoke_scale(tmp_path: Path):
    call = ["run", "robustness", "--scale", "smoke", "--offline", "--threads", "1", "--store", str(tmp_path)]
    assert main(call) == 0
    found = json.loads((tmp_path / "reports" / "robustness-smoke" / "report.json").read_text("utf-8"))
    robustness = found["robustness"]
    arms = {"none", "nli", "qa", "pos", "nli noisy", "nli consistent"}  # without a lexicon nothing is switched
    assert {(one["target"], one["arm"]) for one in robustness["arms"]} == {("udpos", arm) for arm in arms}
    trainings = list(tmp_path.glob("steps/train-*"))
    # Five intermediate phases and the targets of six arms, none for a condition; tagging first is what the direct arm
    # trains for its target, and is shared.
    assert len(trainings) == 5 + 6 - 1
    overall = {one["name"]: one for one in robustness["interactions"] if one["noise"] is None and one["target"] is None}
    assert overall["nli noisy − none"]["value"] is not None and overall["nli noisy − none"]["verdict"] == "not tested"
    assert overall["switching mixed in"]["value"] is None and "lexicons" in overall["switching mixed in"]["reason"]
