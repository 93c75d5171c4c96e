"""Runs that are killed, interrupted or doubled: the numbers are those of one undisturbed run."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from tiny_study import TinyStudy

from xstilts.pipeline.steps import perturbed_rows

Make = Callable[..., TinyStudy]
# One training of about a second: long against the time between two snapshots, and between two looks at them.
LONG = {
    "seeds": [1],
    "targets": ["places"],
    "languages": ["de"],
    "arms": {"none": {"strategy": "direct"}},
    "train": {"updates": 400, "batch": 8, "lr": 1e-3, "max_length": 32, "evaluate_every": 50},
    "keep": "all",
}
PATIENCE = 120.0  # seconds


@contextmanager
def started(tiny: TinyStudy, *more: str) -> Iterator[subprocess.Popen[str]]:
    """`xstilts run` in a process of its own, with frequent snapshots; killed at the end where it still runs."""
    command = [sys.executable, "-m", "xstilts", "run", str(tiny.file), "--store", str(tiny.store)]
    command += ["--threads", "1", *more]
    environment = {**os.environ, "XSTILTS_SNAPSHOT_SECONDS": "0.05"}
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def wait_for_a_snapshot(tiny: TinyStudy, process: subprocess.Popen[str]) -> None:
    end = time.monotonic() + PATIENCE
    while not any(tiny.store.glob("work/train-*/scratch/snapshots/0*/state.json")):
        assert process.poll() is None and time.monotonic() < end, process.communicate()
        time.sleep(0.01)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory, encoder: Path) -> TinyStudy:
    tiny = TinyStudy(tmp_path_factory.mktemp("undisturbed") / "study", encoder, dict(LONG))
    assert tiny.call("run") == 0
    return tiny


def weights(tiny: TinyStudy) -> bytes:
    [path] = tiny.store.glob("steps/train-*/encoder/model.safetensors")
    return path.read_bytes()


def test_a_killed_run_goes_on_and_ends_with_the_same_numbers(
    study: Make, undisturbed: TinyStudy, monkeypatch: pytest.MonkeyPatch
):
    from xstilts.train.attempt import Attempt

    tiny = study(**LONG)
    with started(tiny) as process:
        wait_for_a_snapshot(tiny, process)
        process.kill()
        assert process.wait() == -signal.SIGKILL
    assert tiny.records("train") == []
    read = tiny.stamps("prepare")
    [state] = [json.loads(path.read_text("utf-8")) for path in newest_snapshot(tiny)]
    real, made = Attempt.update, []
    monkeypatch.setattr(Attempt, "update", lambda attempt, update: made.append(update) or real(attempt, update))
    assert tiny.call("run") == 0
    assert made == list(range(state["update"], 400)) and 0 < len(made) < 400
    assert tiny.stamps("prepare") == read
    assert tiny.scores() == undisturbed.scores() and weights(tiny) == weights(undisturbed)


def newest_snapshot(tiny: TinyStudy) -> list[Any]:
    return sorted(tiny.store.glob("work/train-*/scratch/snapshots/0*/state.json"))[-1:]


def test_an_interrupted_run_says_so_and_loses_nothing(study: Make, undisturbed: TinyStudy):
    tiny = study(**LONG)
    with started(tiny) as process:
        wait_for_a_snapshot(tiny, process)
        process.send_signal(signal.SIGINT)
        out, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130
    assert "Interrupted with 3 steps left" in out and "goes on from here" in out
    assert "Traceback" not in out + errors
    assert tiny.records("prepare") and not tiny.records("train") and newest_snapshot(tiny)
    assert tiny.call("run") == 0
    assert tiny.scores() == undisturbed.scores() and weights(tiny) == weights(undisturbed)


def test_a_run_interrupted_while_it_reads_trains_nothing(
    study: Make, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    tiny = study(seeds=[1], targets=["weather"])
    real, calls = perturbed_rows.load_examples, []

    def load(source: Any) -> Any:
        calls.append(source)
        if len(calls) == 3:
            signal.raise_signal(signal.SIGINT)
        return real(source)

    monkeypatch.setattr(perturbed_rows, "load_examples", load)
    assert tiny.call("run") == 130
    assert "Interrupted with 9 steps left" in capsys.readouterr().out  # 11 steps, two of them done
    assert len(tiny.stamps()) == len(tiny.stamps("prepare")) == 2
    assert not tiny.stamps("audit"), "whoever stops a run waits for no comparison"


def test_two_runs_at_once_share_the_work(study: Make):
    tiny = study(seeds=[1])
    with started(tiny, "--json") as one, started(tiny, "--json") as other:
        ends = [process.communicate(timeout=PATIENCE) for process in (one, other)]
        assert (one.returncode, other.returncode) == (0, 0), ends
    answers = [json.loads(out) for out, _ in ends]
    assert sum(answer["executed"] for answer in answers) == len(tiny.stamps())
    assert all(not answer["failed"] and not answer["left"] for answer in answers)
    assert answers[0]["scores"] == answers[1]["scores"]
    alone = study("alone", seeds=[1])
    assert alone.call("run") == 0 and alone.scores() == tiny.scores()
