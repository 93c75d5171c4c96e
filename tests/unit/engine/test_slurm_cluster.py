"""The slurm backend on a real Slurm of two nodes, where it is installed: requeueing, a run that dies, `scancel`."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import run_toys as toys

import slurm_cluster
from xstilts.engine.slurm.programs import queue
from xstilts.engine.store import Store

PATIENCE = 90.0  # seconds; only what hangs takes so long


@pytest.fixture(scope="module")
def slurm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    if reason := slurm_cluster.missing():
        pytest.skip(reason)
    with (
        slurm_cluster.cluster(tmp_path_factory.mktemp("slurm")) as configuration,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setenv("SLURM_CONF", str(configuration))
        yield


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """The folder that steers the toys, and has the options and what a run says."""
    folder = tmp_path / "log"
    folder.mkdir()
    (folder / "slurm.yaml").write_text("partition: main\ngather: 0.1\npoll: 0.5\n")
    return folder


def start(log: Path, store: Store) -> subprocess.Popen[bytes]:
    words = toys.command("execute", "pair", log, store.root, "slurm")
    return subprocess.Popen(words, stdout=subprocess.DEVNULL)


def until(condition: Callable[[], object]) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)


def job_of(store: Store, name: str, log: Path) -> str:
    record = json.loads((store.root / "jobs" / toys.pair(log)[name].key / "job.json").read_text())
    return queue()[record["array"], record["task"]].id


def test_jobs_outlive_their_run_and_go_on_from_their_snapshot(slurm: None, log: Path, tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    for name in ("wait-a", "wait-b"):
        (log / name).touch()
    run = start(log, store)
    until((log / "started-a").exists)
    run.kill()
    run.wait()
    again = start(log, store)
    until(lambda: "taken over from an earlier run: 1 job" in (log / "said").read_text())
    (log / "wait-a").unlink()
    until((log / "started-b").exists)
    job = job_of(store, "b", log)
    subprocess.run(["scancel", "--batch", "--signal=TERM", job], check=True)
    until(lambda: "is requeued" in (log / "said").read_text())
    (log / "wait-b").unlink()
    until(lambda: any(one.id == job and one.state == "PENDING" for one in queue().values()))
    subprocess.run(["scontrol", "update", f"JobId={job}", "StartTime=now"], check=True)  # Slurm waits two minutes
    assert again.wait(PATIENCE) == 0
    assert (log / "resumed-b").exists() and toys.runs(log) == {"a": 1, "b": 2}
    assert (store.path(toys.pair(log)["b"]) / "text.txt").read_text() == "b(a())"


def test_a_job_that_somebody_cancels_is_a_failed_step_and_is_not_requeued(
    slurm: None, log: Path, tmp_path: Path
) -> None:
    store = Store(tmp_path / "store")
    (log / "wait-a").touch()
    run = start(log, store)
    until((log / "started-a").exists)
    job = job_of(store, "a", log)
    subprocess.run(["scancel", job], check=True)
    assert run.wait(PATIENCE) == 1
    [record] = (store.root / "runs").iterdir()
    [error] = json.loads(record.read_text())["outcome"]["failed"].values()
    assert error.startswith(f"Slurm's job {job} was cancelled from outside this run")
    assert [one.state for one in queue().values() if one.id == job] == ["CANCELLED"]
    assert list((store.root / "jobs").iterdir()) == []
