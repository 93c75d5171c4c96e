"""A training by two processes: the losses of one, the same numbers after an interrupt, and a process that is lost."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tiny_study import TinyStudy

Make = Callable[..., TinyStudy]
STUDY: dict[str, Any] = {
    "seeds": [1],
    "targets": ["places"],
    "languages": ["de"],
    "arms": {"none": {"strategy": "direct"}},
    "keep": "all",
}
TRAIN = {"updates": 60, "batch": 8, "lr": 1e-3, "max_length": 32, "evaluate_every": 20}
TWO = ("--data-parallel", "2", "--device", "cpu", "--threads", "2")
PATIENCE = 300.0  # seconds: each process imports torch


def started(tiny: TinyStudy, *more: str, snapshots: float = 120.0) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "xstilts", "run", str(tiny.file), "--store", str(tiny.store), *more]
    environment = {**os.environ, "XSTILTS_SNAPSHOT_SECONDS": str(snapshots)}
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def finished(process: subprocess.Popen[str]) -> str:
    """Wait for a run; return what it said."""
    out, errors = process.communicate(timeout=PATIENCE)
    return f"{process.returncode}\n{out}{errors}"


def updates(tiny: TinyStudy) -> list[tuple[int, float, int]]:
    """Return number, loss and tokens of each update of the one training."""
    [path] = tiny.store.glob("steps/train-*/log.jsonl")
    lines = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    return [(line["update"], line["loss"], line["tokens"]) for line in lines if "tokens" in line]


def wait_until(is_so: Callable[[], Any], process: subprocess.Popen[str]) -> None:
    end = time.monotonic() + PATIENCE
    while not is_so():
        assert process.poll() is None and time.monotonic() < end, finished(process)
        time.sleep(0.005)


def followers() -> list[int]:
    """Return the processes of this test that train along."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            environment = (folder / "environ").read_bytes().split(b"\0")
        except OSError:
            continue
        if b"XSTILTS_RANK=1" in environment and f"TEST_OF={os.getpid()}".encode() in environment:
            found.append(int(folder.name))
    return found


@pytest.fixture(autouse=True)
def _known_by_their_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEST_OF", str(os.getpid()))


def test_two_processes_make_the_updates_of_one(study: Make) -> None:
    tiny = study(**STUDY, train={**TRAIN, "dropout": 0.0})
    assert tiny.call("run", "--threads", "1") == 0
    alone = updates(tiny)
    [step] = tiny.store.glob("steps/train-*")
    subprocess.run(["rm", "-r", str(step)], check=True)
    assert finished(started(tiny, *TWO))[0] == "0"
    together = updates(tiny)
    assert [(number, tokens) for number, _, tokens in together] == [(number, tokens) for number, _, tokens in alone]
    assert [loss for _, loss, _ in together] == pytest.approx([loss for _, loss, _ in alone], abs=1e-5)
    [record] = tiny.records("train")
    assert record["device"] == "cpu,cpu" and not followers()


def test_an_interrupted_training_of_two_goes_on_with_the_same_numbers(study: Make) -> None:
    """With dropout, of which each process draws masks of its own."""
    train = {**TRAIN, "updates": 300, "dropout": 0.2, "evaluate_every": 100}
    whole, stopped = (study(name, **STUDY, train=train) for name in ("whole", "stopped"))
    assert finished(started(whole, *TWO))[0] == "0"
    process = started(stopped, *TWO, snapshots=0.05)
    wait_until(lambda: any(stopped.store.glob("work/train-*/scratch/snapshots/0*/state.json")), process)
    process.send_signal(signal.SIGINT)
    assert finished(process).startswith("130"), "it should have been interrupted"
    assert stopped.records("train") == [] and not followers()
    assert finished(started(stopped, *TWO))[0] == "0"
    assert updates(stopped) == updates(whole)


def test_a_lost_process_fails_the_step_in_a_sentence(study: Make) -> None:
    tiny = study(**STUDY, train={**TRAIN, "updates": 3000})
    process = started(tiny, *TWO)
    wait_until(followers, process)
    os.kill(followers()[0], signal.SIGKILL)
    said = finished(process)
    assert said[0] == "1" and "rank 1 of 2" in said and "Traceback" not in said
    assert not followers()


def test_what_cannot_be_is_refused_before_anything_runs(study: Make, capsys: pytest.CaptureFixture[str]) -> None:
    tiny = study(**STUDY, train=TRAIN)
    assert tiny.call("run", "--data-parallel", "2", "--backend", "inline") == 2
    assert "--data-parallel" in capsys.readouterr().err and tiny.records("train") == []
