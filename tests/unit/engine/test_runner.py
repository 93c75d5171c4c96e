"""The runner with a scripted backend: what is said of an attempt, and how long one that hangs may take."""

from __future__ import annotations

import os
import signal
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from xstilts.engine import runner
from xstilts.engine.backends.base import Ended, OnEvent, Started
from xstilts.engine.execute import Result
from xstilts.engine.listener import Silent
from xstilts.engine.runner import execute
from xstilts.engine.step import Context, Step
from xstilts.engine.store import Store


def call(settings: Any, context: Context) -> None: ...


STEP = Step(name="toy", version=1, settings="a", call=call)


class Told(Silent):
    def __init__(self) -> None:
        self.calls: list[str] = []

    def step_started(self, step: Step, device: str) -> None:
        self.calls.append("started")

    def step_finished(self, step: Step, seconds: float) -> None:
        self.calls.append("finished")

    def step_failed(self, step: Step, error: str) -> None:
        self.calls.append("failed")

    def step_reused(self, count: int) -> None:
        self.calls.append("reused")

    def step_left(self, step: Step) -> None:
        self.calls.append("left")


class Scripted:
    """A backend whose attempts end with these statuses, one after the other, and then hang."""

    def __init__(self, statuses: Sequence[Any], interrupted: bool) -> None:
        self.statuses, self.interrupted, self.now = list(statuses), interrupted, 0.0
        self.asked: dict[str, float] = {}

    def has_capacity(self, step: Step) -> bool:
        return True

    def launch(self, step: Step, store: Store, on_event: OnEvent) -> None:
        on_event(Started(step.key, "cpu"))
        if self.interrupted:
            os.kill(os.getpid(), signal.SIGINT)
        if self.statuses:
            on_event(Ended(step.key, Result(self.statuses.pop(0))))

    def is_underway(self, step: Step, store: Store) -> bool:
        return False

    def poll(self, seconds: float) -> None:
        self.now += seconds

    def cancel(self) -> None:
        self.asked["cancel"] = self.now

    def kill(self) -> None:
        self.asked["kill"] = self.now


def run(folder: Path, statuses: Sequence[str], interrupted: bool, monkeypatch: pytest.MonkeyPatch) -> tuple[Any, ...]:
    backend, told = Scripted(statuses, interrupted), Told()
    monkeypatch.setattr(runner, "time", SimpleNamespace(monotonic=lambda: backend.now))
    outcome = execute([STEP], Store(folder / "store"), backend=backend, listener=told)
    return backend, told.calls, outcome


@pytest.mark.parametrize(
    ("statuses", "interrupted", "ends"),
    [
        (["done"], False, ["finished"]),
        (["failed"], False, ["failed"]),
        (["reused"], False, ["left", "reused"]),
        (["busy", "done"], False, ["left", "finished"]),
        (["stale", "done"], False, ["left", "finished"]),
        (["stale"] * 6, False, ["left"] * 5 + ["failed"]),
        (["interrupted"], False, ["failed"]),  # by somebody else
        (["interrupted"], True, ["left"]),
    ],
)
def test_an_attempt_ends_as_finished_failed_or_left(
    statuses: list[str], interrupted: bool, ends: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, calls, _ = run(tmp_path, statuses, interrupted, monkeypatch)
    assert [each for each in calls if each != "started"] == ends
    assert calls.count("started") == len(statuses)


def test_what_hangs_is_asked_to_stop_then_killed_and_then_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    backend, _, outcome = run(tmp_path, [], True, monkeypatch)
    assert backend.asked["kill"] - backend.asked["cancel"] == pytest.approx(120, abs=1)
    assert backend.now - backend.asked["kill"] == pytest.approx(10, abs=1)
    assert outcome.interrupted and outcome.left == (STEP.key,)
