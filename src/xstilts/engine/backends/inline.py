"""The inline backend: steps run in this process, one after the other."""

from __future__ import annotations

import os
import time

from xstilts.engine.backends.base import Ended, MachineShare, OnEvent, Progressed, Started
from xstilts.engine.execute import Resources, Result, run_one
from xstilts.engine.step import Step
from xstilts.engine.store import Store


class Inline:
    """Run each step inside `launch`, with `threads` compute threads on `device`."""

    def __init__(self, *, device: str = "cpu", threads: int = 1) -> None:
        self.device, self.threads = device, threads
        self._running = False

    @classmethod
    def for_run(cls, share: MachineShare) -> Inline:
        return cls(device=share.devices[0], threads=share.step_threads)

    def has_capacity(self, step: Step) -> bool:
        return True

    def launch(self, step: Step, store: Store, on_event: OnEvent) -> None:
        def progress(done: float, total: float, unit: str = "", text: str = "") -> None:
            on_event(Progressed(step.key, done, total, unit, text))

        device = self.device if step.compute else "cpu"
        on_event(Started(step.key, device))
        try:
            self._running = True
            result = run_one(step, store, Resources(progress=progress, device=device, threads=self.threads))
        except KeyboardInterrupt:
            result = Result("interrupted")
        finally:
            self._running = False
        on_event(Ended(step.key, result))

    def poll(self, seconds: float) -> None:
        time.sleep(seconds)

    def is_underway(self, step: Step, store: Store) -> bool:
        return False

    def cancel(self) -> None:
        if self._running:  # the handler's exception surfaces inside the step
            raise KeyboardInterrupt

    def kill(self) -> None:
        os._exit(130)  # a step that does not heed an interrupt leaves no gentler way

    def close(self) -> None: ...
