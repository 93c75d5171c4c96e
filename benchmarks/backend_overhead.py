"""What does a backend add to a step? Milliseconds a step that does nothing, one after the other.

    python benchmarks/backend_overhead.py [--steps 200] [--backends inline local ray] [--address HOST:PORT]

The process of a step is here `sh`, which says at once that the step is done: it is started, read and buried as any
other, so that what is left of a step's time is what the runner and the backend take. Timed is from the end of one step
to the end of the next: the look at the store and its locks, the launch, the way to the process and back. `inline`
starts no process; it runs a function that does nothing, and writes and seals its artefact, which the others do not.

Medians over the steps; the first step waits for the backend to start, and is printed apart.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from statistics import median
from typing import Any

from xstilts.core.errors import XstiltsError
from xstilts.engine.backends.base import MachineShare
from xstilts.engine.backends.catalog import make_backend
from xstilts.engine.listener import Silent
from xstilts.engine.runner import execute
from xstilts.engine.step import Context, Step
from xstilts.engine.store import Store

COMMAND = ["sh", "-c", """echo '{"ended": {"status": "done", "seconds": 0.0, "error": ""}}'"""]


def nothing(settings: Any, context: Context) -> None: ...


class Ends(Silent):
    """When each step ended."""

    def __init__(self) -> None:
        self.times = [time.perf_counter()]

    def step_finished(self, step: Step, seconds: float) -> None:
        self.times.append(time.perf_counter())


def seconds_of_steps(backend_name: str, number: int) -> list[float]:
    """Seconds of each step, with the start of the backend in the first."""
    steps = [Step(name="noop", version=1, settings=i, call=nothing) for i in range(number)]
    share = MachineShare(prepare_command=lambda: lambda step: COMMAND, threads=1)
    with tempfile.TemporaryDirectory() as place:
        ends = Ends()
        with closing(make_backend(share, backend_name)) as backend:
            outcome = execute(steps, Store(Path(place) / "store"), backend=backend, listener=ends)
    assert len(outcome.done) == number, outcome.failed
    return [after - before for before, after in zip(ends.times, ends.times[1:], strict=False)]


def seconds_of_process(number: int) -> float:
    """Median seconds of the process alone."""
    found = []
    for _ in range(number):
        began = time.perf_counter()
        subprocess.run(COMMAND, stdout=subprocess.PIPE, check=True)
        found.append(time.perf_counter() - began)
    return median(found)


def table(backends: Sequence[str], number: int) -> str:
    alone = seconds_of_process(number)
    lines = [
        "| backend | first step, s | a step, ms | its process alone, ms | added, ms |",
        "| --- | ---: | ---: | ---: | ---: |",
    ]
    for name in backends:
        first, *rest = seconds_of_steps(name, number)
        process = 0.0 if name == "inline" else alone
        numbers = (median(rest), process, median(rest) - process)
        lines.append(f"| {name} | {first:.2f} | " + " | ".join(f"{number * 1000:.1f}" for number in numbers) + " |")
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--backends", nargs="+", default=["inline", "local", "ray"])
    parser.add_argument("--address", help="of a Ray cluster that is there")
    options = parser.parse_args()
    names = [f"ray:{options.address}" if name == "ray" and options.address else name for name in options.backends]
    try:
        sys.stdout.write(table(names, options.steps) + "\n")
    except XstiltsError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
