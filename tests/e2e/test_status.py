"""`xstilts status` and `xstilts cancel`: how a study stands while its steps are made, and how that is stopped."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tiny_study import TinyStudy

from fake_slurm import FakeSlurm
from xstilts.engine import attempts
from xstilts.engine.attempts import StepAttempt, recorded
from xstilts.engine.backends.inline import Inline
from xstilts.engine.graph import steps_of
from xstilts.engine.leases import leased
from xstilts.engine.runner import execute
from xstilts.engine.slurm.job_folder import JobFolder
from xstilts.engine.step import Step
from xstilts.engine.store import Store
from xstilts.pipeline.options import Options
from xstilts.pipeline.session import open_session
from xstilts.study.schema import Study

# A run that holds its steps until it is asked to stop.
RUN = """
import sys, time
from pathlib import Path
from xstilts.engine.leases import leased
from xstilts.engine.signals import interruptible
stop = lambda: sys.exit(130)
with leased(Path(sys.argv[1]), sys.argv[2:]), interruptible(stop, stop):
    print("here", flush=True)
    time.sleep(60)
"""


@dataclass
class Opened:
    tiny: TinyStudy
    store: Store
    steps: tuple[Step, ...]

    def one(self, name: str) -> Step:
        return next(step for step in self.steps if step.name == name)

    def status(self, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
        capsys.readouterr()
        assert self.tiny.call("status", "--json") == 0
        return json.loads(capsys.readouterr().out)

    def page(self, capsys: pytest.CaptureFixture[str]) -> str:
        capsys.readouterr()
        assert self.tiny.call("status") == 0
        return capsys.readouterr().out


@pytest.fixture
def opened(study: Callable[..., TinyStudy], monkeypatch: pytest.MonkeyPatch) -> Opened:
    """A study of two arms whose files are read already."""
    monkeypatch.setenv("COLUMNS", "160")
    tiny = study(targets=["weather"], seeds=[1], languages=["de"])
    session = open_session(Study.load(str(tiny.file)), Options(store=tiny.store, data=(tiny.folder,)))
    steps = steps_of(session.goals)
    execute([step for step in steps if step.name == "prepare"], session.store, backend=Inline())
    return Opened(tiny, session.store, steps)


@pytest.fixture
def slurm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeSlurm]:
    made = FakeSlurm(tmp_path / "slurm")
    monkeypatch.setenv("PATH", f"{made.programs}{os.pathsep}{os.environ['PATH']}")
    yield made


def queued(slurm: FakeSlurm, opened: Opened, step: Step, state: str) -> None:
    """Puts a job of `step` into the queue, as a run that has died since would have left it."""
    task = slurm.tasks / "7_0"
    task.mkdir()
    (task / "name").write_text("an-array")
    (task / "state").write_text(state)
    JobFolder(opened.store.root, step.key).record(("an-array", 0))


def test_before_a_run_all_waits_and_nothing_is_running(opened: Opened, capsys: pytest.CaptureFixture[str]):
    found = opened.status(capsys)
    assert found["runs"] == [] and {step["state"] for step in found["steps"]} == {"done", "waiting"}
    assert found["kinds"]["prepare"] == {"done": 3} and found["kinds"]["train"] == {"waiting": 3}
    assert found["arms"]["none"]["waiting"] < found["arms"]["tagged"]["waiting"]
    assert "No run of this study is in progress." in opened.page(capsys)
    assert opened.tiny.call("cancel") == 0
    assert capsys.readouterr().out == "Nothing of this study is running.\n"


def test_what_runs_is_shown_with_where_and_how_far(
    opened: Opened, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(attempts, "_EVERY", 0.0)
    step = opened.one("train")
    _, scratch = opened.store.begin(step)
    attempt = StepAttempt(host="node3", process=1, device="cuda", started="2026-01-01T10:00:00+00:00")
    recorded(attempt, scratch.parent, lambda *said: None)(120, 400, "updates", "loss 1.31")
    with opened.store.lock(step.key), leased(opened.store.root, [step.key]):
        found, page = opened.status(capsys), opened.page(capsys)
    [running] = [one for one in found["steps"] if one["state"] == "running"]
    assert running["key"] == step.key
    assert {"host": "node3", "device": "cuda", "done": 120, "unit": "updates"}.items() <= running["attempt"].items()
    assert found["runs"][0]["process"] == os.getpid()
    assert "node3 (cuda)" in page and "120/400 updates loss 1.31" in page and f"process {os.getpid()} on" in page
    assert opened.status(capsys)["kinds"]["train"] == {"waiting": 3}, "it was killed: nobody holds its lock"


def test_an_attempt_writes_down_where_it_runs(opened: Opened):
    """While it does: its folder is gone when it is done, and says where it was when it failed."""
    seen: list[StepAttempt | None] = []

    def look(settings: Any, context: Any) -> None:
        seen.append(attempts.read_attempt(context.scratch.parent))

    execute([Step(name="toy", version=1, settings={}, call=look)], opened.store, backend=Inline(device="cpu"))
    assert seen[0] is not None and seen[0].process == os.getpid() and seen[0].reported == ""


def test_what_failed_is_shown_with_the_end_of_its_log(opened: Opened, capsys: pytest.CaptureFixture[str]):
    step = opened.one("train")
    opened.store.write_error(
        step, "Traceback\n" + "\n".join(f"line {n}" for n in range(20)) + "\nValueError: no \x1b[31m\n"
    )
    found, page = opened.status(capsys), opened.page(capsys)
    [failed] = [one for one in found["steps"] if one["state"] == "failed"]
    assert failed["key"] == step.key and failed["log"].startswith("Traceback")
    assert "ValueError: no ␛[31m" in page and "line 19" in page and "line 3\n" not in page


def test_jobs_in_the_queue_are_shown_and_cancelled(
    opened: Opened, slurm: FakeSlurm, capsys: pytest.CaptureFixture[str]
):
    step = opened.one("train")
    queued(slurm, opened, step, "PENDING")
    found = opened.status(capsys)
    [one] = [one for one in found["steps"] if one["state"] == "queued"]
    assert (one["key"], one["job"]) == (step.key, "7_0") and "In Slurm's queue" in opened.page(capsys)
    assert opened.tiny.call("cancel", "--json") == 0
    assert json.loads(capsys.readouterr().out)["jobs"] == [{"job": "7_0", "state": "PENDING"}]
    assert slurm.states() == {"7_0": "CANCELLED"} and JobFolder(opened.store.root, step.key).is_cancelled
    assert opened.status(capsys)["kinds"]["train"] == {"waiting": 3}


def test_a_job_that_runs_is_asked_to_stop_with_a_snapshot(
    opened: Opened, slurm: FakeSlurm, capsys: pytest.CaptureFixture[str]
):
    queued(slurm, opened, opened.one("train"), "RUNNING")
    process = subprocess.Popen(["sleep", "60"])
    (slurm.tasks / "7_0" / "pid").write_text(str(process.pid))
    assert opened.status(capsys)["kinds"]["train"] == {"running": 1, "waiting": 2}
    assert opened.tiny.call("cancel") == 0
    assert "Asked to stop: 1 running job (7_0)." in capsys.readouterr().out
    assert process.wait(10) == -15 and slurm.states() == {"7_0": "RUNNING"}


def test_where_slurm_does_not_answer_that_is_said(
    opened: Opened, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    JobFolder(opened.store.root, opened.one("train").key).record(("an-array", 0))
    monkeypatch.setenv("PATH", str(opened.tiny.folder))
    assert "squeue cannot be started" in opened.status(capsys)["problem"]
    assert "what its jobs do is not known" in opened.page(capsys)
    assert opened.tiny.call("cancel") == 1


def test_a_run_on_this_machine_is_stopped_as_by_ctrl_c(opened: Opened, capsys: pytest.CaptureFixture[str]):
    words = [sys.executable, "-c", RUN, str(opened.store.root), opened.one("train").key]
    run = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    assert run.stdout is not None and run.stdout.readline() == "here\n"
    assert opened.tiny.call("cancel") == 0
    assert f"the run of process {run.pid} on this machine" in capsys.readouterr().out
    assert run.wait(20) == 130


def test_a_run_elsewhere_is_named(opened: Opened, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch):
    with monkeypatch.context() as patch:
        patch.setattr("socket.gethostname", lambda: "login2")
        lease = leased(opened.store.root, [opened.one("train").key])
        lease.__enter__()
    assert opened.tiny.call("cancel") == 1
    assert f"Not asked: the run of process {os.getpid()} on login2 goes on" in capsys.readouterr().out
    lease.__exit__(None, None, None)
