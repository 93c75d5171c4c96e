"""Steps run in this process, one after the other."""

from __future__ import annotations

import os
import time

from xstilts.engine.backends.base import Ended, Progressed, Started, Tell
from xstilts.engine.execute import Resources, Result, run_one
from xstilts.engine.step import Step
from xstilts.engine.store import Store


class Inline:
    """Runs each step inside `launch`, with `threads` compute threads on `device`."""

    def __init__(self, *, device: str = "cpu", threads: int = 1) -> None:
        self.device, self.threads = device, threads
        self._running = False

    def has_capacity(self, step: Step) -> bool:
        return True

    def launch(self, step: Step, store: Store, tell: Tell) -> None:
        def progress(done: float, total: float, unit: str = "", text: str = "") -> None:
            tell(Progressed(step.key, done, total, unit, text))

        device = self.device if step.compute else "cpu"
        tell(Started(step.key, device))
        try:
            self._running = True
            result = run_one(step, store, Resources(progress=progress, device=device, threads=self.threads))
        except KeyboardInterrupt:
            result = Result("interrupted")
        finally:
            self._running = False
        tell(Ended(step.key, result))

    def poll(self, seconds: float) -> None:
        time.sleep(seconds)

    def cancel(self) -> None:
        if self._running:  # the handler's exception surfaces inside the step
            raise KeyboardInterrupt

    def kill(self) -> None:
        os._exit(130)  # a step that does not heed an interrupt leaves no gentler way
