"""A job that a run has followed from its step's launch to its end, over all attempts: what the step has reported, what
Slurm says, and what comes of it."""

from __future__ import annotations

from dataclasses import dataclass, field

from xstilts.engine.backends.base import Ended, OnEvent, Progressed, Started
from xstilts.engine.execute import Result
from xstilts.engine.slurm.job_ends import judge
from xstilts.engine.slurm.job_events import Began, EventsReader, Interrupted
from xstilts.engine.slurm.job_folder import JobFolder
from xstilts.engine.slurm.programs import Place, QueuedJob
from xstilts.engine.step import Step
from xstilts.engine.store import Store

_LOOKS = 2  # questions to Slurm in a row by which a job has ended, for its last lines may be seen later than its end

_CANCELLED = "was cancelled by `xstilts cancel` or by another run of its step"


@dataclass(eq=False)
class FollowedJob:
    """The job of a step.

    Attributes:
        place: which task of which array it is; None while it is not submitted.
        id: Slurm's name of it.
        result: how the step ended; None while it has not.
        remark: what is to be said of it now.
        is_stopping: the run asks everything to stop, `is_signalled`: this job has been.
        is_again: it was stopped, and is to be submitted again.
    """

    step: Step
    store: Store
    on_event: OnEvent
    device: str
    place: Place | None = None
    id: str = ""
    result: Result | None = None
    remark: str = ""
    is_stopping: bool = False
    is_signalled: bool = False
    is_again: bool = False
    _submissions: int = 0
    _attempts: int = 0
    _is_started: bool = False
    _looks: int = 0
    _interrupted: Interrupted | None = None
    _queued: QueuedJob | None = None
    _reader: EventsReader = field(init=False)

    def __post_init__(self) -> None:
        self.folder = JobFolder(self.store.root, self.step.key)
        self._reader = EventsReader(self.step.key, self.folder.events)

    @property
    def is_waiting(self) -> bool:
        """Whether it was in the queue when Slurm was last asked."""
        return self._queued is not None and self._queued.is_waiting

    @property
    def name(self) -> str:
        return f"job {self.id} ({' '.join(filter(None, (self.step.name, self.step.label)))})"

    def submitted(self, place: Place, job: str) -> None:
        """Take down that it was submitted, or found in the queue."""
        self.place, self.id, self.is_again = place, job, False
        self._queued, self._looks = None, 0
        self._submissions += 1

    def read(self) -> None:
        """Report what the step has written since."""
        progress: Progressed | None = None
        for event in self._reader.read():
            match event:
                case Began(node=node):
                    self._start(node)
                    self._attempts += 1
                    self._interrupted = progress = None
                case Progressed():
                    progress = event
                case Interrupted():
                    self._interrupted = event
                    self._take(event)
                case Ended(result=result):
                    self.result = result
        if progress is not None and self.result is None:
            self.on_event(progress)

    def looked(self, queued: QueuedJob | None, requeues: int) -> None:
        """Take down what Slurm says of the job; None: it is not listed."""
        if queued is not None and queued.is_alive:
            self._queued, self._looks, self.id = queued, 0, queued.id
            return
        self._looks += 1
        if self._looks < (1 if self.is_stopping else _LOOKS):
            return
        self.read()
        if self.result is not None:
            return
        if self.store.is_whole(self.step):  # another run that follows the job was here first
            self.result = Result("reused")
            return
        if self.is_stopping:
            self.result = Result("interrupted")
            return
        if self.folder.is_cancelled:
            self.result = self._failed(_CANCELLED)
            return
        attempts = max(self._attempts, self._submissions)
        state = queued.state if queued is not None else ""
        end = judge(state, attempts, requeues, was_asked=self._interrupted is not None)
        self.is_again, self._interrupted = end.again, None
        if end.again:
            self.remark = f"{self.name} {end.text}; its step is submitted again"
        else:
            self.result = self._failed(end.text)

    def end(self, result: Result) -> None:
        """Report the end of the step; the folder is not needed any more."""
        self.folder.remove()
        self.left(result)

    def left(self, result: Result) -> None:
        """Report an end that says nothing of the job, whose folder stays."""
        self._start("Slurm")
        self.on_event(Ended(self.step.key, result))

    def _start(self, node: str) -> None:
        if not self._is_started:
            self._is_started = True
            self.on_event(Started(self.step.key, f"{self.device} of {node}"))

    def _take(self, event: Interrupted) -> None:
        match event:
            case Interrupted(then="requeued"):
                self.remark = f"{self.name} was asked to stop; it wrote its snapshot, and is requeued"
            case Interrupted(then="cancelled"):
                self.result = Result("interrupted") if self.is_stopping else self._failed(_CANCELLED)
            case Interrupted(why=why) if why:
                self.result = self._failed(why)

    def _failed(self, text: str) -> Result:
        """Return the result of a job that left none; what it wrote on standard error is kept with the step."""
        output = self.folder.last_output()
        details = self.store.write_error(self.step, output + "\n")
        last_line = f": {output.splitlines()[-1][:500]}" if output else ""
        return Result("failed", error=f"Slurm's job {self.id} {text}{last_line} (its output is in {details})")
