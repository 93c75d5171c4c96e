"""The listener of a run: a progress display, a log, a test."""

from __future__ import annotations

from typing import Protocol

from xstilts.engine.step import Step


class Listener(Protocol):
    """All calls come from the thread that called `execute`."""

    def step_started(self, step: Step, device: str) -> None:
        """An attempt at a step began. It ends as finished, failed or left."""

    def step_progress(self, step: Step, done: float, total: float, unit: str, text: str) -> None: ...

    def step_finished(self, step: Step, seconds: float) -> None: ...

    def step_failed(self, step: Step, error: str) -> None: ...

    def step_reused(self, count: int) -> None:
        """`count` more steps were found done in the store."""

    def step_left(self, step: Step) -> None:
        """An attempt at a step ended, and it was neither finished nor failed here: another process has it, or has made
        it (then `step_reused` follows), an input is gone, or the run was interrupted."""

    def step_damaged(self, problem: str) -> None:
        """A done step is not as it was written and is made again; `problem` names the file and the step."""


class Silent:
    """A listener that ignores everything."""

    def step_started(self, step: Step, device: str) -> None: ...

    def step_progress(self, step: Step, done: float, total: float, unit: str, text: str) -> None: ...

    def step_finished(self, step: Step, seconds: float) -> None: ...

    def step_failed(self, step: Step, error: str) -> None: ...

    def step_reused(self, count: int) -> None: ...

    def step_left(self, step: Step) -> None: ...

    def step_damaged(self, problem: str) -> None: ...
