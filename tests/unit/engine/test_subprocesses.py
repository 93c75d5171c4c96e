"""What only child processes can do: die, print, leave workers, share devices."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import run_toys as toys

from xstilts.engine.backends.base import Ended, Progressed, StepEvent
from xstilts.engine.backends.subprocesses import Local
from xstilts.engine.runner import execute
from xstilts.engine.step import Context, Step
from xstilts.engine.store import Store

PATIENCE = 120.0  # seconds; only what hangs takes so long


def call(settings: Any, context: Context) -> None: ...


def step(name: str, **more: Any) -> Step:
    return Step(name="toy", version=1, settings=name, call=call, **more)


def script(body: str) -> list[str]:
    return [sys.executable, "-c", body]


def ended(local: Local, store: Store, one: Step, seconds: float = PATIENCE) -> list[StepEvent]:
    """Everything told about one step."""
    told: list[StepEvent] = []
    local.launch(one, store, told.append)
    end = time.monotonic() + seconds
    while not any(isinstance(report, Ended) for report in told):
        assert time.monotonic() < end, "it did not end in time"
        local.poll(0.05)
    return told


def result_of(body: str, store: Store) -> Any:
    last = ended(Local(lambda one: script(body)), store, step("x"))[-1]
    assert isinstance(last, Ended)
    return last.result


def until_gone(pid: Path, seconds: float = PATIENCE) -> None:
    """Waits until the process whose number stands in the file `pid` has ended."""
    stat, end = Path("/proc") / pid.read_text() / "stat", time.monotonic() + seconds
    while stat.exists() and stat.read_text().rpartition(")")[2].split()[0] != "Z":
        assert time.monotonic() < end, "it lives on"
        time.sleep(0.01)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


def test_a_child_that_is_killed_fails_alone(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.mkdir()
    (log / "kill-b").touch()
    graph, store = toys.diamond(log), Store(tmp_path / "store")
    backend = toys.backend_for("local", "diamond", store, log)
    outcome = execute(toys.goals_of(graph), store, backend=backend)
    assert list(outcome.failed) == [graph["b"].key] and "SIGKILL" in outcome.failed[graph["b"].key]
    assert set(outcome.done) == {graph[name].key for name in "ace"} and list(outcome.not_run) == [graph["d"].key]
    assert execute(toys.goals_of(graph), store, backend=backend).exit_code == 0
    assert (log / "resumed-b").exists() and toys.runs(log)["c"] == 1


def test_a_child_that_dies_without_a_word_leaves_its_last_line(store: Store) -> None:
    result = result_of("import sys; sys.stderr.write('one\\nno module named x\\n'); sys.exit(3)", store)
    assert result.status == "failed"
    assert "ended with exit code 3: no module named x (its output is in " in result.error
    details = Path(result.error.partition("output is in ")[2].rstrip(")"))
    assert details.read_text() == "one\nno module named x\n"


def test_a_step_that_could_not_begin_leaves_its_reason_for_whoever_looks_later(store: Store) -> None:
    """Else it would pass for one that nobody has run."""
    outcome = execute([step("x")], store, backend=Local(lambda one: ["/no/such/program"]))
    assert "cannot be started" in outcome.failed[step("x").key]
    assert store.error_file(step("x")).read_text("utf-8") == outcome.failed[step("x").key]


def test_a_command_that_does_not_exist_fails_the_step(store: Store) -> None:
    (_, last) = ended(Local(lambda one: ["/no/such/program"]), store, step("x"))
    assert isinstance(last, Ended) and "cannot be started" in last.result.error


def test_prints_of_libraries_are_no_events(store: Store) -> None:
    body = """if True:
        print("Some weights were not initialised"); print('{"progress": "odd"}'); print('{"ended": {"status": "x"}}')
        print('{"progress": [1, 4, "rows", ""]}'); print("123")
        print('{"ended": {"status": "done", "seconds": 1.5, "error": ""}}')"""
    told = ended(Local(lambda one: script(body)), store, step("x"))
    assert [report for report in told if isinstance(report, Progressed)] == [
        Progressed(step("x").key, 1, 4, "rows", "")
    ]
    assert isinstance(told[-1], Ended) and (told[-1].result.status, told[-1].result.seconds) == ("done", 1.5)


def test_workers_that_outlive_their_step_are_taken_along(store: Store, tmp_path: Path) -> None:
    body = f"""if True:
        import subprocess, sys
        worker = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
        open({str(tmp_path / "pid")!r}, "w").write(str(worker.pid))
        sys.exit(1)"""
    assert result_of(body, store).status == "failed"
    until_gone(tmp_path / "pid")


def test_workers_go_when_the_runner_itself_is_killed(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.mkdir()
    for mark in ("wait-c", "worker-c"):
        (log / mark).touch()
    process = subprocess.Popen(toys.command("execute", "diamond", log, tmp_path / "store", "local"))
    while not (log / "started-c").exists():
        time.sleep(0.01)
    process.kill()
    process.wait()
    until_gone(log / "started-c")
    until_gone(log / "worker-c")
    assert not (tmp_path / "store" / "work" / toys.diamond(log)["c"].key / "out").exists()


def test_cancel_asks_and_kill_insists(store: Store) -> None:
    body = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('{}', flush=True); time.sleep(60)"
    local, told = Local(lambda one: script(body)), list[StepEvent]()
    local.launch(step("x"), store, told.append)
    time.sleep(0.3)
    local.cancel()
    local.poll(0.2)
    assert not isinstance(told[-1], Ended)
    local.kill()
    for _ in range(50):
        local.poll(0.1)
        if isinstance(told[-1], Ended):
            break
    assert isinstance(told[-1], Ended) and told[-1].result.status == "interrupted"


def test_a_step_stopped_from_outside_is_a_failure_not_a_loop(tmp_path: Path) -> None:
    store, one = Store(tmp_path / "store"), step("x")
    outcome = execute([one], store, backend=Local(lambda one: script("import sys; sys.exit(130)")))
    assert "stopped from outside" in outcome.failed[one.key]


def test_an_input_that_keeps_vanishing_is_a_failure_not_a_loop(tmp_path: Path) -> None:
    body = """print('{"ended": {"status": "stale", "seconds": 0, "error": ""}}')"""
    one = step("x")
    outcome = execute([one], Store(tmp_path / "store"), backend=Local(lambda one: script(body)))
    assert "stale" in outcome.failed[one.key]


def test_computing_steps_have_a_gpu_each_and_share_a_cpu(store: Store) -> None:
    sleep = script("import time; time.sleep(60)")
    gpus = Local(lambda one: sleep, jobs=4, devices=("cuda:0", "cuda:1"))
    told: list[StepEvent] = []
    try:
        for name in "ab":
            assert gpus.has_capacity(step(name, compute=True))
            gpus.launch(step(name, compute=True), store, told.append)
        assert [report.device for report in told] == ["cuda:0", "cuda:1"]  # type: ignore[union-attr]
        assert not gpus.has_capacity(step("c", compute=True)) and gpus.has_capacity(step("score"))
        gpus.launch(step("score"), store, told.append)
        assert told[-1].device == "cpu"  # type: ignore[union-attr]
        gpus.launch(step("score2"), store, told.append)
        assert not gpus.has_capacity(step("score3"))
    finally:
        gpus.kill()
        while gpus._running:
            gpus.poll(0.05)


def test_threads_are_divided_by_jobs_however_many_run(store: Store, tmp_path: Path) -> None:
    body = f"""if True:
        import os
        names = ("XSTILTS_THREADS", "OMP_NUM_THREADS", "XSTILTS_DEVICE")
        open({str(tmp_path / "env")!r}, "w").write(" ".join(os.environ[name] for name in names))"""
    ended(Local(lambda one: script(body), jobs=3, threads=8), store, step("x", compute=True))
    assert (tmp_path / "env").read_text() == "2 2 cpu"
    assert Local(lambda one: [], jobs=4, threads=2).threads == 1


def test_one_step_runs_as_a_command_from_a_shared_store(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.mkdir()
    graph, store = toys.diamond(log), Store(tmp_path / "store")
    early = subprocess.run(
        toys.command("step", "diamond", log, store.root, graph["b"].key), capture_output=True, text=True, check=False
    )
    assert early.returncode == 75 and "run that first" in early.stderr
    for name in "ab":
        words = toys.command("step", "diamond", log, store.root, graph[name].key)
        finished = subprocess.run(words, capture_output=True, text=True, check=True)
        assert '"ended": {"status": "done"' in finished.stdout
    assert store.is_done(graph["b"]) and dict(toys.runs(log)) == {"a": 1, "b": 1}


def test_a_second_signal_kills_what_does_not_heed_the_first(tmp_path: Path) -> None:
    body = f"""if True:
        import signal, sys, time
        from pathlib import Path
        from xstilts.engine.backends.subprocesses import Local
        from xstilts.engine.runner import execute
        from xstilts.engine.step import Step
        from xstilts.engine.store import Store
        deaf = ("import signal, time, pathlib; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
                "pathlib.Path({str(tmp_path / "up")!r}).touch(); time.sleep(60)")
        step = Step(name="deaf", version=1, settings=0, call=print)
        backend = Local(lambda one: [sys.executable, "-c", deaf])
        sys.exit(execute([step], Store(Path({str(tmp_path / "store")!r})), backend=backend).exit_code)"""
    process = subprocess.Popen(script(body))
    while not (tmp_path / "up").exists():
        time.sleep(0.01)
    process.send_signal(signal.SIGTERM)
    time.sleep(0.5)
    assert process.poll() is None
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=30) == 130  # the step sleeps for longer


def test_signal_handlers_are_put_back(tmp_path: Path) -> None:
    before = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)
    execute([], Store(tmp_path / "store"), backend=Local(lambda one: []))
    assert (signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)) == before


def test_cancelling_a_child_that_has_just_ended_leaves_it_to_be_found(tmp_path: Path) -> None:
    """A signal may arrive between a child's end and the poll that buries it."""
    told: list[StepEvent] = []
    backend = Local(lambda step: script("pass"))
    backend.launch(step("quick"), Store(tmp_path), told.append)
    (running,) = backend._running.values()
    os.waitid(os.P_PID, running.child._process.pid, os.WEXITED | os.WNOWAIT)  # it has ended, and nobody has reaped it
    backend.cancel()
    while backend._running:
        backend.poll(0.05)
    assert isinstance(told[-1], Ended)
    assert told[-1].result.status == "interrupted"
