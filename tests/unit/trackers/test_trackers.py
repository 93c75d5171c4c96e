"""Each tracker with its own package, on this disk: what it was given is read back by that package."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from xstilts.core.errors import StudyError
from xstilts.trackers import catalog
from xstilts.trackers.base import AnswerRecord, MeanScore, TrainingRecord
from xstilts.trackers.catalog import TRACKERS, find_tracker

TRAINING = TrainingRecord(
    name="mnli → xnli (a/b) · seed 1",
    key="train-0123456789abcdef",
    settings={"recipe.lr": 1e-5, "recipe.batch": 32, "parts[0]": "Part", "dev": None},
    curves={"loss": ((1, 1.5), (2, 0.5)), "dev": ((2, 61.0),)},
    totals={"seconds": 12.5, "updates": 2.0},
)


def answer_of(folder: Path) -> AnswerRecord:
    report = folder / "index.html"
    report.write_text("<p>the report</p>", "utf-8")
    return AnswerRecord(
        question="Does NLI first help?",
        study_yaml="question: Does NLI first help?\n",
        text="Significant: nli over none +2.0.",
        scores=[
            MeanScore(arm="none", target="xnli", metric="accuracy", value=60.0),
            MeanScore(arm="nli (first)", target="xnli", metric="accuracy", value=62.0),
        ],
        files=[report],
    )


def test_what_stands_by_update_is_in_order():
    assert TRAINING.by_update == {1: {"loss": 1.5}, 2: {"loss": 0.5, "dev": 61.0}}


def test_a_name_that_there_is_not_is_refused_with_the_nearest():
    with pytest.raises(StudyError, match="tensorbord") as raised:
        find_tracker("tensorbord")
    assert raised.value.where == "--track" and "tensorboard" in str(raised.value)


@pytest.mark.parametrize("name", TRACKERS)
def test_a_tracker_whose_package_is_missing_names_the_extra(name: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(catalog.importlib.util, "find_spec", lambda package: None)
    with pytest.raises(StudyError, match=f"needs the package {TRACKERS[name].package}") as raised:
        find_tracker(f"{name}:somewhere")
    assert f"xstilts[{name}]" in str(raised.value)


def test_the_place_stands_behind_the_first_colon(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(catalog.importlib.util, "find_spec", lambda package: object())
    assert [find_tracker(text)[1] for text in ("mlflow", "mlflow:http://here:5000")] == ["", "http://here:5000"]


def test_tensorboard_reads_curves_and_scores(tmp_path: Path):
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    tracker = TRACKERS["tensorboard"].make("my/study", str(tmp_path / "tb"), tmp_path / "store")
    tracker.training(TRAINING)
    tracker.answer(answer_of(tmp_path))

    def read(name: str) -> EventAccumulator:
        events = EventAccumulator(str(tmp_path / "tb" / "my-study" / name))
        events.Reload()
        return events

    training = read("mnli → xnli (a-b) · seed 1 train-012345")
    assert [(event.step, event.value) for event in training.Scalars("training/loss")] == [(1, 1.5), (2, 0.5)]
    assert [(event.step, event.value) for event in training.Scalars("training/dev")] == [(2, 61.0)]
    assert [event.value for event in read("scores of nli (first)").Scalars("scores/xnli accuracy")] == [62.0]
    assert "answer/text_summary" in read("answer").Tags()["tensors"]


def test_mlflow_reads_curves_scores_and_the_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    pytest.importorskip("mlflow")
    pytest.importorskip("sqlalchemy")
    from mlflow import MlflowClient

    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    for _ in range(2):  # a second run of the study adds to its experiment
        tracker = TRACKERS["mlflow"].make("my study", "", tmp_path / "mlflow")
        tracker.training(TRAINING)
    tracker.answer(answer_of(tmp_path))

    client = MlflowClient(f"sqlite:///{tmp_path}/mlflow/mlflow.db")
    runs = client.search_runs([client.get_experiment_by_name("my study").experiment_id])
    by_name = {run.info.run_name: run for run in runs}
    assert len(runs) == 3 and {run.info.status for run in runs} == {"FINISHED"}
    training, answer = by_name[TRAINING.name], by_name["answer"]
    loss = client.get_metric_history(training.info.run_id, "loss")
    assert [(metric.step, metric.value) for metric in loss] == [(1, 1.5), (2, 0.5)]
    assert training.data.params["recipe.lr"] == "1e-05" and training.data.tags["xstilts.step"] == TRAINING.key
    assert answer.data.metrics == {"none/xnli/accuracy": 60.0, "nli _first_/xnli/accuracy": 62.0}
    assert {file.path for file in client.list_artifacts(answer.info.run_id)} == {"index.html", "study.yaml"}


def test_wandb_keeps_runs_on_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    pytest.importorskip("wandb")
    monkeypatch.delenv("WANDB_MODE", raising=False)
    tracker = TRACKERS["wandb"].make("my study", "", tmp_path / "wandb")
    tracker.training(TRAINING)
    tracker.answer(answer_of(tmp_path))

    runs = sorted(tmp_path.glob("wandb/wandb/offline-run-*/*.wandb"))
    assert len(runs) == 2
    tables = [json.loads(path.read_text("utf-8")) for path in tmp_path.rglob("scores_*.table.json")]
    assert [table["data"] for table in tables] == [
        [["none", "xnli", "accuracy", 60.0], ["nli (first)", "xnli", "accuracy", 62.0]]
    ]


def test_trackio_reads_curves_and_scores(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    trackio = pytest.importorskip("trackio")
    monkeypatch.setattr("trackio.sqlite_storage.TRACKIO_DIR", tmp_path)
    tracker = TRACKERS["trackio"].make("my study", "", tmp_path / "unused")
    tracker.training(TRAINING)
    tracker.answer(answer_of(tmp_path))

    logs = {run.name: trackio.SQLiteStorage.get_logs("my study", run.name) for run in trackio.Api().runs("my study")}
    assert set(logs) == {"mnli → xnli (a/b) · seed 1 train-012345", "answer of my study"}
    training, answer = logs["mnli → xnli (a/b) · seed 1 train-012345"], logs["answer of my study"]
    assert [(line["step"], line["loss"]) for line in training if "loss" in line] == [(1, 1.5), (2, 0.5)]
    assert next(line for line in answer if "none/xnli/accuracy" in line)["nli (first)/xnli/accuracy"] == 62.0
