"""The slurm backend over a Slurm of scripts: arrays by kind, snapshots and requeueing, a run that dies and is back."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import run_toys as toys

from fake_slurm import FakeSlurm
from xstilts.core.errors import StudyError
from xstilts.engine.backends.base import Ended, MachineShare, Started, StepEvent
from xstilts.engine.backends.catalog import make_backend
from xstilts.engine.runner import Outcome, execute
from xstilts.engine.step import Step
from xstilts.engine.store import Store

PATIENCE = 180.0  # seconds; only what hangs takes so long
QUICK = "gather: 0.2\npoll: 0.2\n"


def _heed_hang_ups() -> None:
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


class Cluster:
    """A store, the folder that steers the toys, and a Slurm of scripts."""

    def __init__(self, folder: Path, slurm: FakeSlurm) -> None:
        self.slurm, self.log = slurm, folder / "log"
        self.log.mkdir()
        self.store = Store(folder / "store")
        self.options(QUICK)

    def options(self, text: str) -> None:
        (self.log / "slurm.yaml").write_text(text)

    def run(self, graph: str, *goals: str) -> Outcome:
        steps = toys.GRAPHS[graph](self.log)
        wanted = [steps[name] for name in goals] if goals else toys.goals_of(steps)
        return execute(wanted, self.store, backend=toys.backend_for("slurm", graph, self.store, self.log))

    def start(self, graph: str) -> subprocess.Popen[str]:
        """The same run in a process of its own, which a hang-up ends, even where the tests run under `nohup`."""
        words = toys.command("execute", graph, self.log, self.store.root, "slurm")
        return subprocess.Popen(words, stdout=subprocess.PIPE, text=True, preexec_fn=_heed_hang_ups)

    def say(self, *marks: str) -> None:
        for mark in marks:
            (self.log / mark).touch()

    def unsay(self, mark: str) -> None:
        (self.log / mark).unlink()

    @property
    def said(self) -> list[str]:
        path = self.log / "said"
        return path.read_text().splitlines() if path.exists() else []

    @property
    def taken_over(self) -> int:
        """How often a run said that it took over jobs of another one."""
        return sum("from an earlier run" in line for line in self.said)

    @property
    def runs(self) -> dict[str, int]:
        return dict(toys.runs(self.log))

    def has(self, mark: str) -> Callable[[], bool]:
        return (self.log / mark).exists

    @property
    def leftover(self) -> list[Path]:
        return sorted((self.store.root / "jobs").iterdir())


@pytest.fixture
def cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cluster]:
    slurm = FakeSlurm(tmp_path / "slurm")
    monkeypatch.setenv("PATH", f"{slurm.programs}{os.pathsep}{os.environ['PATH']}")
    yield Cluster(tmp_path, slurm)
    slurm.end_all()


def until(condition: Callable[[], object]) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)


def test_ready_steps_of_a_kind_are_one_array_and_what_they_make_is_that_of_this_process(
    cluster: Cluster, tmp_path: Path
) -> None:
    cluster.options("gather: 2\npoll: 0.2\n")  # long enough for a busy machine to end two steps
    outcome = cluster.run("kinds")
    assert outcome.exit_code == 0 and cluster.runs == dict.fromkeys(("a", "t1", "t2", "s1", "s2"), 1)
    calls = cluster.slurm.calls("sbatch")
    assert [(call[1].split("-xstilts-")[0], call[2]) for call in calls] == [
        ("--job-name=prepare", "--array=0-0"),
        ("--job-name=train", "--array=0-1"),
        ("--job-name=score", "--array=0-1"),
    ]
    assert cluster.said == [
        f"job {n} submitted: {what}" for n, what in enumerate(("1 × prepare", "2 × train", "2 × score"), 1)
    ]
    assert cluster.leftover == []
    here = Store(tmp_path / "here")
    execute(
        toys.goals_of(toys.kinds(cluster.log)), here, backend=toys.backend_for("inline", "kinds", here, cluster.log)
    )
    texts = [
        {path.parent.name: path.read_bytes() for path in root.glob("steps/*/text.txt")}
        for root in (here.root, cluster.store.root)
    ]
    assert texts[0] == texts[1] and len(texts[0]) == 5


def test_what_a_job_asks_for_is_that_of_its_kind(cluster: Cluster) -> None:
    cluster.options(
        QUICK + "partition: cpu\ncpus: 3\nat_once: 5\ntime: 24:00:00\nflags: [--nice=10]\n"
        "kinds:\n  train: {partition: gpu-a100, memory: 8G, account: nlp, qos: low, warning: 60}\n"
    )
    assert cluster.run("kinds", "t1").exit_code == 0
    prepare, train = cluster.slurm.calls("sbatch")
    assert prepare[2:] == [
        "--array=0-0%5",
        "--requeue",
        "--output=/dev/null",
        "--signal=B:USR1@120",
        "--cpus-per-task=3",
        "--partition=cpu",
        "--time=24:00:00",
        "--nice=10",
    ]
    assert train[5:] == [
        "--signal=B:USR1@60", "--cpus-per-task=3", "--partition=gpu-a100", "--account=nlp", "--qos=low",
        "--time=24:00:00", "--mem=8G", "--nice=10",
    ]  # fmt: skip
    record = cluster.store.record(toys.kinds(cluster.log)["t1"])
    assert record is not None and record["threads"] == 3


@pytest.mark.parametrize(
    ("devices", "compute", "gpus"), [(("cpu",), True, []), (("cuda",), True, ["--gpus=a100:2"]), (("cuda",), False, [])]
)
def test_only_what_computes_on_a_gpu_asks_for_one(
    cluster: Cluster, devices: tuple[str, ...], compute: bool, gpus: list[str]
) -> None:
    cluster.options(QUICK + "gpus: a100:2\n")
    command = ["sh", "-c", """echo '{"ended": {"status": "done", "seconds": 1, "error": "'$XSTILTS_DEVICE'"}}'"""]
    share = MachineShare(prepare_command=lambda: lambda step: command, devices=devices)
    backend, events = make_backend(share, f"slurm:{cluster.log / 'slurm.yaml'}"), list[StepEvent]()
    step = Step(name="toy", version=1, settings={}, call=print, compute=compute)
    backend.launch(step, cluster.store, events.append)
    end = time.monotonic() + PATIENCE
    while len(events) < 2 and time.monotonic() < end:
        backend.poll(0.05)
    device = devices[0] if compute else "cpu"
    assert events[0] == Started(step.key, f"{device} of node7")
    assert isinstance(events[1], Ended) and events[1].result.error == device
    [call] = cluster.slurm.calls("sbatch")
    assert [word for word in call if word.startswith("--gpus")] == gpus


def test_a_job_whose_time_is_nearly_over_is_requeued_and_goes_on_from_its_snapshot(cluster: Cluster) -> None:
    cluster.say("wait-b")
    run = cluster.start("pair")
    until(cluster.has("started-b"))
    cluster.unsay("wait-b")
    os.kill(int((cluster.log / "started-b").read_text()), signal.SIGUSR1)
    assert run.wait(PATIENCE) == 0
    assert cluster.has("resumed-b")() and cluster.runs == {"a": 1, "b": 2}
    assert cluster.slurm.calls("scontrol") == [["requeue", "2_0"]] and len(cluster.slurm.calls("sbatch")) == 2
    [requeued] = [line for line in cluster.said if "requeued" in line]
    assert requeued.startswith("job 2_0 (toy) was asked to stop; it wrote its snapshot")


def test_a_job_that_slurm_ended_at_its_time_limit_is_submitted_again(cluster: Cluster) -> None:
    cluster.say("wait-a")
    run = cluster.start("pair")
    until(cluster.has("started-a"))
    cluster.unsay("wait-a")
    cluster.slurm.end("1_0", "TIMEOUT")
    assert run.wait(PATIENCE) == 0
    assert cluster.has("resumed-a")() and cluster.runs["a"] == 2
    assert [call[2] for call in cluster.slurm.calls("sbatch")] == ["--array=0-0"] * 3
    assert any("submitted again" in line for line in cluster.said)


def test_a_job_is_begun_again_so_many_times_and_no_more(cluster: Cluster) -> None:
    cluster.options(QUICK + "requeues: 0\n")
    cluster.say("wait-a")
    run = cluster.start("pair")
    until(cluster.has("started-a"))
    os.kill(int((cluster.log / "started-a").read_text()), signal.SIGUSR1)
    assert run.wait(PATIENCE) == 1 and cluster.runs == {"a": 1} and cluster.slurm.calls("scontrol") == []
    cluster.unsay("started-a")
    run = cluster.start("pair")
    until(cluster.has("started-a"))
    cluster.slurm.end("2_0", "TIMEOUT")
    assert run.wait(PATIENCE) == 1 and cluster.runs == {"a": 2}
    often = "it has been begun 1×, as often as `requeues: 0` allows"
    outcomes = [json.loads(path.read_text())["outcome"] for path in sorted((cluster.store.root / "runs").iterdir())]
    failed = sorted(text for outcome in outcomes for text in outcome["failed"].values())
    assert [text.partition(" (its output")[0] for text in failed] == [
        f"Slurm's job 1_0 was asked to stop; {often}",
        f"Slurm's job 2_0 reached its time limit; {often}",
    ]


def test_a_run_that_is_killed_leaves_its_jobs_and_the_next_one_takes_them_over(cluster: Cluster) -> None:
    """One of its jobs has begun, and others wait in the queue."""
    cluster.say("wait-a")
    run = cluster.start("diamond")
    until(cluster.has("started-a"))
    run.kill()
    run.wait(PATIENCE)
    assert cluster.slurm.states()["1_0"] == "RUNNING"
    again = cluster.start("diamond")
    until(lambda: cluster.taken_over == 1)
    cluster.slurm.hold()
    cluster.unsay("wait-a")
    until(lambda: "2_1" in cluster.slurm.states())
    again.send_signal(signal.SIGHUP)
    again.wait(PATIENCE)
    third = cluster.start("diamond")
    until(lambda: cluster.taken_over == 2)
    cluster.slurm.hold(False)
    assert third.wait(PATIENCE) == 0
    assert cluster.runs == dict.fromkeys("abcde", 1) and len(cluster.slurm.calls("sbatch")) == 3
    assert cluster.leftover == []


def test_jobs_that_were_done_while_no_run_followed_them_are_found_done(cluster: Cluster) -> None:
    cluster.say("wait-a")
    run = cluster.start("pair")
    until(cluster.has("started-a"))
    run.kill()
    run.wait(PATIENCE)
    cluster.unsay("wait-a")
    until(lambda: cluster.slurm.states()["1_0"] == "COMPLETED")
    assert cluster.run("pair").exit_code == 0
    assert cluster.runs["a"] == 1 and cluster.leftover == []


def test_what_failed_while_no_run_followed_it_is_tried_again(cluster: Cluster) -> None:
    cluster.say("wait-a")
    run = cluster.start("pair")
    until(cluster.has("started-a"))
    run.kill()
    run.wait(PATIENCE)
    cluster.slurm.end("1_0", "TIMEOUT")
    cluster.unsay("wait-a")
    assert cluster.run("pair").exit_code == 0
    assert cluster.runs["a"] == 2 and cluster.has("resumed-a")()


def test_ctrl_c_has_what_runs_write_its_snapshot(cluster: Cluster) -> None:
    cluster.say("wait-b")
    run = cluster.start("pair")
    until(cluster.has("started-b"))
    run.send_signal(signal.SIGINT)
    assert run.wait(PATIENCE) == 130
    assert "RUNNING" not in cluster.slurm.states().values() and cluster.slurm.calls("scontrol") == []
    assert cluster.leftover == []
    cluster.unsay("wait-b")
    assert cluster.run("pair").exit_code == 0 and cluster.has("resumed-b")() and cluster.runs == {"a": 1, "b": 2}


def test_ctrl_c_takes_jobs_out_of_the_queue(cluster: Cluster) -> None:
    cluster.slurm.hold()
    run = cluster.start("pair")
    until(lambda: cluster.slurm.states() == {"1_0": "PENDING"})
    run.send_signal(signal.SIGINT)
    assert run.wait(PATIENCE) == 130
    assert cluster.slurm.states() == {"1_0": "CANCELLED"} and cluster.runs == {} and cluster.leftover == []


def test_a_job_that_somebody_cancels_is_a_failed_step(cluster: Cluster) -> None:
    cluster.say("wait-a")
    run = cluster.start("pair")
    until(cluster.has("started-a"))
    subprocess.run([cluster.slurm.programs / "scancel", "1_0"], check=True)
    assert run.wait(PATIENCE) == 1 and cluster.slurm.calls("scontrol") == []
    [record] = (cluster.store.root / "runs").iterdir()
    [error] = json.loads(record.read_text())["outcome"]["failed"].values()
    assert error.startswith("Slurm's job 1_0 was cancelled from outside this run")


def test_a_job_that_dies_is_a_failed_step_with_its_last_words(cluster: Cluster) -> None:
    cluster.say("kill-a")
    [error] = cluster.run("pair").failed.values()
    assert error.startswith("Slurm's job 1_0 ended as FAILED and left no result (its output is in ")
    cluster.say("fail-a")
    [error] = cluster.run("pair").failed.values()
    assert error.startswith("ValueError: a cannot be done (traceback in ")


def test_what_sbatch_refuses_fails_in_its_own_words(cluster: Cluster) -> None:
    (cluster.slurm.folder / "refuse").write_text("Batch job submission failed: Invalid account or qos")
    assert list(cluster.run("pair").failed.values()) == [
        "Slurm took no job for it: Batch job submission failed: Invalid account or qos."
    ]
    assert cluster.leftover == []


def test_two_runs_at_once_follow_the_same_jobs(cluster: Cluster) -> None:
    cluster.say("wait-a")
    first = cluster.start("pair")
    until(cluster.has("started-a"))
    second = cluster.start("pair")
    until(lambda: cluster.taken_over == 1)
    cluster.unsay("wait-a")
    assert [run.wait(PATIENCE) for run in (first, second)] == [0, 0]
    assert cluster.runs == {"a": 1, "b": 1}


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("slurm:", r"written `slurm` or `slurm:FILE`"),
        ("inline:", "written `inline`"),
        ("slurm:no-such.yaml", "no-such.yaml: Slurm's options cannot be read: there is no such file"),
    ],
)
def test_a_wrong_backend_is_refused(cluster: Cluster, name: str, said: str) -> None:
    with pytest.raises(StudyError, match=said) as caught:
        make_backend(MachineShare(prepare_command=lambda: list), name)
    assert caught.value.exit_code == 2


def test_a_number_of_jobs_is_refused(cluster: Cluster) -> None:
    with pytest.raises(StudyError, match=r"Slurm chooses how many steps.*`at_once`"):
        make_backend(MachineShare(prepare_command=lambda: list, jobs=4), "slurm")


def test_without_slurm_the_missing_program_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(StudyError, match="no program 'sbatch' here"):
        make_backend(MachineShare(prepare_command=lambda: list), "slurm")
