"""Throughput: the speeds that a plan reckons with come from the steps of the store that are alike."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from xstilts.core.files import write_json
from xstilts.engine.store import Store
from xstilts.pipeline.estimates import Speed
from xstilts.pipeline.steps import predict, prepare, score, train, translate
from xstilts.pipeline.throughput import MOST_START, PRIOR_STEPS, Throughput, Timing, fitted

OURS, THEIRS = "tiny@1", "large@1"
NOMINAL = Speed(start=2.0, tokens=100.0)


class Steps:
    """Done steps, written as the runner leaves them."""

    def __init__(self, root: Path) -> None:
        self.store = Store(root)

    def add(self, key: str, seconds: float, device: str = "cpu", encoder: str = "", **inputs: str) -> Path:
        name, folder = key.partition("-")[0], self.store.root / "steps" / key
        settings: dict[str, Any] = {"encoder": {"identity": encoder} if encoder else None}
        record = {"key": key, "seconds": seconds, "device": device, "settings": settings, "inputs": inputs}
        write_json(folder / "done.json", record | {"name": name})
        return folder

    def train(self, key: str, tokens: int, seconds: float, **known: str) -> None:
        write_json(self.add(key, seconds, **known) / "summary.json", {"tokens": tokens})

    def predict(self, key: str, tokens: dict[str, int], seconds: float, **known: str) -> None:
        languages = {language: {"tokens": number} for language, number in tokens.items()}
        write_json(self.add(key, seconds, **known) / "meta.json", languages)

    def translate(self, key: str, model: str, seconds: float) -> None:
        folder = self.add(key, seconds)
        record = {"key": key, "name": "translate", "seconds": seconds, "device": "cpu", "inputs": {}}
        write_json(folder / "done.json", record | {"settings": {"model": model, "beams": 1}})
        write_json(folder / "counts.json", {"tokens": 1000})


@pytest.fixture
def steps(tmp_path: Path) -> Steps:
    made = Steps(tmp_path)
    write_json(made.add("prepare-1", 22.0) / "meta.json", {"tokens": 5000})
    made.train("train-1", 1000, 12.0, encoder=OURS)
    made.train("train-2", 600, 12.0, start="train-1")
    made.train("train-3", 9000, 12.0, encoder=THEIRS)
    made.predict("predict-1", {"en": 300, "de": 500}, 6.0, checkpoint="train-2")
    made.predict("predict-2", {"en": 9000}, 12.0, checkpoint="train-3")
    made.add("score-1", 10.0, predictions="predict-1")
    return made


def test_a_rate_is_of_trainings_and_predictions_that_go_back_to_the_encoder(steps: Steps) -> None:
    ours, theirs, nominal = Throughput(steps.store, OURS), Throughput(steps.store, THEIRS), Speed(start=2, tokens=1e3)
    assert ours.speed(train.KIND, nominal) == Speed(start=5.0, tokens=1e3, steps=2)
    assert ours.speed(predict.KIND, NOMINAL) == Speed(start=2.0, tokens=200.0, steps=1)
    assert theirs.speed(train.KIND, NOMINAL) == Speed(start=2.0, tokens=900.0, steps=1)
    assert ours.measured == {"train": 2, "predict": 1}


def test_every_preparation_counts_and_a_score_by_the_predictions_that_it_scored(steps: Steps) -> None:
    throughput = Throughput(steps.store, THEIRS)
    assert throughput.speed(prepare.KIND, NOMINAL) == Speed(start=2.0, tokens=250.0, steps=1)
    assert throughput.speed(score.KIND, NOMINAL) == Speed(start=2.0, tokens=100.0, steps=1)


def test_a_rate_of_another_device_is_not_taken(steps: Steps) -> None:
    assert Throughput(steps.store, OURS, "cuda").speed(train.KIND, NOMINAL) == NOMINAL
    steps.train("train-4", 5000, 12.0, encoder=OURS, device="cuda:1")
    assert Throughput(steps.store, OURS, "cuda:0").speed(train.KIND, NOMINAL).tokens == 500.0


def test_a_rate_of_another_translation_model_is_not_taken(steps: Steps) -> None:
    steps.translate("translate-1", "theirs", 100.0)
    throughput = Throughput(steps.store, OURS)
    assert throughput.speed(translate.KIND, NOMINAL, ("ours", 1)) == NOMINAL
    assert throughput.speed(translate.KIND, NOMINAL, ("theirs", 1)).steps == 1


def test_an_empty_store_has_measured_nothing(tmp_path: Path) -> None:
    throughput = Throughput(Store(tmp_path / "none"), OURS)
    assert throughput.speed(train.KIND, NOMINAL) == NOMINAL and throughput.measured == {}


@pytest.mark.parametrize("seconds", [0.01, 0.3, 2.0, 4.0])
@pytest.mark.parametrize("steps", [1, 3, 40])
@pytest.mark.parametrize("kind", ["train", "predict", "prepare", "score"])
def test_tiny_steps_leave_an_estimate_near_the_nominal_one(seconds: float, steps: int, kind: str) -> None:
    """A study of eight rows says nothing of how fast tokens go, whatever its imports and loading took."""
    nominal = {
        "train": Speed(start=2.0, tokens=6e4),
        "predict": Speed(start=2.0, tokens=2e5),
        "prepare": Speed(start=0.0, tokens=333_333.0),
        "score": Speed(start=0.5, tokens=1e6),
    }[kind]
    speed = fitted([Timing(tokens=200.0 + i, seconds=seconds * (1 + i / 40)) for i in range(steps)], nominal)
    for tokens in (1e7, 1e9):
        assert nominal.seconds(tokens) / 2 < speed.seconds(tokens) < 2 * nominal.seconds(tokens)


def test_a_step_that_hung_for_a_minute_over_eight_rows_does_not_count() -> None:
    believed = (PRIOR_STEPS * NOMINAL.start + MOST_START) / (PRIOR_STEPS + 1)
    assert fitted([Timing(tokens=9.0, seconds=60.0)], NOMINAL) == Speed(start=believed, tokens=100.0, steps=1)


def test_the_rate_of_a_slow_machine_is_learnt_from_its_long_steps() -> None:
    timings = [Timing(tokens=n, seconds=5.0 + n / 10.0) for n in (10.0, 2_000.0, 3_000.0, 4_000.0)]
    speed = fitted(timings, NOMINAL)
    assert speed.start == pytest.approx(
        (PRIOR_STEPS * NOMINAL.start + 4 * 5.9) / (PRIOR_STEPS + 4)
    ) and speed.tokens == pytest.approx(10.0, rel=0.01)


def test_one_step_that_was_disturbed_does_not_move_the_rate() -> None:
    timings = [Timing(tokens=10_000.0, seconds=2.0 + seconds) for seconds in (50.0, 50.0, 5_000.0)]
    assert fitted(timings, NOMINAL).tokens == 200.0
