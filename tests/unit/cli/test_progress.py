"""Progress in a log: a step that runs long says once a minute how far it is."""

from __future__ import annotations

import io
import time

import pytest
from rich.console import Console

from xstilts.cli import progress
from xstilts.cli.progress import RichListener
from xstilts.engine.step import Context, Step


def nothing(settings: object, context: Context) -> None: ...


STEP = Step(name="train", version=1, settings={}, inputs={}, call=nothing, label="nli · seed 1")


def test_a_long_step_writes_a_line_a_minute_with_its_remark_and_what_is_left(monkeypatch: pytest.MonkeyPatch):
    now = [1000.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    log = io.StringIO()
    with RichListener(Console(file=log, width=120)) as listener:
        listener.run_planned(2, 0)
        listener.step_started(STEP, "cpu")
        for update in range(1, 301):
            now[0] += 1.0
            listener.step_progress(STEP, update, 600, "updates", "loss 1.20 · dev 55.1")
    lines = [line for line in log.getvalue().split("\n") if "loss" in line]
    assert len(lines) == 5
    assert "train nli · seed 1" in lines[0] and "60/600 updates loss 1.20 · dev 55.1" in lines[0]
    assert "about 9 min left" in lines[0] and "about 5 min left" in lines[-1]


def test_a_step_that_reports_nothing_is_spoken_of_too_and_no_longer_once_it_has_ended(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(progress, "HEARTBEAT", 0.05)
    monkeypatch.setattr(progress, "_LOOK", 0.01)
    log = io.StringIO()
    with RichListener(Console(file=log, width=20)) as listener:
        listener.step_started(STEP, "cpu")
        time.sleep(0.2)
        listener.step_progress(STEP, 3, 6, "updates", "loss 1.20 · dev 55.1")
        time.sleep(0.2)
        for ended in (listener.step_left, lambda step: listener.step_finished(step, 1.0)):
            ended(STEP)
            said = log.getvalue()
            time.sleep(0.2)
            assert log.getvalue() == said
            listener.step_started(STEP, "cpu")
    lines = log.getvalue().split("\n")
    assert any(line.startswith("  … train nli · seed 1 · 0 min so far") for line in lines)
    assert any("3/6 updates loss 1.20 · dev 55.1 · about 0 s left" in line for line in lines)  # not wrapped
