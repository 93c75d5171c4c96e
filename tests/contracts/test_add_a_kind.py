"""A new kind is two files and a line, a new metric a file and a line: a toy of each goes through a whole study.

The files are `toy_rating_kind`, `toy_rating_head` and `toy_rating_metric`; the lines are what the fixture adds to the
catalogs.
"""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest
import yaml

from toy_rating_head import StarRatingHead
from toy_rating_kind import StarRating
from toy_rating_metric import Closeness
from toy_vectors import VectorSettings, build
from xstilts.cli import main
from xstilts.core.errors import StudyError
from xstilts.heads.registry import head_class
from xstilts.kinds.catalog import KINDS
from xstilts.metrics.catalog import METRICS
from xstilts.study.load import load_study
from xstilts.study.user_tasks import declared_tasks

STARS = {"awful": 1, "poor": 2, "fair": 3, "good": 4, "superb": 5}
FILLERS = ("the", "a", "this", "film", "book", "meal", "was", "is", "quite", "really")


@pytest.fixture(autouse=True)
def registered(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a line in each of the two catalogs does."""
    monkeypatch.setitem(KINDS._items, StarRating.name, StarRating)
    monkeypatch.setitem(METRICS._items, Closeness.name, Closeness())


def reviews(number: int, seed: int) -> list[tuple[str, int]]:
    draw = random.Random(seed)
    rows = []
    for _ in range(number):
        words = draw.choices(FILLERS, k=draw.randint(2, 6))
        verdict = draw.choice(list(STARS))
        words.insert(draw.randrange(len(words)), verdict)
        rows.append((" ".join(words), STARS[verdict]))
    return rows


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """A study that trains on reviews with stars, its files and its encoder."""
    for name, rows in (("en", reviews(80, 0)), ("de", reviews(30, 1))):
        lines = ["review\tmark", *(f"{text}\t{stars}" for text, stars in rows)]
        (tmp_path / f"{name}.tsv").write_text("".join(line + "\n" for line in lines), "utf-8")
    texts = [text for text, _ in reviews(80, 2)]
    build(
        {"en": texts}, tmp_path / "encoder", VectorSettings(vocabulary=120, width=16, layers=1, heads=2, positions=40)
    )
    value: dict[str, Any] = {
        "question": "Can a new kind be studied?",
        "encoder": str(tmp_path / "encoder"),
        "precision": "fp32",
        "tasks": {
            "stars": {
                "kind": "star-rating", "reader": "tsv", "columns": {"text": "review", "stars": "mark"},
                "train": "en.tsv", "test": {"de": "de.tsv"}, "holdout": 0.25,
            }
        },
        "arms": {"none": {"strategy": "direct"}, "twice": {"strategy": "sequential", "through": ["stars"]}},
        "targets": ["stars"],
        "train": {"updates": 60, "batch": 16, "lr": 2e-2},
        "keep": "all",
    }  # fmt: skip
    path = tmp_path / "stars.yaml"
    path.write_text(yaml.safe_dump(value, sort_keys=False), "utf-8")
    return path


def call(command: str, study: Path, *more: str) -> int:
    return main([command, str(study), *more, "--store", str(study.parent / "store")])


def artefacts(study: Path, step: str, file: str) -> list[dict[str, Any]]:
    paths = sorted(study.parent.glob(f"store/steps/{step}-*/{file}"))
    return [json.loads(path.read_text("utf-8")) for path in paths]


def test_the_head_is_where_the_kind_says():
    assert head_class(StarRating()) is StarRatingHead


def test_a_study_declares_a_task_of_the_kind(study: Path):
    [task] = declared_tasks(load_study(str(study)).tasks)
    assert task.kind == StarRating() and task.scored == (Closeness(),)
    value = yaml.safe_load(study.read_text("utf-8"))
    value["tasks"]["stars"]["columns"] = {"text": "review", "star": "mark"}
    study.write_text(yaml.safe_dump(value), "utf-8")
    with pytest.raises(StudyError, match="Did you mean 'stars'"):
        declared_tasks(load_study(str(study)).tasks)
    value["tasks"]["stars"]["kind"] = "star-ratings"
    study.write_text(yaml.safe_dump(value), "utf-8")
    with pytest.raises(StudyError, match="Did you mean 'star-rating'"):
        load_study(str(study))


def test_the_kind_is_planned_trained_scored_and_reported(study: Path, capsys: pytest.CaptureFixture[str]):
    assert call("plan", study) == 0
    assert "stars" in capsys.readouterr().out
    assert call("run", study, "--threads", "1") == 0
    metas = artefacts(study, "prepare", "meta.json")
    assert metas and all(meta["max_length"] == StarRating.default_max_length for meta in metas)
    assert {summary["state"] for summary in artefacts(study, "train", "summary.json")} == {"ok"}
    for scores in artefacts(study, "score", "scores.json"):
        german = scores["metrics"]["closeness"]["languages"]["de"]
        assert german["n"] == 30 and german["headline"] > german["floor"] + 5
    report = json.loads((study.parent / "store/reports/stars/report.json").read_text("utf-8"))
    [contrast] = [one for one in report["contrasts"] if one["target"] == "stars"]
    assert contrast["low"] is not None, "the report finds the metric's formula"


def test_a_checkpoint_of_the_kind_predicts_on_a_file(study: Path, capsys: pytest.CaptureFixture[str]):
    assert call("run", study, "--threads", "1") == 0
    checkpoint = next(study.parent.glob("store/steps/train-*"))
    lines = study.parent / "new.txt"
    lines.write_text("the meal was superb\nthis film is awful\n", "utf-8")
    capsys.readouterr()
    common = ["--task", "stars", "--study", str(study), "--store", str(study.parent / "store")]
    assert main(["predict", str(checkpoint), str(lines), *common]) == 0
    first, second = [json.loads(line)["prediction"] for line in capsys.readouterr().out.splitlines()]
    assert 1 <= second < first <= 5
