"""A followed job: what a run makes of the lines that its step wrote, and of what Slurm says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from xstilts.engine.backends.base import Ended, Progressed, Started, StepEvent
from xstilts.engine.backends.messages import emit
from xstilts.engine.execute import Result
from xstilts.engine.slurm.followed import FollowedJob
from xstilts.engine.slurm.job_events import interrupted_line
from xstilts.engine.slurm.programs import QueuedJob
from xstilts.engine.step import Step
from xstilts.engine.store import Store

STEP = Step(name="toy", version=1, settings={}, call=print)
BEGAN = '{"began": {"node": "node1", "at": 1}}\n'


class Followed:
    def __init__(self, folder: Path) -> None:
        self.events: list[StepEvent] = []
        self.job = FollowedJob(STEP, Store(folder / "store"), self.events.append, "cpu")
        self.job.folder.record(("an-array", 0))
        self.job.submitted(("an-array", 0), "7_0")

    def write(self, *lines: str) -> None:
        with self.job.folder.events.open("a") as file:
            file.write("".join(lines))
        self.job.read()

    def look(self, state: str, times: int = 1) -> None:
        for _ in range(times):
            self.job.looked(QueuedJob("7_0", state, "") if state else None, requeues=3)


@pytest.fixture
def followed(tmp_path: Path) -> Followed:
    return Followed(tmp_path)


def progress(done: int) -> str:
    return json.dumps({"progress": [done, 9, "updates", ""]}) + "\n"


def test_of_many_lines_the_last_progress_is_told_and_half_a_line_waits(followed: Followed) -> None:
    followed.write(BEGAN, "a library prints\n", progress(1), progress(2), progress(3)[:9])
    assert followed.events == [Started(STEP.key, "cpu of node1"), Progressed(STEP.key, 2, 9, "updates", "")]
    followed.write(progress(3)[9:])
    assert followed.events[2:] == [Progressed(STEP.key, 3, 9, "updates", "")]


def test_a_second_attempt_is_no_second_start(followed: Followed) -> None:
    followed.write(BEGAN, interrupted_line("requeued"), BEGAN, progress(4))
    assert [type(event) for event in followed.events] == [Started, Progressed] and followed.job.result is None
    with followed.job.folder.events.open("a") as file:
        emit(file, Ended(STEP.key, Result("done", 2.0)))
    followed.job.read()
    assert followed.job.result == Result("done", 2.0)


def test_one_look_is_not_enough_to_give_a_job_up(followed: Followed) -> None:
    followed.look("COMPLETED")
    assert followed.job.result is None
    followed.look("RUNNING")
    followed.look("COMPLETED")
    assert followed.job.result is None
    followed.look("COMPLETED")
    assert followed.job.result is not None and "ended as COMPLETED and left no result" in followed.job.result.error


def test_the_last_words_of_a_job_are_part_of_its_error_and_kept(followed: Followed) -> None:
    followed.job.folder.output.write_text("loading\nbus error\n")
    followed.look("FAILED", times=2)
    assert followed.job.result is not None
    assert (
        "Slurm's job 7_0 ended as FAILED and left no result: bus error (its output is in " in followed.job.result.error
    )
    assert followed.job.store.error_file(STEP).read_text() == "loading\nbus error\n"


def test_what_somebody_cancelled_is_not_submitted_again(followed: Followed) -> None:
    followed.job.folder.mark_cancelled()
    followed.look("TIMEOUT", times=2)
    assert not followed.job.is_again and followed.job.result is not None
    assert "was cancelled by `xstilts cancel`" in followed.job.result.error


@pytest.mark.parametrize(("is_stopping", "status"), [(True, "interrupted"), (False, "failed")])
def test_a_cancelled_job_fails_its_step_unless_the_run_itself_stops(
    followed: Followed, is_stopping: bool, status: str
) -> None:
    followed.job.is_stopping = is_stopping
    followed.write(BEGAN, interrupted_line("cancelled"))
    assert followed.job.result is not None and followed.job.result.status == status


def test_a_job_that_could_not_requeue_itself_is_submitted_again_by_the_run(followed: Followed) -> None:
    followed.write(BEGAN, interrupted_line("left"))
    followed.look("FAILED", times=2)
    assert followed.job.is_again and followed.job.result is None
    assert followed.job.remark == "job 7_0 (toy) was asked to stop; its step is submitted again"
