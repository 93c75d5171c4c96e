"""Speeds that a plan reckons with come from the steps of the store that are alike."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from xstilts.core.files import write_json
from xstilts.engine.store import Store
from xstilts.pipeline.throughput import measured_rates

OURS, THEIRS = "tiny@1", "large@1"


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


@pytest.fixture
def steps(tmp_path: Path) -> Steps:
    found = Steps(tmp_path)
    write_json(found.add("prepare-1", 2.0) / "meta.json", {"tokens": 500})
    found.train("train-1", 1000, 10.0, encoder=OURS)
    found.train("train-2", 600, 10.0, start="train-1")
    found.train("train-3", 9000, 1.0, encoder=THEIRS)
    found.predict("predict-1", {"en": 300, "de": 500}, 4.0, checkpoint="train-2")
    found.predict("predict-2", {"en": 9000}, 1.0, checkpoint="train-3")
    found.add("score-1", 0.5, predictions="predict-1")
    return found


def test_a_rate_is_all_tokens_over_all_seconds_of_phases_that_go_back_to_the_encoder(steps: Steps) -> None:
    rates = measured_rates(steps.store, OURS)
    assert rates == {"prepare": 250.0, "train": 80.0, "predict": 200.0, "score": 1600.0}
    assert measured_rates(steps.store, THEIRS)["train"] == 9000.0


def test_a_rate_of_another_device_is_not_taken(steps: Steps) -> None:
    assert measured_rates(steps.store, OURS, "cuda") == {"prepare": 250.0, "score": 1600.0}
    steps.train("train-4", 5000, 1.0, encoder=OURS, device="cuda:1")
    assert measured_rates(steps.store, OURS, "cuda:0")["train"] == 5000.0


def test_an_empty_store_has_measured_nothing(tmp_path: Path) -> None:
    assert measured_rates(Store(tmp_path / "none"), OURS) == {}
