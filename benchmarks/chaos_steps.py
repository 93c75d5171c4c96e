"""Steps of a chaos study: light ones that compute like those of a study and write down what they did.

    python chaos_steps.py run FOLDER STEPS BACKEND JOBS     the run, as `xstilts run` would be; exit code 0, 1, 2 or 130
    python chaos_steps.py step FOLDER STEPS KEY             one step, as a backend starts it

The graph is that of a study: arms that train on an intermediate task, trainings on targets from there, predictions and
scores. A training makes updates, each of which the next depends on to the last digit, and writes snapshots; its weights
are deleted once they are read. Every attempt adds lines to `<FOLDER>/events.jsonl` (see `Event`).
"""

from __future__ import annotations

import json
import math
import os
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

from xstilts.core.errors import XstiltsError
from xstilts.core.files import read_json, write_json
from xstilts.engine.backends.base import MachineShare
from xstilts.engine.backends.catalog import make_backend
from xstilts.engine.backends.worker import serve
from xstilts.engine.graph import steps_of
from xstilts.engine.runner import execute
from xstilts.engine.step import Context, Step
from xstilts.engine.store import Store

TARGETS = 3
UPDATES, EVERY = 30, 5  # of a training; between two snapshots
ROWS = 8
KINDS = ("prepare", "train", "predict", "score")
RUN, PAUSE = "XSTILTS_CHAOS_RUN", "XSTILTS_CHAOS_PAUSE"  # process of the run; seconds of an update
EVENTS = "events.jsonl"


@dataclass(frozen=True, kw_only=True)
class Event:
    """What an attempt wrote down: that it "began", made a "snapshot", went on from one ("resumed"), or "ended".

    above: its process and those above it; run: the process of the run that started it; update: of a snapshot.
    """

    what: str
    key: str
    process: int
    above: tuple[int, ...] = ()
    run: int = 0
    update: int = 0


Note = Callable[..., None]


def study(number: int, folder: Path) -> list[Step]:
    """Return the score steps of a study of about so many steps."""

    def step(work: Any, about: list[int], needs: tuple[str, ...] = (), **inputs: Step) -> Step:
        call = partial(noted, work=work, log=folder / EVENTS)
        return Step(
            name=work.__name__, version=1, settings={"about": about}, call=call, inputs=inputs, needs=needs,
            label=str(about),
        )  # fmt: skip

    prepared = [step(prepare, [target]) for target in range(TARGETS)]
    goals = []
    for arm in range(max(1, round((number - TARGETS) / (1 + 3 * TARGETS)))):
        middle = step(train, [arm], rows=prepared[arm % TARGETS])
        for target, rows in enumerate(prepared):
            last = step(train, [arm, target], ("weights",), rows=rows, start=middle)
            guesses = step(predict, [arm, target], ("weights",), rows=rows, model=last)
            goals.append(step(score, [arm, target], guesses=guesses))
    return goals


def noted(settings: Any, context: Context, work: Any, log: Path) -> None:
    """Do a step's work and write down that it began and ended."""

    def note(what: str, **more: Any) -> None:
        event = Event(what=what, key=context.out.parent.name, process=os.getpid(), **more)
        with log.open("a") as file:  # a line in one write, at the end of the file, whoever else writes
            file.write(json.dumps(asdict(event)) + "\n")

    note("began", above=processes_above(os.getpid()), run=int(os.environ.get(RUN, "0")))
    work(settings["about"], context, note)
    note("ended")


def prepare(about: Sequence[int], context: Context, note: Note) -> None:
    write_json(context.out / "rows.json", [math.sin(1 + about[0] + row) for row in range(ROWS)])


def train(about: Sequence[int], context: Context, note: Note) -> None:
    rows, snapshot = read_json(context.inputs["rows"] / "rows.json"), context.scratch / "snapshot.json"
    if snapshot.exists():
        state = read_json(snapshot)
        note("resumed", update=state["update"])
    else:
        start = context.inputs.get("start")
        state = {"update": 0, "weights": read_json(start / "weights.json") if start else [0.5] * ROWS}
    rate = 0.1 + 0.01 * sum(about)
    while state["update"] < UPDATES:
        state["weights"] = [w + rate * math.cos(3 * w + x) for w, x in zip(state["weights"], rows, strict=True)]
        state["update"] += 1
        time.sleep(float(os.environ.get(PAUSE, "0")))
        if state["update"] % EVERY == 0:
            write_json(snapshot, state)
            note("snapshot", update=state["update"])
        context.progress(state["update"], UPDATES, "updates")
    write_json(context.out / "weights.json", state["weights"])
    write_json(context.out / "parts.json", {"weights": ["weights.json"]})


def predict(about: Sequence[int], context: Context, note: Note) -> None:
    weights = read_json(context.inputs["model"] / "weights.json")
    rows = read_json(context.inputs["rows"] / "rows.json")
    write_json(context.out / "guesses.json", [math.tanh(w * x) for w, x in zip(weights, rows, strict=True)])


def score(about: Sequence[int], context: Context, note: Note) -> None:
    guesses = read_json(context.inputs["guesses"] / "guesses.json")
    write_json(context.out / "scores.json", {"mean": sum(guesses) / len(guesses), "guesses": guesses})


def read_events(folder: Path) -> list[Event]:
    """Return what all attempts wrote down so far, in order."""
    try:
        lines = (folder / EVENTS).read_text().split("\n")[:-1]
    except FileNotFoundError:
        return []
    return [Event(**{**value, "above": tuple(value["above"])}) for value in map(json.loads, lines)]


def processes_above(process: int) -> tuple[int, ...]:
    """Return a process and its parents, up to the first of all."""
    found: list[int] = []
    while process > 1:
        found.append(process)
        try:
            process = int(Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[1])
        except OSError:  # it ended just now
            break
    return tuple(found)


def run(folder: Path, number: int, backend_name: str, jobs: int) -> int:
    """Run the study on a backend. Trainings are trimmed of weights that all of its steps have read."""
    os.environ[RUN] = str(os.getpid())
    goals, store = study(number, folder), Store(folder / "store")
    trims = {step.key: "weights" for step in steps_of(goals) if step.name == "train"}

    def command(step: Step) -> list[str]:
        return [sys.executable, __file__, "step", str(folder), str(number), step.key]

    def say(text: str) -> None:
        with (folder / "said").open("a") as file:
            file.write(f"{text}\n")

    share = MachineShare(prepare_command=lambda: command, jobs=jobs, threads=1, kinds=KINDS, say=say)
    try:
        with closing(make_backend(share, backend_name)) as backend:
            outcome = execute(goals, store, backend=backend, trims=trims)
    except XstiltsError as error:
        say(f"refused: {error}")
        return error.exit_code
    for key, error in outcome.failed.items():
        say(f"failed: {key}: {error}")
    return outcome.exit_code


def main(mode: str, folder: Path, number: int, last: str, jobs: int = 1) -> int:
    if mode == "run":
        return run(folder, number, last, jobs)
    [step] = [step for step in steps_of(study(number, folder)) if step.key == last]
    return serve(step, Store(folder / "store"))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), sys.argv[4], *map(int, sys.argv[5:])))
