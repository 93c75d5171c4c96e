"""The subprocesses backend: each step is a child process, several at once, one on each GPU, none left behind."""

from __future__ import annotations

import os
import selectors
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from xstilts.engine.backends.base import Ended, MachineShare, OnEvent, Started, StepCommand
from xstilts.engine.backends.child import EXIT_POLL, Child, Unreported
from xstilts.engine.backends.version_check import expected_versions
from xstilts.engine.backends.worker import step_environment
from xstilts.engine.execute import Result
from xstilts.engine.step import Step
from xstilts.engine.store import Store


@dataclass(eq=False)
class _Running:
    step: Step
    store: Store
    on_event: OnEvent
    child: Child
    device: str

    def report(self) -> None:
        for event in self.child.read():
            self.on_event(event)


class Local:
    """Run `jobs` steps at once, each as the command that `command_for` gives (one that calls `worker.serve`).

    A step that computes takes a device for itself from `devices`, or several ("cuda:0,cuda:1"); the CPU is shared. Each
    step gets `threads // jobs` threads (at least one), however many run, so that its numbers do not depend on its
    neighbours.
    """

    def __init__(
        self,
        command_for: StepCommand,
        *,
        jobs: int = 1,
        threads: int = 1,
        devices: Sequence[str] = ("cpu",),
    ) -> None:
        self.command_for, self.jobs, self.devices = command_for, jobs, tuple(devices)
        self.threads = max(1, threads // jobs)
        self._running: dict[str, _Running] = {}
        self._selector = selectors.DefaultSelector()

    @classmethod
    def for_run(cls, share: MachineShare) -> Self:
        threads = share.step_threads * share.jobs
        return cls(share.prepare_command(), jobs=share.jobs, threads=threads, devices=share.devices)

    def has_capacity(self, step: Step) -> bool:
        return len(self._running) < self.jobs and self._free_device(step) is not None

    def launch(self, step: Step, store: Store, on_event: OnEvent) -> None:
        device = self._free_device(step) or "cpu"
        on_event(Started(step.key, device))
        environment = {**os.environ, **step_environment(device, self.threads), **expected_versions()}
        try:
            child = Child(step.key, self.command_for(step), environment)
        except OSError as error:
            on_event(Ended(step.key, Result("failed", error=f"the step's process cannot be started: {error}")))
            return
        running = _Running(step, store, on_event, child, device)
        self._running[step.key] = running
        self._selector.register(child.stdout, selectors.EVENT_READ, running)

    def poll(self, seconds: float) -> None:
        any_exiting = any(running.child.silent for running in self._running.values())
        for ready, _ in self._selector.select(min(seconds, EXIT_POLL) if any_exiting else seconds):
            ready.data.report()
            if ready.data.child.silent:
                self._selector.unregister(ready.fileobj)
        for running in [running for running in self._running.values() if running.child.exited()]:
            self._bury(running)

    def is_underway(self, step: Step, store: Store) -> bool:
        return False

    def cancel(self) -> None:
        for running in list(self._running.values()):
            running.child.stop()

    def kill(self) -> None:
        for running in list(self._running.values()):
            running.child.kill()

    def close(self) -> None:
        self._selector.close()

    def _free_device(self, step: Step) -> str | None:
        if not step.compute:
            return "cpu"
        busy_devices = {running.device for running in self._running.values() if running.step.compute}
        return next((device for device in self.devices if device.startswith("cpu") or device not in busy_devices), None)

    def _bury(self, running: _Running) -> None:
        if not running.child.silent:
            self._selector.unregister(running.child.stdout)
        running.report()
        ending = running.child.bury()
        del self._running[running.step.key]
        running.on_event(Ended(running.step.key, result_of(ending, running.step, running.store)))


def result_of(ending: Result | Unreported, step: Step, store: Store) -> Result:
    """Return what a process said of its step, else that the step failed, with the process's output in the store."""
    if isinstance(ending, Result):
        return ending
    details = store.write_error(step, ending.output + "\n")
    return Result("failed", error=f"{ending.sentence} (its output is in {details})")
