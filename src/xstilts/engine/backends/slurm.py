"""The slurm backend: steps of one kind that are ready at the same time are one array job of Slurm, on machines that
share the store.

The jobs do not need this process: when it is gone they go on, and requeue themselves. The next run of the same steps
takes them over by their records in the store (`slurm/job_folder`). Only this file decides when something is submitted,
followed or cancelled; what Slurm is told and what it says is in `engine/slurm`.
"""

from __future__ import annotations

import math
import time
import uuid
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from xstilts.core.errors import StoreError, StudyError
from xstilts.engine.backends.base import OPTION, MachineShare, OnEvent, StepCommand, gpus_of
from xstilts.engine.backends.version_check import expected_versions
from xstilts.engine.backends.worker import step_environment
from xstilts.engine.execute import Result
from xstilts.engine.slurm import programs
from xstilts.engine.slurm.batch_script import batch_script, sbatch_options
from xstilts.engine.slurm.followed import FollowedJob
from xstilts.engine.slurm.job_folder import JobFolder, folders_of_done, submitting
from xstilts.engine.slurm.options import SlurmOptions, read_options
from xstilts.engine.slurm.programs import Place, QueuedJob, SlurmError
from xstilts.engine.step import Step
from xstilts.engine.store import Store

_READS = 200  # files of events that are looked at in a second
_READ_EVERY = 0.5  # seconds between two looks at one
_STOP_POLL = 1.0  # seconds between two questions to Slurm while jobs are asked to stop
_LARGEST = 1000  # tasks of an array: Slurm's own limit where nobody raised it
# Why jobs wait that need only time.
_USUAL = frozenset({"", "Priority", "Resources", "BeginTime", "JobArrayTaskLimit"})


class Slurm:
    """Submit what is ready in arrays, follow the jobs, and submit again what was stopped by no fault of its step."""

    def __init__(self, command_for: StepCommand, options: SlurmOptions, share: MachineShare) -> None:
        self.command_for, self.options = command_for, options
        self.threads, self.device, self.say = share.threads, share.devices[0], share.say
        self._gathered: list[FollowedJob] = []  # not submitted yet
        self._followed: list[FollowedJob] = []
        self._submit_at = 0.0
        self._read_at = self._looked_at = -math.inf
        self._is_stopping = self._is_killing = False
        self._said: set[str] = set()

    @classmethod
    def for_run(cls, share: MachineShare, path: str = "") -> Slurm:
        """Raises StudyError for a mistake in the file of options, where Slurm is not here, and for a number of jobs."""
        programs.check_programs()
        if share.jobs > 1:
            raise StudyError(
                "Slurm chooses how many steps run at the same time, so --jobs has no meaning here.",
                where=OPTION,
                hint="Leave it out; `at_once` in the file of options bounds the tasks of an array.",
            )
        options = read_options(Path(path), share.kinds, programs.partitions) if path else SlurmOptions()
        return cls(share.prepare_command(), options, share)

    def has_capacity(self, step: Step) -> bool:
        return True

    def close(self) -> None: ...

    def is_underway(self, step: Step, store: Store) -> bool:
        return JobFolder(store.root, step.key).is_there

    def launch(self, step: Step, store: Store, on_event: OnEvent) -> None:
        self._gather(FollowedJob(step, store, on_event, self.device if step.compute else "cpu"))

    def poll(self, seconds: float) -> None:
        now = time.monotonic()
        if self._gathered and (self._is_stopping or now >= self._submit_at):
            self._submit_gathered()
        if now - self._read_at >= max(_READ_EVERY, len(self._followed) / _READS):
            self._read_at = now
            for job in self._followed:
                job.read()
        if self._followed and now - self._looked_at >= (_STOP_POLL if self._is_stopping else self.options.poll):
            self._looked_at = now
            self._look()
        if not self._report():
            time.sleep(seconds)

    def cancel(self) -> None:
        """Programs are called by the next `poll`, not from a signal handler."""
        if not self._is_stopping:
            self._is_stopping, self._looked_at = True, -math.inf

    def kill(self) -> None:
        self.cancel()
        self._is_killing = True

    def _gather(self, job: FollowedJob) -> None:
        if not self._gathered:
            self._submit_at = time.monotonic() + self.options.gather
        self._gathered.append(job)

    def _submit_gathered(self) -> None:
        gathered, self._gathered = self._gathered, []
        if self._is_stopping:
            for job in gathered:
                job.left(Result("interrupted"))
            return
        store = gathered[0].store
        with submitting(store.root):
            for group in _groups(self._not_queued(gathered)):
                self._submit(group)

    def _not_queued(self, jobs: Sequence[FollowedJob]) -> list[FollowedJob]:
        """Return the jobs that are to be submitted; those that are in the queue are taken over."""
        root, own = jobs[0].store.root, {job.step.key for job in (*jobs, *self._followed)}
        done = [folder for folder in folders_of_done(root) if folder.key not in own]
        if not done and not any(job.folder.is_there for job in jobs):
            return list(jobs)
        queue = self._queue()
        if queue is None:
            self._gathered.extend(jobs)
            self._submit_at = time.monotonic() + self.options.poll
            return []
        alive = {place: queued for place, queued in queue.items() if queued.is_alive}
        for folder in done:
            if folder.place() not in alive:
                folder.remove()
        fresh, taken_over = list[FollowedJob](), 0
        for job in jobs:
            place = job.folder.place()
            if place in alive:
                job.submitted(place, alive[place].id)
                self._followed.append(job)
                taken_over += 1
            elif job.is_again or self._is_free(job):
                fresh.append(job)
        if taken_over:
            self.say(f"taken over from an earlier run: {taken_over} job{'s' if taken_over > 1 else ''}")
        return fresh

    def _is_free(self, job: FollowedJob) -> bool:
        """Say whether nobody else has the step of a job that is not in the queue; else it ends as busy. What is left of
        an earlier job is removed."""
        job.folder.remove()
        with job.store.lock(job.step.key, wait=False) as is_free:
            pass
        if not is_free:
            job.left(Result("busy"))
        return is_free

    def _submit(self, jobs: Sequence[FollowedJob]) -> None:
        """Submit steps of one kind as one array."""
        step, asked = jobs[0].step, self.options.of(jobs[0].step.name)
        name = f"{step.name}-xstilts-{uuid.uuid4().hex[:8]}"
        threads = self.threads or asked.cpus or 1
        gpus = _gpus(asked.gpus, gpus_of(jobs[0].device))
        words = sbatch_options(asked, name, len(jobs), asked.cpus or threads, gpus, self.options.at_once)
        script = batch_script(
            [(job.folder.path.absolute(), self.command_for(job.step)) for job in jobs],
            step_environment(jobs[0].device, threads) | expected_versions(),
            self.options.requeues,
        )
        try:
            for number, job in enumerate(jobs):
                job.folder.record((name, number))
            array = programs.submit(script, words)
        except StoreError as error:
            for job in jobs:
                job.end(Result("failed", error=str(error)))
            return
        except SlurmError as error:
            failed = Result("failed", error=f"Slurm took no job for it: {error}.")
            for job in jobs:  # where it did not answer, a job may be in the queue, where the next run finds it
                (job.left if error.is_silent else job.end)(failed)
            return
        for number, job in enumerate(jobs):
            job.submitted((name, number), f"{array}_{number}")
        self._followed.extend(jobs)
        self.say(f"job {array} submitted: {len(jobs)} × {step.name}")

    def _look(self) -> None:
        """Ask Slurm what has become of the jobs."""
        queue = self._queue()
        if queue is None:
            return
        for job in self._followed:
            job.is_stopping = self._is_stopping
            queued = queue.get(job.place) if job.place else None
            job.looked(queued, self.options.requeues)
            if queued is not None and queued.is_waiting and queued.reason not in _USUAL:
                self._say_once(f"job {job.id.partition('_')[0]} waits: {queued.reason}")
        if self._is_stopping:
            self._ask_to_stop([job for job in self._followed if job.result is None])

    def _ask_to_stop(self, jobs: Sequence[FollowedJob]) -> None:
        for job in jobs:
            job.folder.mark_cancelled()
        running = [job for job in jobs if not job.is_waiting and not job.is_signalled]
        try:
            if self._is_killing:
                programs.cancel([job.id for job in jobs])
            else:
                programs.cancel_queued([job.id for job in jobs if job.is_waiting])
                programs.ask_to_stop([job.id for job in running])
        except SlurmError as error:
            self._say_once(f"warning: jobs may go on, for {error}")
            return
        for job in running:
            job.is_signalled = True

    def _report(self) -> bool:
        """Say what is to be said of the jobs, and report those whose steps have ended. Returns whether any has."""
        for job in self._followed:
            if job.remark:
                self.say(job.remark)
                job.remark = ""
        ended = [job for job in self._followed if job.result is not None]
        again = [job for job in self._followed if job.is_again]
        self._followed = [job for job in self._followed if job.result is None and not job.is_again]
        for job in again:
            self._gather(job)
        for job in ended:
            assert job.result is not None
            job.end(job.result)
        return bool(ended)

    def _queue(self) -> Mapping[Place, QueuedJob] | None:
        try:
            return programs.queue()
        except SlurmError as error:
            self._say_once(f"warning: Slurm does not say what runs, and is asked again: {error}")
            return None

    def _say_once(self, text: str) -> None:
        if text not in self._said:
            self._said.add(text)
            self.say(text)


def _gpus(asked: str, needed: int) -> str:
    """Return the GPUs of a task, `NUMBER` or `TYPE:NUMBER`: what is asked for, and no fewer than its step needs.

    >>> [_gpus("a100:1", 2), _gpus("4", 1), _gpus("1", 0)]
    ['a100:2', '4', '0']
    """
    kind, colon, number = asked.rpartition(":")
    return f"{kind}{colon}{max(int(number), needed)}" if needed else "0"


def _groups(jobs: Iterable[FollowedJob]) -> list[list[FollowedJob]]:
    """Sort jobs by kind and device, into arrays that Slurm takes."""
    groups: dict[tuple[str, str], list[FollowedJob]] = {}
    for job in jobs:
        groups.setdefault((job.step.name, job.device), []).append(job)
    return [group[i : i + _LARGEST] for group in groups.values() for i in range(0, len(group), _LARGEST)]
