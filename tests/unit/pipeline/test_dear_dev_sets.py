"""Dev sets that cost more than the training that they steer: a plan names them."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from xstilts.cli import main
from xstilts.engine.step import Step
from xstilts.pipeline.forecast import dear_dev_sets
from xstilts.pipeline.steps.base import Cost


def step(task: str) -> Step:
    return Step(name="train", version=1, settings={"task": task}, about={"task": task}, call=lambda *_: None)


WORK = st.floats(0, 1e9)


@given(st.lists(st.tuples(st.sampled_from(["mnli", "squad1"]), WORK, WORK)))
def test_those_above_their_training_alone_are_named_with_the_largest_ratio(trainings):
    found = dear_dev_sets((step(task), Cost(tokens=tokens, dev_tokens=dev)) for task, tokens, dev in trainings)
    ratios = {}
    for task, tokens, dev in trainings:
        if dev > tokens > 0:
            ratios[task] = max(ratios.get(task, 0), dev / tokens)
    assert found == ratios


def study(folder: Path, **train: int) -> str:
    for name, rows in (("train", 16), ("dev", 64), ("test", 4)):
        lines = [f"these are a few words {name} {i}\t{('bad', 'good')[i % 2]}\n" for i in range(rows)]
        (folder / f"{name}.tsv").write_text("text\tlabel\n" + "".join(lines), "utf-8")
    task = {
        "kind": "classification", "labels": ["bad", "good"], "reader": "tsv", "licence": "ours",
        "columns": {"text": "text", "label": "label"}, "train": "train.tsv", "dev": "dev.tsv",
        "test": {"de": "test.tsv"},
    }  # fmt: skip
    value = {
        "question": "Which costs more?", "encoder": "tiny-e5", "tasks": {"reviews": task}, "targets": ["reviews"],
        "arms": {"none": {"strategy": "direct"}}, "train": {"updates": 20, "batch": 4, **train},
    }  # fmt: skip
    (folder / "study.yaml").write_text(yaml.safe_dump(value), "utf-8")
    return str(folder / "study.yaml")


def test_a_plan_says_so_and_says_nothing_once_less_is_looked_at(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    store = ["--store", str(tmp_path / "store")]
    assert main(["plan", study(tmp_path), *store]) == 0
    # 10 looks at 64 rows, of a third of the work each, beside 20 updates of 4 rows: about three times
    said = r"reviews: looking at its dev set costs [23]\.\d times"
    assert re.search(said, " ".join(capsys.readouterr().out.split()))
    assert main(["plan", study(tmp_path), *store, "--json"]) == 0
    assert [note for note in json.loads(capsys.readouterr().out)["notes"] if re.search(said, note)]
    for less in ({"dev_examples": 16}, {"evaluate_every": 10}):
        assert main(["plan", study(tmp_path, **less), *store]) == 0
        assert "looking at its dev set" not in capsys.readouterr().out
