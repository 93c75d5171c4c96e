"""Progress for people: a bar with an ETA for every step that runs, and one for the whole run.

On a terminal the bars are live; elsewhere each finished step is one line, so that a log stays readable, and a step that
runs long says once a minute how far it is, also while it reports nothing (a long dev set, a model that is loaded). All
of it goes to stderr: stdout carries the answer.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from xstilts.cli.console import make_console
from xstilts.core.visible_text import visible
from xstilts.engine.step import Progress as StepProgress
from xstilts.engine.step import Step

HEARTBEAT = 60.0  # seconds between two lines of a step in a log
_LOOK = 1.0  # seconds between two looks at whether a line is due


@dataclass
class _Running:
    """A step that runs: when it began, when it last wrote a line, and how far it said it was."""

    step: Step
    began: float
    spoke: float
    done: float = 0.0
    total: float = 0.0
    remark: str = ""

    def line(self, now: float) -> str:
        said = self.remark or f"{(now - self.began) / 60:.0f} min so far"
        return f"  … {self.step.name} {self.step.label} · {said}{_left(self.done, self.total, now - self.began)}"


class RichListener:
    """Shows what a run does. Use as a context manager around it."""

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or make_console(stderr=True)
        self.live = self.console.is_terminal
        self._bars: dict[str, TaskID] = {}
        self._run_bar: TaskID | None = None
        self._finished = 0
        self._total = 0
        self._began = time.monotonic()
        self._running: dict[str, _Running] = {}
        self._lock = threading.Lock()  # of what is running: the heart beats in a thread of its own
        self._ended = threading.Event()
        self._progress = Progress(
            TextColumn("{task.fields[kind]:<8}", style="cyan"),
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=24),
            TextColumn("{task.percentage:>3.0f}%"),
            TimeElapsedColumn(),
            TextColumn("eta"),
            TimeRemainingColumn(),
            TextColumn("{task.fields[remark]}", style="dim", markup=False),
            console=self.console,
            transient=True,
            disable=not self.live,
        )

    def __enter__(self) -> RichListener:
        self._progress.start()
        if not self.live:
            threading.Thread(target=self._beat, name="heartbeat", daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._progress.stop()

    def say(self, text: str) -> None:
        """A line that stays, such as the name of a file being fetched."""
        self.console.print(text, markup=False, soft_wrap=not self.live)

    def run_planned(self, to_run: int, reused: int) -> None:
        self._total = to_run
        if to_run == 0:
            self.say(f"Nothing to run: all {reused} steps are in the store.")
            return
        self.say(f"{to_run} steps to run, {reused} reused from the store.")
        self._run_bar = self._progress.add_task("all steps", total=to_run, kind="run", remark="")

    def step_started(self, step: Step, device: str) -> None:
        now = time.monotonic()
        with self._lock:
            self._running[step.key] = _Running(step, now, now)
        label = visible(step.label or step.key)
        self._bars[step.key] = self._progress.add_task(label, total=None, kind=step.name, remark="")

    def step_progress(self, step: Step, done: float, total: float, unit: str, text: str) -> None:
        remark = f"{done:,.0f}/{total:,.0f} {unit} {text}" if unit else text
        if step.key in self._bars:
            self._progress.update(self._bars[step.key], completed=done, total=total or None, remark=visible(remark))
        with self._lock:
            if (running := self._running.get(step.key)) is not None:
                running.done, running.total, running.remark = done, total, remark
        self._say_what_is_due()

    def step_finished(self, step: Step, seconds: float) -> None:
        self._close(step)
        if not self.live:
            left = _left(self._finished, self._total, time.monotonic() - self._began)
            self.say(f"[{self._finished}/{self._total}] {step.name} {step.label} · {seconds:.1f} s{left}")

    def step_failed(self, step: Step, error: str) -> None:
        self._close(step)
        text = f"failed: {step.name} {step.label}: {error}"
        self.console.print(text, style="red", markup=False, soft_wrap=not self.live)

    def step_reused(self, count: int) -> None:
        """Told by `run_planned` already."""

    def step_left(self, step: Step) -> None:
        self._forget(step)

    def step_damaged(self, problem: str) -> None:
        self.say(f"damaged, made again: {problem}")

    def _close(self, step: Step) -> None:
        self._finished += 1
        self._forget(step)
        if self._run_bar is not None:
            self._progress.update(self._run_bar, completed=self._finished)

    def _forget(self, step: Step) -> None:
        with self._lock:
            self._running.pop(step.key, None)
        if (bar := self._bars.pop(step.key, None)) is not None:
            self._progress.remove_task(bar)

    def _beat(self) -> None:
        while not self._ended.wait(_LOOK):
            self._say_what_is_due()

    def _say_what_is_due(self) -> None:
        """Write a line for each step that has written none for a while."""
        now = time.monotonic()
        if self.live:
            return
        with self._lock:
            due = [running for running in self._running.values() if now - running.spoke >= HEARTBEAT]
            for running in due:
                running.spoke = now
        for running in due:
            self.say(running.line(now))


@contextmanager
def one_bar(name: str, label: str) -> Iterator[tuple[RichListener, StepProgress]]:
    """Show one bar, for work that is no step of a study; yields what says lines and what is told how far it is."""
    work = Step(name=name, version=1, settings=None, label=label, call=lambda settings, context: None)
    with RichListener() as listener:
        listener.step_started(work, "")

        def progress(done: float, total: float, unit: str = "", text: str = "") -> None:
            listener.step_progress(work, done, total, unit, text)

        yield listener, progress


def _left(done: float, total: float, seconds: float) -> str:
    """Return " · about 5 min left" by what was done of a total in so many seconds; "" where nothing can be said.

    >>> _left(25, 100, 60.0), _left(0, 100, 60.0)
    (' · about 3 min left', '')
    """
    if done <= 0 or done >= total:
        return ""
    left = seconds / done * (total - done)
    return f" · about {left / 60:.0f} min left" if left > 90 else f" · about {left:.0f} s left"
