"""The log of a run: one file with all that scrolled by, whatever the terminal showed of it."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType

from xstilts.app.execution import PassingOn, RunListener
from xstilts.core.visible_text import visible
from xstilts.engine.step import Step


class RunLog(PassingOn):
    """A listener that writes a line for everything it hears, and passes it on. Use as a context manager around a run.

    The file is `runs/<time>-<process>.log` in the store, made with its first line: a run that is refused before
    anything began leaves none. A full disk ends the log, never the run.
    """

    def __init__(self, store: Path, listener: RunListener) -> None:
        self.path = store / "runs" / f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{os.getpid()}.log"
        super().__init__(listener)
        self._is_whole = True

    def __enter__(self) -> RunLog:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            self.write(f"ended: {error or type(error).__name__}")

    @property
    def is_written(self) -> bool:
        return self.path.is_file()

    def write(self, text: str) -> None:
        """Write a line, or several, after the time of day in UTC."""
        if not self._is_whole:
            return
        now = f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S}"
        lines = "".join(f"{now} {line}\n" for line in visible(text).splitlines() or [""])
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("a", encoding="utf-8", errors="backslashreplace") as file:
                file.write(lines)
        except OSError:
            self._is_whole = False

    def say(self, text: str) -> None:
        self.write(text)
        super().say(text)

    def run_planned(self, to_run: int, reused: int) -> None:
        self.write(f"{to_run} steps to run, {reused} reused from the store")
        super().run_planned(to_run, reused)

    def step_started(self, step: Step, device: str) -> None:
        self.write(f"started  {step.key} {step.label} on {device}")
        super().step_started(step, device)

    def step_finished(self, step: Step, seconds: float) -> None:
        self.write(f"finished {step.key} {step.label} · {seconds:.1f} s")
        super().step_finished(step, seconds)

    def step_failed(self, step: Step, error: str) -> None:
        self.write(f"failed   {step.key} {step.label}: {error}")
        super().step_failed(step, error)

    def step_left(self, step: Step) -> None:
        self.write(f"left     {step.key} {step.label}")
        super().step_left(step)

    def step_damaged(self, problem: str) -> None:
        self.write(f"damaged, made again: {problem}")
        super().step_damaged(problem)
