"""Trackers beside a run: who gets what, when, and what a failing one costs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tiny_study import TinyStudy

from xstilts.core.catalog import Catalog
from xstilts.trackers import catalog
from xstilts.trackers.base import AnswerRecord, TrainingRecord
from xstilts.trackers.catalog import NamedTracker


class Kept:
    """A tracker that keeps what it gets. With `fails` it raises at the first training."""

    def __init__(self, study: str, place: str, folder: Path) -> None:
        self.study, self.place, self.folder = study, place, folder
        self.trainings: list[TrainingRecord] = []
        self.answers: list[AnswerRecord] = []
        KEPT.append(self)

    def training(self, record: TrainingRecord) -> None:
        self.trainings.append(record)
        if self.place == "fails":
            raise OSError("the server is gone")

    def answer(self, record: AnswerRecord) -> None:
        self.answers.append(record)


KEPT: list[Kept] = []


@pytest.fixture(autouse=True)
def kept(monkeypatch: pytest.MonkeyPatch) -> list[Kept]:
    KEPT.clear()
    monkeypatch.setattr(catalog, "TRACKERS", Catalog("tracker", NamedTracker("kept", Kept, "json")))
    return KEPT


def test_curves_arrive_with_each_training_and_scores_at_the_end(
    study: Callable[..., TinyStudy], kept: list[Kept], capsys: pytest.CaptureFixture[str]
):
    tiny = study(seeds=[1])
    assert tiny.call("run", "--track", "kept:fails", "--track", "kept:stays") == 0
    failing, staying = kept
    assert "warning: the tracker kept:fails is left: the server is gone" in capsys.readouterr().err
    assert len(failing.trainings) == 1 and not failing.answers

    assert {record.key for record in staying.trainings} == set(tiny.stamps("train"))
    first = staying.trainings[0]
    assert [update for update, _ in first.curves["loss"]] == list(range(1, 13))
    assert first.totals["updates"] == 12 and first.settings["recipe.batch"] == 8
    (answer,) = staying.answers
    assert {(score.arm, score.target) for score in answer.scores} == {
        (arm, target) for arm in ("none", "tagged") for target in ("weather", "places")
    }
    assert all(path.is_file() for path in answer.files) and answer.question == "Does tagging first help?"
    assert staying.folder == tiny.store / "trackers" / "kept" and staying.study == "tiny"

    assert tiny.call("run", "--track", "kept") == 0  # nothing was trained: the answer alone
    assert not kept[-1].trainings and len(kept[-1].answers) == 1
    assert tiny.call("report", "--track", "kept") == 0  # all that the store has
    assert {record.key for record in kept[-1].trainings} == set(tiny.stamps("train")) and kept[-1].answers


def test_an_unknown_tracker_is_refused_before_anything_runs(
    study: Callable[..., TinyStudy], capsys: pytest.CaptureFixture[str]
):
    tiny = study(seeds=[1])
    assert tiny.call("run", "--track", "kep") == 2
    told = capsys.readouterr().err
    assert "--track" in told and "Did you mean 'kept'?" in told
    assert not tiny.stamps()
