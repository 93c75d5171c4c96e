"""How much slower does training get while other processes compute on the same cores?

    python benchmarks/busy_machine.py [SHAPE] --lengths nli --data FOLDER [--loops 0,1,2,4] [--json FILE]

Beside k endless loops, each contestant trains the same encoder on the same rows, in a process of its own, in turn:
the program as it is, the program with its OpenMP threads spinning as long as the library has them spin, and
`transformers.Trainer` likewise. SHAPE is as in training.py; see README.md beside this.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from training_rows import arguments, make_folder, make_rows, train_one

LIBRARY_SPIN = "300000"  # what libgomp does where nothing is set and the cores are enough
Seconds = dict[tuple[str, int], list[float]]  # (contestant, loops) -> seconds an update, a number a round


@dataclass(frozen=True)
class Contestant:
    """A line of the table: who trains (a word of training_one.py), and how long its threads spin while they wait."""

    title: str
    name: str
    spin: str | None  # turns of libgomp's loop; None: as the program sets it


CONTESTANTS = {
    "ours": Contestant("xstilts", "ours-fp32", None),
    "spinning": Contestant("xstilts, threads spin as the library has it", "ours-fp32", LIBRARY_SPIN),
    "trainer": Contestant("Trainer, dynamic padding", "plain", LIBRARY_SPIN),
}


@contextlib.contextmanager
def busy_loops(count: int) -> Iterator[None]:
    """Keeps so many processes computing."""
    loops = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(count)]
    try:
        yield
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()


def seconds_an_update(contestant: Contestant, folder: Path, rows: Path, options: argparse.Namespace) -> float:
    """The median seconds of an update of one contestant, from a fresh process."""
    environment = {name: value for name, value in os.environ.items() if name != "GOMP_SPINCOUNT"}
    if contestant.spin is not None:
        environment["GOMP_SPINCOUNT"] = contestant.spin
    run = train_one(contestant.name, folder, rows, options, environment=environment)
    return float(run["seconds_an_update"])


def table(seconds: Mapping[tuple[str, int], Sequence[float]], names: Sequence[str], loops: Sequence[int]) -> str:
    """Markdown: medians over the rounds, in seconds an update and as a multiple of the same contestant's idle time."""
    heads = [f"k = {count}" for count in loops]
    lines = [f"| seconds an update | {' | '.join(heads)} |", "| --- |" + " ---: |" * len(loops)]
    for name in names:
        idle = median(seconds[name, loops[0]])
        cells = [f"{median(seconds[name, count]):.3f} ({median(seconds[name, count]) / idle:.2f} ×)" for count in loops]
        lines.append(f"| {CONTESTANTS[name].title} | {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    parser = arguments(__doc__, CONTESTANTS, updates=16, rounds=3)
    parser.add_argument("--loops", default="0,1,2,4", help="how many other processes compute; first: idle")
    options = parser.parse_args()
    names, loops = options.contestants.split(","), [int(count) for count in options.loops.split(",")]
    seconds: Seconds = {(name, count): [] for name in names for count in loops}
    with tempfile.TemporaryDirectory() as place:
        folder = make_folder(options.shape, Path(place))
        rows = make_rows(options.lengths, folder, options.data, Path(place))
        for _ in range(options.rounds):
            for count in loops:
                with busy_loops(count):
                    for name in names:
                        found = seconds_an_update(CONTESTANTS[name], folder, rows, options)
                        seconds[name, count].append(found)
                        sys.stderr.write(f"{name}, {count} loops: {found:.3f} s an update\n")
    sys.stdout.write(table(seconds, names, loops) + "\n")
    if options.json:
        runs = [{"contestant": name, "loops": count, "seconds": seen} for (name, count), seen in seconds.items()]
        record = {"shape": options.shape, "lengths": options.lengths, "runs": runs}
        options.json.write_text(json.dumps(record, indent=1))


if __name__ == "__main__":
    main()
