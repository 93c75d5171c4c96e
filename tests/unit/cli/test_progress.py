"""Progress in a log: a step that runs long says once a minute how far it is."""

from __future__ import annotations

import io

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
