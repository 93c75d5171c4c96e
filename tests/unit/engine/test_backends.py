"""What every backend must do, the same for each of them."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import run_toys as toys

from xstilts.core.errors import StoreError
from xstilts.engine.backends.base import Ended, OnEvent, Started
from xstilts.engine.backends.inline import Inline
from xstilts.engine.execute import Result
from xstilts.engine.runner import Outcome, execute, plan
from xstilts.engine.step import Step
from xstilts.engine.store import Store

PATIENCE = 120.0  # seconds; only what hangs takes so long


class Hearing:
    def __init__(self) -> None:
        self.heard: list[tuple[Any, ...]] = []

    def step_started(self, step: Step, device: str) -> None:
        self.heard.append(("started", step.settings["name"], device))

    def step_progress(self, step: Step, done: float, total: float, unit: str, text: str) -> None:
        self.heard.append(("progress", step.settings["name"], done, total, unit, text))

    def step_finished(self, step: Step, seconds: float) -> None:
        self.heard.append(("finished", step.settings["name"]))

    def step_failed(self, step: Step, error: str) -> None:
        self.heard.append(("failed", step.settings["name"], error))

    def step_reused(self, count: int) -> None:
        self.heard.append(("reused", count))

    def step_damaged(self, problem: str) -> None:
        self.heard.append(("damaged", problem))


class Desk:
    """A store, a folder that steers the toys, and a backend: one test's world."""

    def __init__(self, folder: Path, kind: str) -> None:
        self.log, self.kind = folder / "log", kind
        self.log.mkdir()
        self.store = Store(folder / "store")

    def run(self, graph: str, goals: list[str] | None = None, **more: Any) -> Outcome:
        steps = toys.GRAPHS[graph](self.log)
        wanted = [steps[name] for name in goals] if goals else toys.goals_of(steps)
        backend = toys.backend_for(self.kind, graph, self.store, self.log)
        return execute(wanted, self.store, backend=backend, **more)

    def say(self, *marks: str) -> None:
        for mark in marks:
            (self.log / mark).touch()

    def start(self, graph: str) -> subprocess.Popen[str]:
        """The same run in a process of its own."""
        words = toys.command("execute", graph, self.log, self.store.root, self.kind)
        return subprocess.Popen(words, stdout=subprocess.PIPE, text=True)

    def runs(self) -> dict[str, int]:
        return dict(toys.runs(self.log))

    def artefacts(self) -> dict[str, str]:
        return {path.parent.name: path.read_text() for path in self.store.root.glob("steps/*/text.txt")}


@pytest.fixture(params=["inline", "local"])
def desk(request: pytest.FixtureRequest, tmp_path: Path) -> Desk:
    return Desk(tmp_path, request.param)


def until(condition: Callable[[], object], seconds: float = PATIENCE) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.01)


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def names(keys: Any, graph: toys.Graph) -> set[str]:
    return {name for name, step in graph.items() if step.key in keys}


def test_each_step_runs_once_after_its_inputs_and_leaves_the_same_artefacts(desk: Desk) -> None:
    graph = toys.diamond(desk.log)
    outcome = desk.run("diamond")
    assert names(outcome.done, graph) == set("abcde") and outcome.exit_code == 0
    assert not (outcome.failed or outcome.not_run or outcome.reused or outcome.left)
    assert desk.runs() == dict.fromkeys("abcde", 1)
    assert desk.artefacts() == {
        graph["a"].key: "a()",
        graph["b"].key: "b(a())",
        graph["c"].key: "c(a())",
        graph["d"].key: "d(b(a()),c(a()))",
        graph["e"].key: "e()",
    }
    assert list((desk.store.root / "work").iterdir()) == []


def test_a_second_run_executes_zero_steps_and_says_so(desk: Desk) -> None:
    desk.run("diamond")
    ears = Hearing()
    again = desk.run("diamond", listener=ears)
    assert (again.done, again.exit_code, len(again.reused)) == ((), 0, 2)
    assert ears.heard == [("reused", 2)]
    assert desk.runs() == dict.fromkeys("abcde", 1)


def test_the_listener_hears_starts_progress_and_ends(desk: Desk) -> None:
    ears = Hearing()
    desk.run("diamond", goals=["a"], listener=ears)
    assert ears.heard == [
        ("started", "a", "cpu"),
        ("progress", "a", 1, 2, "halves", "a"),
        ("finished", "a"),
    ]


def test_the_record_says_what_was_run_and_with_what(desk: Desk) -> None:
    graph = toys.diamond(desk.log)
    desk.run("diamond")
    record = desk.store.record(graph["d"])
    assert record is not None
    assert record["key"] == graph["d"].key and (record["name"], record["version"]) == ("toy", 1)
    assert record["settings"] == {"name": "d"}
    assert record["inputs"] == {"b": graph["b"].key, "c": graph["c"].key}
    assert record["seconds"] >= 0 and record["bytes"] == len("d(b(a()),c(a()))") and record["threads"] == 1
    assert {"python", "xstilts"} <= set(record["versions"]) and record["started"]
    (run,) = [json.loads(path.read_text()) for path in (desk.store.root / "runs").iterdir()]
    assert run["started"] and run["finished"] and len(run["outcome"]["done"]) == 5


def test_a_failure_stops_only_what_stands_on_it(desk: Desk) -> None:
    graph = toys.diamond(desk.log)
    desk.say("fail-b")
    ears = Hearing()
    outcome = desk.run("diamond", listener=ears)
    assert names(outcome.done, graph) == {"a", "c", "e"} and outcome.exit_code == 1
    assert outcome.not_run == {graph["d"].key: graph["b"].key}
    (error,) = outcome.failed.values()
    assert error.startswith("ValueError: b cannot be done (traceback in ") and "\n" not in error
    details = Path(error.partition("traceback in ")[2].rstrip(")")).read_text()
    assert "Traceback" in details and "run_toys.py" in details
    assert ("failed", "b", error) in ears.heard
    assert not desk.store.is_done(graph["b"]) and not (desk.store.root / "work" / graph["b"].key / "out").exists()
    (desk.log / "fail-b").unlink()
    assert names(desk.run("diamond").done, graph) == {"b", "d"}
    assert desk.runs() == {"a": 1, "b": 2, "c": 1, "d": 1, "e": 1}


def test_a_user_error_keeps_its_own_words(desk: Desk) -> None:
    desk.say("user-a")
    outcome = desk.run("diamond", goals=["b", "e"])
    assert list(outcome.failed.values()) == ["a.tsv:3: the row has 2 columns."]
    assert len(outcome.done) == 1 and len(outcome.not_run) == 1


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_the_steps_and_loses_nothing_done(desk: Desk, number: int) -> None:
    graph = toys.diamond(desk.log)
    desk.say("wait-c")
    process = desk.start("diamond")
    until((desk.log / "started-c").exists)
    until(lambda: desk.store.is_done(graph["a"]))
    pid = int((desk.log / "started-c").read_text())
    process.send_signal(number)
    said, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130 and json.loads(said)["left"] >= 2
    assert not alive(pid)
    (desk.log / "wait-c").unlink()
    assert names(desk.run("diamond").done, graph) >= {"c", "d"}
    assert (desk.log / "resumed-c").exists()
    assert desk.runs()["a"] == 1 and desk.runs()["c"] == 2


def test_after_kill_9_nothing_runs_on_and_the_step_resumes_from_its_scratch(desk: Desk) -> None:
    graph = toys.diamond(desk.log)
    desk.say("wait-c")
    process = desk.start("diamond")
    until((desk.log / "started-c").exists)
    pid = int((desk.log / "started-c").read_text())
    process.kill()
    process.wait()
    until(lambda: not alive(pid))
    assert not desk.store.is_done(graph["c"])
    assert (desk.store.scratch(graph["c"]) / "half").exists()
    (desk.log / "wait-c").unlink()
    assert desk.run("diamond").exit_code == 0
    assert (desk.log / "resumed-c").exists()
    assert desk.runs()["a"] == 1 and desk.runs()["c"] == 2
    assert desk.artefacts()[graph["c"].key] == "c(a())"


def test_two_runs_at_once_execute_each_step_once(desk: Desk) -> None:
    first, second = desk.start("wide"), desk.start("wide")
    said = [json.loads(process.communicate(timeout=PATIENCE)[0]) for process in (first, second)]
    assert (first.returncode, second.returncode) == (0, 0)
    assert desk.runs() == {"a": 1, **{f"w{n}": 1 for n in range(6)}}
    assert sum(one["done"] for one in said) == 7


def test_work_that_a_kill_left_of_a_step_as_it_ended_goes_with_the_next_run(desk: Desk) -> None:
    graph = toys.chain(desk.log)
    desk.run("chain", trims={graph["train"].key: "weights"})
    assert not desk.store.is_whole(graph["train"]), "trimmed"
    for name in ("train", "score1", "score2"):
        scratch = desk.store.scratch(graph[name])
        scratch.mkdir(parents=True)
        (scratch / "half").touch()
    before = desk.runs()
    with desk.store.lock(graph["score2"].key):
        desk.run("chain")
    assert [path.name for path in (desk.store.root / "work").iterdir()] == [graph["score2"].key], "someone is at it"
    desk.run("chain")
    assert not list((desk.store.root / "work").iterdir()) and desk.runs() == before


def test_a_run_waits_for_the_step_that_another_run_is_at(desk: Desk) -> None:
    desk.say("wait-a")
    other = desk.start("wide")
    until((desk.log / "started-a").exists)
    mine = desk.start("wide")
    time.sleep(0.5)
    assert mine.poll() is None and desk.runs() == {"a": 1}
    (desk.log / "wait-a").unlink()
    for process in (mine, other):
        process.communicate(timeout=PATIENCE)
        assert process.returncode == 0
    assert set(desk.runs().values()) == {1}


def test_weights_go_when_their_last_reader_is_done(desk: Desk) -> None:
    graph = toys.chain(desk.log)
    trims = {graph["train"].key: "weights"}
    desk.run("chain", goals=["score1"])
    assert desk.store.is_whole(graph["train"])
    desk.say("fail-predict2", "fail-look")
    desk.run("chain", trims=trims)
    assert desk.store.is_whole(graph["train"])  # the one that failed will want them again
    (desk.log / "fail-predict2").unlink()  # the other one reads the log, not the weights
    assert set(desk.run("chain", trims=trims).failed) == {graph["look"].key}
    assert desk.store.is_done(graph["train"]) and not desk.store.is_whole(graph["train"])
    assert not (desk.store.path(graph["train"]) / "model.bin").exists()
    assert desk.runs()["train"] == 1


def test_a_trimmed_input_is_rebuilt_only_when_its_part_is_needed(desk: Desk) -> None:
    graph = toys.chain(desk.log)
    desk.run("chain", goals=["score1"], trims={graph["train"].key: "weights"})
    assert not desk.store.is_whole(graph["train"])
    assert desk.run("chain", goals=["score1", "train"]).done == ()
    waiting = plan([graph["score2"]], desk.store)
    assert names({step.key for step in waiting.to_run}, graph) == {"train", "predict2", "score2"}
    assert (waiting.rebuilt, waiting.reused, waiting.not_needed) == ((graph["train"],), (graph["a"],), 0)
    assert names(desk.run("chain", goals=["score2"]).done, graph) == {"train", "predict2", "score2"}
    assert desk.store.is_whole(graph["train"]) and desk.runs()["train"] == 2 and desk.runs()["a"] == 1


def test_trimming_left_undone_by_a_kill_is_done_by_the_next_run(desk: Desk) -> None:
    graph = toys.chain(desk.log)
    desk.run("chain")
    again = desk.run("chain", trims={graph["train"].key: "weights"})
    assert again.done == () and not desk.store.is_whole(graph["train"])


class Meddled(Inline):
    """Something else happens to the store just before the step called `name` would start."""

    def __init__(self, name: str, meddle: Callable[[], object]) -> None:
        super().__init__()
        self.name, self.meddle = name, meddle

    def has_capacity(self, step: Step) -> bool:
        if step.settings["name"] == self.name:
            self.name = ""
            self.meddle()
        return True


def test_what_another_run_made_used_and_trimmed_meanwhile_is_not_made_again(tmp_path: Path) -> None:
    desk = Desk(tmp_path, "inline")
    graph = toys.chain(desk.log)
    trims = {graph["train"].key: "weights"}
    backend = Meddled("train", lambda: desk.run("chain", trims=trims))
    outcome = execute(toys.goals_of(graph), desk.store, backend=backend, trims=trims)
    assert names(outcome.done, graph) == {"a"} and outcome.exit_code == 0
    assert set(desk.runs().values()) == {1}


class Overtaken(Inline):
    """Another run makes b while ours is starting it, and we look at the store before we hear that b was busy."""

    def __init__(self, other_run: Callable[[], object]) -> None:
        super().__init__()
        self.other_run, self.polls = other_run, 0
        self.late: Callable[[], None] | None = None

    def launch(self, step: Step, store: Store, tell: OnEvent) -> None:
        if step.settings["name"] == "b":
            tell(Started(step.key, "cpu"))
            self.other_run()
            self.late = lambda: tell(Ended(step.key, Result("busy")))
        elif step.settings["name"] == "c" and self.late:
            late, self.late = self.late, None
            tell(Started(step.key, "cpu"))
            tell(Ended(step.key, Result("stale")))
            late()
        else:
            super().launch(step, store, tell)

    def poll(self, seconds: float) -> None:
        self.polls += 1
        assert self.polls < 50, "the run waits for what is done"
        time.sleep(seconds / 10)


def test_a_step_that_was_busy_and_is_done_by_now_is_not_waited_for(tmp_path: Path) -> None:
    desk = Desk(tmp_path, "inline")
    graph = toys.diamond(desk.log)
    backend = Overtaken(lambda: desk.run("diamond", goals=["b"]))
    outcome = execute([graph["d"]], desk.store, backend=backend)
    assert names(outcome.done, graph) == {"a", "c", "d"} and names(outcome.reused, graph) >= {"b"}
    assert set(desk.runs().values()) == {1}


def test_an_input_that_another_run_trimmed_meanwhile_is_made_again(tmp_path: Path) -> None:
    desk = Desk(tmp_path, "inline")
    graph = toys.chain(desk.log)
    backend = Meddled("predict2", lambda: desk.store.trim(graph["train"], "weights"))
    outcome = execute(toys.goals_of(graph), desk.store, backend=backend)
    assert outcome.exit_code == 0 and desk.store.is_done(graph["score2"])
    assert desk.runs() == {"a": 1, "train": 2, "predict1": 1, "predict2": 1, "score1": 1, "score2": 1, "look": 1}


def test_plan_runs_and_writes_nothing(desk: Desk) -> None:
    graph = toys.diamond(desk.log)
    planned = plan(toys.goals_of(graph), desk.store)
    assert [step.settings["name"] for step in planned.to_run] == ["a", "b", "c", "d", "e"]
    assert (planned.reused, planned.not_needed) == ((), 0)
    assert not desk.store.root.exists() and desk.runs() == {}
    desk.run("diamond", goals=["b"])
    planned = plan([graph["d"]], desk.store)
    assert [step.settings["name"] for step in planned.to_run] == ["c", "d"]
    assert set(planned.reused) == {graph["a"], graph["b"]}
    desk.run("diamond")
    assert plan([graph["d"]], desk.store).not_needed == 3


@pytest.mark.parametrize("place", ["replace", "rename", "fsync"])
@pytest.mark.parametrize(
    ("number", "said"), [(errno.ENOSPC, "the disk is full"), (errno.EIO, "the disk, or the way to it, broke")]
)
def test_a_write_that_fails_fails_the_step_and_loses_nothing_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str, number: int, said: str
) -> None:
    desk = Desk(tmp_path, "inline")
    graph = toys.diamond(desk.log)
    desk.run("diamond", goals=["a"])
    real = getattr(os, place)

    def full(*args: Any, **kwargs: Any) -> Any:
        target = Path(f"/proc/self/fd/{args[0]}").readlink() if place == "fsync" else args[0]
        if graph["b"].key in str(target):
            raise OSError(number, os.strerror(number))
        return real(*args, **kwargs)

    monkeypatch.setattr(os, place, full)
    outcome = desk.run("diamond")
    monkeypatch.undo()
    (error,) = outcome.failed.values()
    assert said in error and "\n" not in error
    assert names(outcome.done, graph) == {"c", "e"} and outcome.not_run == {graph["d"].key: graph["b"].key}
    assert names({step.key for step in graph.values() if desk.store.is_done(step)}, graph) == {"a", "c", "e"}
    assert desk.run("diamond").exit_code == 0
    assert desk.runs()["a"] == desk.runs()["c"] == 1


def test_a_store_that_cannot_be_written_is_said_before_anything_runs(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*args: Any, **kwargs: Any) -> Any:
        raise OSError(errno.EACCES, "Permission denied", str(args[0]))

    monkeypatch.setattr(os, "mkdir", refuse)
    with pytest.raises(StoreError, match="writing is not allowed here"):
        desk.run("diamond")
    assert desk.runs() == {}
