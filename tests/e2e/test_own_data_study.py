"""A study over own data of the kinds that only own data have, a chosen metric, and a test set for a trained model."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest
import yaml

from toy_vectors import VectorSettings, build
from xstilts.cli import main

WORDS = {"sun": ("joy", 1.0), "fog": ("fear", 0.0), "ice": ("trust", 0.5)}
FILLERS = ("the", "a", "was", "is", "quite", "really")


def rows(number: int, seed: int) -> list[dict[str, Any]]:
    draw = random.Random(seed)
    made = []
    for n in range(number):
        chosen = draw.sample(sorted(WORDS), draw.randint(1, 2))
        words = [*draw.choices(FILLERS, k=3), *chosen]
        draw.shuffle(words)
        moods = sorted(WORDS[word][0] for word in chosen)
        score = sum(WORDS[word][1] for word in chosen) / len(chosen)
        row = {"n": n, "text": " ".join(words), "moods": moods, "score": 5 * score}
        made.append({**row, "sunny": int("sun" in chosen)})
    return made


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("own")
    for name, number, seed in (("en", 80, 0), ("de", 30, 1)):
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows(number, seed)), "utf-8")
    shape = VectorSettings(vocabulary=120, width=16, layers=1, heads=2, positions=40)
    build({"en": [row["text"] for row in rows(80, 2)]}, folder / "encoder", shape)
    files: dict[str, Any] = {"reader": "jsonl", "train": "en.jsonl", "test": {"de": "de.jsonl"}, "holdout": 0.25}
    classes = {"kind": "classification", "reader": "jsonl", "columns": {"text": "text", "label": "sunny"}}
    value = {
        "question": "Can own data be studied?",
        "encoder": str(folder / "encoder"),
        "precision": "fp32",
        "tasks": {
            "moods": {"kind": "multi-label", **files, "columns": {"text": "text", "labels": "moods"},
                      "labels": ["fear", "joy", "trust"]},
            "likeness": {"kind": "regression", **files, "columns": {"text": "text", "score": "score"}, "range": [0, 5],
                         "metrics": ["spearman"]},
            "sunny": {**classes, **files, "label_names": {"0": "dull", "1": "sunny"}},
            "again": {**classes, "labels": ["sunny", "dull"], "trained_on": "sunny", "test": {"de": "de.jsonl"},
                      "label_names": {"0": "dull", "1": "sunny"}},
        },
        "metrics": {"sunny": ["macro_f1", "accuracy"]},
        "arms": {"none": {"strategy": "direct"}, "first": {"strategy": "sequential", "through": ["moods"]}},
        "targets": ["moods", "likeness", "sunny", "again"],
        "train": {"updates": 60, "batch": 16, "lr": 2e-2},
    }  # fmt: skip
    path = folder / "own.yaml"
    path.write_text(yaml.safe_dump(value, sort_keys=False), "utf-8")
    assert main(["run", str(path), "--store", str(folder / "store")]) == 0
    return path


def test_every_kind_learns_and_reports_its_own_metrics(study: Path):
    found = {}
    for path in study.parent.glob("store/steps/score-*/scores.json"):
        record = json.loads(path.read_text("utf-8"))
        values = {name: metric["languages"]["de"] for name, metric in record["metrics"].items()}
        found.setdefault((record["main"], *values), []).append(values[record["main"]])
    assert set(found) == {
        ("micro_f1", "micro_f1", "macro_f1"), ("spearman", "spearman"), ("macro_f1", "macro_f1", "accuracy"),
        ("accuracy", "accuracy"),
    }  # fmt: skip
    for entries in found.values():
        assert all(entry["headline"] > entry["floor"] + 3 for entry in entries), found


def test_a_test_set_alone_is_scored_by_the_model_that_there_is_with_labels_by_name(study: Path):
    trained = list(study.parent.glob("store/steps/train-*/done.json"))
    assert len(trained) == 6  # three targets in two arms; the intermediate phase is one of them, the fourth has none
    scores: dict[str, list[float]] = {}
    for path in study.parent.glob("store/steps/score-*/scores.json"):
        metrics = json.loads(path.read_text("utf-8"))["metrics"]
        if "accuracy" in metrics:
            name = "sunny" if "macro_f1" in metrics else "again"
            scores.setdefault(name, []).append(metrics["accuracy"]["languages"]["de"]["headline"])
    assert sorted(scores["again"]) == sorted(scores["sunny"])


def test_reports_compare_arms_in_the_chosen_metric(study: Path):
    report = json.loads((study.parent / "store/reports/own/report.json").read_text("utf-8"))
    contrasts = {one["target"]: one for one in report["contrasts"] if one["low"] is not None}
    assert set(contrasts) >= {"moods", "likeness", "sunny", "again"}, "the report finds the formulas of all metrics"
    analysed = {one["target"] for one in report["errors"]}
    assert analysed == {"moods", "sunny", "again"}, "a guessed number is neither right nor wrong"
