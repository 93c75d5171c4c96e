"""The progress file of a run: what another process sees of it, and when it is written."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from xstilts.core.errors import StoreError
from xstilts.core.locks import is_held, locked
from xstilts.engine import live
from xstilts.engine.backends.inline import Inline
from xstilts.engine.leases import leased, progress_file
from xstilts.engine.listener import Silent
from xstilts.engine.live import LiveStep, ProgressFile, live_runs
from xstilts.engine.runner import execute
from xstilts.engine.step import Context, Step
from xstilts.engine.store import Store


def work(settings: str, context: Context) -> None:
    context.progress(1, 4, "updates", f"loss of {settings}")
    if settings == "bad":
        raise ValueError("no memory")


def step(name: str, *inputs: Step) -> Step:
    named = {str(number): one for number, one in enumerate(inputs)}
    return Step(name="toy", version=1, settings=name, call=work, inputs=named)


class Onlooker(Silent):
    """Looks at the store, as another process would, whenever it hears of progress or of a failure."""

    def __init__(self, root: Path) -> None:
        self.root, self.seen = root, []  # type: ignore[var-annotated]

    def step_progress(self, step: Step, done: float, total: float, unit: str, text: str) -> None:
        self.seen += [("progress", run) for run in live_runs(self.root)]

    def step_failed(self, step: Step, error: str) -> None:
        self.seen += [("failed", run) for run in live_runs(self.root)]


def test_another_process_sees_how_far_a_run_is_and_nothing_once_it_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "EVERY", 0.0)
    bad, good = step("bad"), step("good")
    store = Store(tmp_path / "store")
    onlooker = Onlooker(store.root)
    assert live_runs(store.root) == []
    execute([bad, good, step("after", bad)], store, backend=Inline(), listener=onlooker)
    (_, first), (_, failed), (_, second) = onlooker.seen
    assert bad.key in first.keys and len(first.keys) == 3 and not first.failed
    told = first.steps[bad.key]
    assert (told.done, told.total, told.unit, told.text, told.device) == (1, 4, "updates", "loss of bad", "cpu")
    assert told.told >= told.began >= first.began > 0
    assert "no memory" in failed.failed[bad.key] and failed.steps == {}
    assert list(second.steps) == [good.key] and list(second.failed) == [bad.key]
    assert live_runs(store.root) == []
    assert [path.name for path in (store.root / "locks" / "leases").iterdir()] == ["gate.lock"]


def test_a_failure_is_written_at_once_and_everything_else_at_a_modest_rate(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, writes = [100.0], []
    monkeypatch.setattr(live.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(live, "write_json", lambda path, value: writes.append(value))
    told, one = ProgressFile(tmp_path / "x.progress", Silent()), step("a")
    told.step_started(one, "cpu")
    for done in range(100):
        now[0] += live.EVERY / 16
        told.step_progress(one, done, 100, "updates", "")
    assert len(writes) == 1 + 100 // 16
    told.step_failed(one, "no")
    assert writes[-1]["failed"] == {one.key: "no"} and writes[-1]["steps"] == {}


def test_a_full_disk_ends_the_writing_and_not_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path, value: Any) -> None:
        raise StoreError("the disk is full.")

    monkeypatch.setattr(live, "write_json", full)
    outcome = execute([step("good")], Store(tmp_path / "store"), backend=Inline())
    assert outcome.exit_code == 0 and len(outcome.done) == 1


def test_the_time_left_goes_by_the_pace_since_the_step_first_said_something() -> None:
    resumed = LiveStep(began=0, first_done=500, first_told=100, told=110, done=520, total=1000)
    assert resumed.seconds_left(110) == 240  # 20 updates in 10 s; 480 are left
    assert resumed.seconds_left(140) == 210
    assert resumed.seconds_left(1e6) == 0
    assert LiveStep(began=0).seconds_left(5) is None
    assert LiveStep(began=0, first_told=1, told=1, total=9).seconds_left(5) is None
    assert LiveStep(began=0, first_told=1, told=2, done=9, total=9).seconds_left(5) is None


@pytest.mark.parametrize(
    "content", ["", "[]", "{", '{"steps": 3, "failed": [1]}', '{"steps": {"a": {"done": 1}, "b": null}, "began": "x"}']
)
def test_what_another_version_wrote_is_a_run_that_says_nothing(tmp_path: Path, content: str) -> None:
    with leased(tmp_path, ["a", "b"]) as lease:
        progress_file(lease).write_text(content)
        (run,) = live_runs(tmp_path)
    assert (run.keys, run.began, run.steps, run.failed) == (frozenset("ab"), None, {}, {})


def test_a_run_that_was_killed_is_not_in_progress(tmp_path: Path) -> None:
    leases = tmp_path / "locks" / "leases"
    leases.mkdir(parents=True)
    (leases / "1-dead.json").write_text(json.dumps(["a"]))
    (leases / "1-dead.lock").write_text("")
    assert live_runs(tmp_path) == []
    assert len(list(leases.iterdir())) == 2  # whoever looks removes nothing


def test_whether_a_lock_is_held_is_told_without_making_it(tmp_path: Path) -> None:
    path = tmp_path / "a.lock"
    assert not is_held(path) and not path.exists()
    with locked(path):
        assert is_held(path)
    assert not is_held(path)
    with locked(path, shared=True):
        assert not is_held(path)
