"""Does a study come to the same end whatever is killed on the way? Chaos: random kills of workers, nodes and runs.

    python benchmarks/chaos.py [--backend local|ray|slurm] [--steps 200] [--kills 20] [--seed 1] [--folder FOLDER]

The runner, the backend, the store and the processes are the program's own, Ray and Slurm are real; the steps are light
(`chaos_steps`). Kills are drawn by kind and by how many steps are done (`chaos_machines` says what there is to kill);
a run that ended by one is started again with the same command, until it says that all is done.

Printed: kills by kind, runs that it took, attempts, those lost by a kill, steps done twice though no kill had taken
their earlier attempt, updates of trainings made again, what is left over in the store, and whether all artefacts are,
byte for byte, those of an undisturbed run. The exit code is 1 where a promise is broken.
"""

from __future__ import annotations

import argparse
import itertools
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import chaos_steps
from chaos_machines import Machines, killed, machines, missing, processes
from chaos_steps import PAUSE, Event, read_events, study

from xstilts.engine.graph import steps_of
from xstilts.engine.store import Store

BACKENDS = ("local", "ray", "slurm")
UPDATE_SECONDS = "0.02"
PATIENCE = 300.0  # seconds in which at least one step must become done
TEND = 15.0  # seconds until an administrator looks
FIRST, LAST = 0.03, 0.93  # of the steps are done at the earliest and the latest kill


@dataclass(frozen=True)
class Kill:
    """Kill something of this kind once so many steps are done."""

    kind: str
    done: int


@dataclass
class Found:
    """What came of it: kills by kind, and runs by exit code (minus the signal that ended one)."""

    kills: Counter[str] = field(default_factory=Counter)
    runs: Counter[int] = field(default_factory=Counter)
    steps: int = 0
    attempts: int = 0
    lost: int = 0  # attempts that a kill took
    twice: list[str] = field(default_factory=list)
    again: int = 0  # updates that were made again
    leftovers: list[str] = field(default_factory=list)
    equal: bool = False
    seconds: float = 0.0

    @property
    def is_sound(self) -> bool:
        return self.equal and not self.twice and not self.leftovers


def plan(weights: Mapping[str, float], steps: int, number: int, draw: random.Random) -> list[Kill]:
    """Draw kills in the order in which they happen; each kind at least once, where there are enough of them."""
    kinds = [*weights][:number] + draw.choices([*weights], [*weights.values()], k=max(0, number - len(weights)))
    draw.shuffle(kinds)
    return [Kill(kind, done) for kind, done in zip(kinds, sorted(_places(steps, number, draw)), strict=True)]


def _places(steps: int, number: int, draw: random.Random) -> list[int]:
    return [round(steps * draw.uniform(FIRST, LAST)) for _ in range(number)]


class Chaos:
    """A study, its run, and what has happened to it."""

    def __init__(self, machine: Machines, folder: Path, steps: int) -> None:
        self.machine, self.folder, self.number = machine, folder, steps
        self.store = Store(folder / "store")
        self.keys = [step.key for step in steps_of(study(steps, folder))]
        self.found = Found(steps=len(self.keys))
        self.taken: set[int] = set()  # processes that kills took
        self.driver = self._started()

    def endure(self, kills: Sequence[Kill], draw: random.Random) -> Found:
        """Run the study to its end while these things happen."""
        began, waiting = time.monotonic(), list(kills)
        moved, tended, seen = began, began, 0
        try:
            while (code := self.driver.poll()) != 0:
                if code is not None:
                    self.found.runs[code] += 1
                    self.driver = self._started()
                done = len(self._done())
                if done > seen:
                    moved, tended, seen = time.monotonic(), time.monotonic(), done
                if time.monotonic() - tended > TEND:
                    self.machine.tend()
                    tended = time.monotonic()
                if time.monotonic() - moved > PATIENCE:
                    raise TimeoutError(f"no step became done in {PATIENCE:.0f} s; {seen} are")
                for kill in waiting:
                    if done >= kill.done and self._happened(kill.kind, draw):
                        waiting.remove(kill)
                        break
                time.sleep(0.05)
        finally:
            if self.driver.poll() is None:
                killed({self.driver.pid})
            self.driver.wait()
        self.found.runs[0] += 1
        self.found.seconds = time.monotonic() - began
        return self._judged()

    def _started(self) -> subprocess.Popen[bytes]:
        words = [sys.executable, chaos_steps.__file__, "run", self.folder, self.number, self.machine.backend]
        with (self.folder / "said").open("ab") as said:
            return subprocess.Popen(
                [*map(str, words), str(self.machine.jobs)],
                env={**os.environ, PAUSE: UPDATE_SECONDS},
                stdout=said,
                stderr=said,
            )

    def _happened(self, kind: str, draw: random.Random) -> bool:
        """Kill something of this kind; return whether there was something."""
        running = [event for event in self._running() if Path(f"/proc/{event.process}").exists()]
        if not running and kind in ("worker", "machine"):
            return False
        if kind == "driver":
            gone = killed({self.driver.pid})
            self.driver.wait()
            self.taken |= set() if self.machine.outlive else gone
        else:
            self.taken |= self.machine.kill(kind, running, draw)
        self.found.kills[kind] += 1
        return True

    def _done(self) -> set[str]:
        return {key for key in self.keys if (self.store.root / "steps" / key / "done.json").exists()}

    def _running(self) -> list[Event]:
        """Return the last beginning of each step that is not done and has not ended."""
        done, latest = self._done(), dict[str, Event]()
        for event in read_events(self.folder):
            if event.what == "began":
                latest[event.key] = event
            elif event.what == "ended":
                latest.pop(event.key, None)
        return [event for key, event in latest.items() if key not in done]

    def _judged(self) -> Found:
        found, attempts = self.found, attempts_of(read_events(self.folder))
        found.attempts = sum(map(len, attempts.values()))
        found.twice = untaken(attempts, self.taken)
        found.lost = found.attempts - len(attempts) - len(found.twice)
        found.again = sum(sum(update_losses(each)) for each in attempts.values())
        found.leftovers = leftovers(self.store.root, set(self.keys), self.folder)
        return found


def attempts_of(events: Sequence[Event]) -> dict[str, list[list[Event]]]:
    """Return the attempts at each step, each with all that it wrote down.

    >>> one, other = Event(what="began", key="a", process=1), Event(what="began", key="a", process=2)
    >>> attempts_of([one, other]) == {"a": [[one], [other]]}
    True
    """
    attempts: dict[str, list[list[Event]]] = {}
    for event in events:
        of_step = attempts.setdefault(event.key, [])
        if event.what == "began":
            of_step.append([])
        of_step[-1].append(event)
    return attempts


def untaken(attempts: Mapping[str, Sequence[Sequence[Event]]], taken: Collection[int]) -> list[str]:
    """Return the step of each attempt that another followed, though no kill took its process or one above it."""
    return [
        key
        for key, each in attempts.items()
        for attempt in each[:-1]
        if not {attempt[0].run, *attempt[0].above} & set(taken)
    ]


def update_losses(attempts: Sequence[Sequence[Event]]) -> list[int]:
    """Return, of each attempt at a training that another followed, how many updates lay between the last snapshot that
    any had written and the one that the next went on from: 0 where snapshots are kept.

    >>> made = Event(what="snapshot", key="t", process=1, update=10)
    >>> update_losses([[made], [Event(what="resumed", key="t", process=2, update=10)]]), update_losses([[made], []])
    ([0], [10])
    """
    losses, written = [], 0
    for attempt, following in itertools.pairwise(attempts):
        written = max([written, *(event.update for event in attempt if event.what == "snapshot")])
        resumed = max([0, *(event.update for event in following if event.what == "resumed")])
        losses.append(written - resumed)
    return losses


def leftovers(root: Path, keys: set[str], folder: Path) -> list[str]:
    """Return what should not be there once a study is done: files half written, work, jobs, leases, processes."""
    found = [str(path.relative_to(root)) for path in root.rglob("*.tmp")]
    for top in ("work", "jobs", "locks/leases"):
        found += [f"{top}/{path.name}" for path in (root / top).glob("*") if path.name != "gate.lock"]
    found += [f"steps/{path.name}" for path in (root / "steps").iterdir() if path.name not in keys]
    mark = str(folder).encode()
    for process in set(processes()) - {os.getpid()}:
        try:
            words = Path(f"/proc/{process}/cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if mark in words and b"step" in words:
            found.append(f"process {process}")
    return sorted(set(found))


def artefacts(root: Path) -> dict[str, bytes]:
    """Return the files of all artefacts, without what says when and where they were made."""
    files = [path for path in root.glob("steps/*/*") if path.name != "done.json"]
    return {str(path.relative_to(root)): path.read_bytes() for path in files}


def endured(backend: str, steps: int, kills: int, seed: int, folder: Path) -> Found:
    """Run a study with so many kills in `folder`, an empty one; return what came of it.

    Raises TimeoutError where it does not go on."""
    draw = random.Random(seed)
    for name in ("undisturbed", "study", "machines"):
        (folder / name).mkdir()
    if code := chaos_steps.run(folder / "undisturbed", steps, "inline", 1):
        raise RuntimeError(f"the undisturbed run ended with {code}")
    with machines(backend, folder / "machines") as machine:
        chaos = Chaos(machine, folder / "study", steps)
        found = chaos.endure(plan(machine.weights, len(chaos.keys), kills, draw), draw)
    found.equal = artefacts(folder / "study/store") == artefacts(folder / "undisturbed/store")
    return found


HEADER = """\
| backend | steps | kills | runs | attempts | lost by a kill | done twice | updates again | left over | equal | s |
| --- | ---: | --- | --- | ---: | ---: | ---: | ---: | ---: | --- | ---: |"""


def row(backend: str, found: Found) -> str:
    kills = ", ".join(f"{number} {kind}" for kind, number in sorted(found.kills.items()))
    return (
        f"| {backend} | {found.steps} | {found.kills.total()}: {kills} | {found.runs.total()} | {found.attempts} "
        f"| {found.lost} | {len(found.twice)} | {found.again} | {len(found.leftovers)} "
        f"| {'yes' if found.equal else 'no'} | {found.seconds:.0f} |"
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--backend", nargs="+", choices=BACKENDS, default=list(BACKENDS))
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path, help="an empty folder, which is kept")
    options = parser.parse_args()
    sys.stdout.write(HEADER + "\n")
    is_sound = True
    for backend in options.backend:
        if reason := missing(backend):
            sys.stderr.write(f"{backend} is left out: {reason}\n")
            continue
        with tempfile.TemporaryDirectory() as place:
            folder = (options.folder or Path(place)) / backend
            folder.mkdir(parents=True)
            found = endured(backend, options.steps, options.kills, options.seed, folder)
        sys.stdout.write(row(backend, found) + "\n")
        sys.stdout.flush()
        for text in (*(f"{key} was done twice" for key in found.twice), *found.leftovers):
            sys.stderr.write(f"{backend}: {text}\n")
        is_sound = is_sound and found.is_sound
    return 0 if is_sound else 1


if __name__ == "__main__":
    sys.exit(main())
