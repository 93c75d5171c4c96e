"""How well does the runner keep many GPUs busy, and what does it cost? A simulated clock, 512 GPUs, nodes that go.

    python benchmarks/scheduling.py [--steps 10000 100000] [--gpus 512] [--seed 1]

The runner is the program's own (`engine/runner`); the backend and the store are simulated: a step lasts as long as a
draw says, and the clock jumps to the next end. The graph is that of a study: arms that train on an intermediate task,
trainings on targets from there, predictions and scores; trainings last about 20 minutes (log-normal, a tenth of them
half an hour), predictions about 3, what takes no GPU about 10 seconds. An attempt on a GPU is lost with its node in 2 %
of cases, at any time, and tried again from the beginning, as a backend does; 1 in 1,000 steps fails by itself.

Printed: the makespan beside its lower bound (the longest chain of steps, or all GPU seconds that were spent, the lost
ones too, shared by all GPUs), how busy the GPUs were, and the driver's own time and peak memory, each in a process of
its own.
"""

from __future__ import annotations

import argparse
import contextlib
import heapq
import math
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from xstilts.engine import runner
from xstilts.engine.backends.base import Ended, OnEvent, Started
from xstilts.engine.execute import Result
from xstilts.engine.step import Step

TARGETS, SEEDS = 9, 3
MEDIAN = {"prepare": 10.0, "train": 1200.0, "predict": 180.0, "score": 10.0}  # seconds
SPREAD = 0.3  # of the logarithm: a tenth of the steps last half as long again as the median
LOST, FAILED = 0.02, 0.001
CPU_STEPS = 256  # steps without a GPU at the same time


def study(number: int) -> list[Step]:
    """The score steps of a study of about so many steps, each above its line of steps."""

    def step(name: str, about: object, inputs: dict[str, Step], compute: bool) -> Step:
        return Step(name=name, version=1, settings=about, call=print, inputs=inputs, compute=compute)

    rows = [step("prepare", target, {}, False) for target in range(TARGETS)]
    goals = []
    for arm in range(round(number / (SEEDS * (1 + 3 * TARGETS)))):
        tuning = step("prepare", f"arm {arm}", {}, False)
        for seed in range(SEEDS):
            middle = step("train", (arm, seed), {"rows": tuning}, True)
            for target, prepared in enumerate(rows):
                train = step("train", (arm, seed, target), {"rows": prepared, "start": middle}, True)
                predict = step("predict", 0, {"rows": prepared, "model": train}, True)
                goals.append(step("score", 0, {"guesses": predict}, False))
    return goals


class Simulated:
    """A backend whose clock jumps from end to end."""

    def __init__(self, gpus: int, seed: int) -> None:
        self.free = {True: gpus, False: CPU_STEPS}
        self.now = self.spent = 0.0
        self._draw = random.Random(seed)
        self._ends: list[tuple[float, int, Step, OnEvent, Result]] = []
        self.chain: dict[str, float] = {}  # of each step: seconds of the longest line that ends with it
        self.launches = 0

    def has_capacity(self, step: Step) -> bool:
        return self.free[step.compute] > 0

    def is_underway(self, step: Step, store: Any) -> bool:
        return False

    def launch(self, step: Step, store: Any, on_event: OnEvent) -> None:
        seconds = MEDIAN[step.name] * math.exp(self._draw.gauss(0, SPREAD))
        while step.compute and self._draw.random() < LOST:
            seconds += seconds * self._draw.random()
        self.chain[step.key] = seconds + max((self.chain[one.key] for one in step.inputs.values()), default=0.0)
        self.spent += seconds * step.compute
        self.free[step.compute] -= 1
        self.launches += 1
        status = "failed" if self._draw.random() < FAILED else "done"
        on_event(Started(step.key, "cuda"))
        heapq.heappush(
            self._ends, (self.now + seconds, self.launches, step, on_event, Result(status, seconds, "it is drawn so"))
        )

    def poll(self, seconds: float) -> None:
        if not self._ends:
            self.now += seconds
            return
        self.now, _, step, on_event, result = heapq.heappop(self._ends)
        self.free[step.compute] += 1
        on_event(Ended(step.key, result))

    def cancel(self) -> None: ...
    def kill(self) -> None: ...
    def close(self) -> None: ...


class Remembered:
    """A store that only remembers which steps are done."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.done: set[str] = set()

    def prepare(self) -> None: ...

    def clear_work(self, steps: object) -> None: ...

    def error_file(self, step: Step) -> Path:
        return self.root / "error.txt"

    def write_error(self, step: Step, details: str) -> Path:
        return self.error_file(step)

    def is_done(self, step: Step) -> bool:
        return step.key in self.done

    def is_whole(self, step: Step, parts: object = None) -> bool:
        return step.key in self.done

    def damage(self, step: Step, parts: object = (), content: bool = True) -> str:
        return ""

    def lock(self, key: str, *, shared: bool = False, wait: bool = True) -> AbstractContextManager[bool]:
        return contextlib.nullcontext(True)


class Marking:
    """A listener that has the store remember what is done."""

    def __init__(self, store: Remembered) -> None:
        self._store = store

    def step_finished(self, step: Step, seconds: float) -> None:
        self._store.done.add(step.key)

    def __getattr__(self, name: str) -> Any:
        return lambda *heard: None


@contextlib.contextmanager
def simulated_clock(backend: Simulated) -> Iterator[None]:
    """The runner's clock is the backend's inside the block."""
    real, runner.time = runner.time, SimpleNamespace(monotonic=lambda: backend.now)  # type: ignore[assignment]
    try:
        yield
    finally:
        runner.time = real


def simulate(number: int, gpus: int, seed: int) -> dict[str, float]:
    """Run a study of about so many steps; return what the table shows."""
    goals, backend = study(number), Simulated(gpus, seed)
    began = time.process_time()
    with tempfile.TemporaryDirectory() as place, simulated_clock(backend):
        store: Any = Remembered(Path(place))
        outcome = runner.execute(goals, store, backend=backend, listener=Marking(store))
    driver = time.process_time() - began
    bound = max(max(backend.chain.values()), backend.spent / gpus)
    return {
        "steps": len(outcome.done) + len(outcome.failed) + len(outcome.not_run),
        "failed": len(outcome.failed),
        "not_run": len(outcome.not_run),
        "hours": backend.now / 3600,
        "bound": bound / 3600,
        "busy": backend.spent / (gpus * backend.now),
        "seconds": driver,
        "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


HEADER = """\
| steps | failed, not run | makespan, h | lower bound, h | ratio | GPUs busy | driver, s | ms a step | peak memory, MB |
| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"""


def row(number: int, gpus: int, seed: int) -> str:
    found = simulate(number, gpus, seed)
    return (
        f"| {found['steps']:,} | {found['failed']}, {found['not_run']} | {found['hours']:.2f} | {found['bound']:.2f} "
        f"| {found['hours'] / found['bound']:.3f} | {found['busy']:.1%} | {found['seconds']:.1f} "
        f"| {1000 * found['seconds'] / found['steps']:.2f} | {found['megabytes']:.0f} |"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--gpus", type=int, default=512)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        sys.stdout.write(row(options.steps[0], options.gpus, options.seed) + "\n")
        return
    sys.stdout.write(HEADER + "\n")
    for number in options.steps:
        words = [sys.executable, __file__, "--one", "--steps", number, "--gpus", options.gpus, "--seed", options.seed]
        sys.stdout.write(subprocess.run(list(map(str, words)), stdout=subprocess.PIPE, text=True, check=True).stdout)
        sys.stdout.flush()


if __name__ == "__main__":
    main()
