"""`xstilts watch`: what it says of a study before, during and after a run, while it writes nothing."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from tiny_study import TinyStudy

from xstilts.app.execution import Quiet
from xstilts.app.run import run
from xstilts.app.watch.page import parts
from xstilts.app.watch.state import StudyState, WatchedStudy
from xstilts.core.errors import DataError
from xstilts.engine import live
from xstilts.engine.step import Step
from xstilts.pipeline.options import Options
from xstilts.pipeline.session import open_session
from xstilts.study.schema import Study
from xstilts.train import loop


class Onlooker(Quiet):
    """Looks at the study, as another process would, in the middle of each training."""

    def __init__(self, watched: WatchedStudy) -> None:
        self.watched = watched
        self.during: list[tuple[Step, StudyState]] = []

    def step_progress(self, step: Step, done: float, total: float, unit: str, text: str) -> None:
        if step.name == "train" and done == 7:
            self.during.append((step, self.watched.state()))


def states(state: StudyState) -> Mapping[tuple[str, str], str]:
    return {(cell.arm, cell.target): cell.seeds[0].state for cell in state.cells}


def content(folder: Path) -> dict[str, Any]:
    return {str(path): path.stat().st_mtime_ns for path in folder.rglob("*")}


@pytest.fixture
def tiny(study: Callable[..., TinyStudy]) -> TinyStudy:
    return study(targets=["weather", "picks"], seeds=[1])


def watched_study(tiny: TinyStudy) -> tuple[Study, Options, WatchedStudy]:
    loaded = Study.load(str(tiny.file))
    options = Options(data=(tiny.folder,), store=tiny.store, threads=1)
    return loaded, options, WatchedStudy(loaded, options)


def test_a_study_is_seen_before_during_and_after_its_run(tiny: TinyStudy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "EVERY", 0.0)
    loaded, options, watched = watched_study(tiny)
    before = watched.state()
    assert set(states(before).values()) == {"not run"} and set(before.steps) == {"not run"}
    assert (before.runs, before.report_seconds) == (0, None) and not (tiny.store / "steps").exists()
    onlooker = Onlooker(watched)
    answer = run(loaded, options=options, listener=onlooker)
    step, seen = onlooker.during[0]
    assert seen.runs == 1 and seen.run_seconds is not None
    [running] = seen.running
    assert (running.key, running.done, running.total, running.unit) == (step.key, 7, 12, "updates")
    assert running.text.startswith("loss ") and running.seconds_left is not None and running.seconds_left > 0
    assert [x for x, _ in running.loss] == [1, 2, 3, 4, 5, 6, 7]
    assert "running" in states(seen).values() and "waiting" in states(seen).values()
    assert {"done", "running", "waiting"} == set(seen.steps)
    after = watched.state()
    assert set(states(after).values()) == {"done"} and set(after.steps) == {"done"}
    assert (after.runs, after.running, after.failed) == (0, (), ()) and after.report_seconds is not None
    board = answer.report.scoreboard
    for cell in after.cells:
        target = next(one for one in answer.results.targets if one.name == cell.target)
        assert cell.mean == board.mean(cell.arm, target, board.headline(target)).value
        assert (cell.seeds[0].languages, cell.seeds[0].steps_left) == (2, 0)
    there = content(tiny.store)
    assert watched.state().steps == after.steps and content(tiny.store) == there


def test_what_failed_is_named_and_so_is_what_waits_for_it(tiny: TinyStudy, monkeypatch: pytest.MonkeyPatch) -> None:
    loaded, options, watched = watched_study(tiny)
    whole = loop.fit

    def failing(job: Any, out: Path, *more: Any, **named: Any) -> Any:
        if out.parent.name == culprit:
            raise DataError("the row has 2 <b>columns</b>.", where="a.tsv:3")
        return whole(job, out, *more, **named)

    session = open_session(loaded, options)
    culprit = session.steps.trainings["tagged", "weather", 1][0].step.key  # before both targets of the arm
    monkeypatch.setattr(loop, "fit", failing)
    answer = run(loaded, options=options)
    assert list(answer.outcome.failed) == [culprit]
    seen = watched.state()
    [failed] = seen.failed
    assert failed.key == culprit and "the row has 2 <b>columns</b>." in failed.error and "Traceback" in failed.tail
    assert failed.held_up == seen.steps["held up"] == len(answer.outcome.not_run)
    assert states(seen) == {
        ("none", "weather"): "done",
        ("none", "picks"): "done",
        ("tagged", "weather"): "failed",
        ("tagged", "picks"): "failed",
    }
    assert "&lt;b&gt;columns" in parts(seen)["failed"]


def test_the_command_prints_the_state_and_serves_the_page(
    tiny: TinyStudy, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert tiny.call("watch", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["arms"] == ["none", "tagged"] and told["cells"][0]["seeds"][0]["state"] == "not run"
    words = ["-m", "xstilts", "watch", str(tiny.file), "--store", str(tiny.store), "--port"]
    with subprocess.Popen([sys.executable, *words, "0"], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            found = re.match(r"(http://127\.0\.0\.1:(\d+)/) ", process.stdout.readline())
            assert found is not None
            with urllib.request.urlopen(found[1], timeout=30) as answer:
                assert "Does tagging first help?" in answer.read().decode()
            assert tiny.call("watch", "--port", found[2]) == 2
            assert f"port {found[2]} of this machine cannot be had" in capsys.readouterr().err
        finally:
            process.send_signal(2)
        assert process.wait(timeout=60) == 0
