"""Toy graphs for the run layer, buildable in any process:

    python run_toys.py step GRAPH LOG STORE KEY
    python run_toys.py execute GRAPH LOG STORE BACKEND      (inline, local, ray:HOST:PORT)

How a toy behaves is told by files in the folder `log`, never by its settings: `fail-b` makes step b raise, `user-b`
makes it raise a DataError, `kill-b` kills its process once, `wait-b` holds it until the file is gone, and
`worker-b` gives it then a worker process.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

from xstilts.core.errors import DataError
from xstilts.core.files import write_atomic
from xstilts.engine.backends.base import Backend, MachineShare
from xstilts.engine.backends.inline import Inline
from xstilts.engine.backends.ray import Ray
from xstilts.engine.backends.ray_cluster import RayCluster
from xstilts.engine.backends.slurm import Slurm
from xstilts.engine.backends.subprocesses import Local
from xstilts.engine.backends.worker import serve
from xstilts.engine.remote.cached_store import open_store
from xstilts.engine.runner import execute
from xstilts.engine.step import Context, Step
from xstilts.engine.store import Store

Graph = dict[str, Step]


def work(settings: dict[str, Any], context: Context, log: Path) -> None:
    name = settings["name"]
    assert not any(context.out.iterdir()), "what an earlier attempt left must be gone"
    with (log / "runs").open("a") as file:
        file.write(f"{name}\n")
    (context.out / "text.txt").write_text(f"{name}({','.join(_read(folder) for _, folder in _sorted(context))})")
    context.progress(1, 2, "halves", name)
    if (log / f"fail-{name}").exists():
        raise ValueError(f"{name} cannot\nbe done")
    if (log / f"user-{name}").exists():
        raise DataError("the row has 2 columns.", where="a.tsv:3")
    if (log / f"kill-{name}").exists():
        (log / f"kill-{name}").unlink()
        (context.scratch / "half").write_text("snapshot")
        os.kill(os.getpid(), signal.SIGKILL)
    if (log / f"wait-{name}").exists():
        (context.scratch / "half").write_text("snapshot")
        if (log / f"worker-{name}").exists():
            worker = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
            write_atomic(log / f"worker-{name}", str(worker.pid))
        write_atomic(log / f"started-{name}", str(os.getpid()))
        while (log / f"wait-{name}").exists():
            time.sleep(0.01)
    if (context.scratch / "half").exists():
        (log / f"resumed-{name}").write_text("")
    if settings.get("weights"):
        (context.out / "model.bin").write_bytes(name.encode() * 100)
        (context.out / "parts.json").write_text(json.dumps({"weights": ["model.bin"]}))


def _sorted(context: Context) -> list[tuple[str, Path]]:
    return sorted(context.inputs.items())


def _read(folder: Path) -> str:
    return (folder / "text.txt").read_text()


def toy(log: Path, name: str, *inputs: Step, **more: Any) -> Step:
    settings: dict[str, Any] = {"name": name, **({"weights": True} if more.pop("weights", False) else {})}
    named = {below.settings["name"]: below for below in inputs}
    return Step(
        name=more.pop("kind", "toy"), version=1, settings=settings, call=partial(work, log=log), inputs=named, **more
    )


def diamond(log: Path) -> Graph:
    """a feeds b and c, which feed d; e stands alone."""
    a = toy(log, "a")
    b, c = toy(log, "b", a), toy(log, "c", a)
    return {"a": a, "b": b, "c": c, "d": toy(log, "d", b, c), "e": toy(log, "e")}


def chain(log: Path) -> Graph:
    """a -> train (has weights) -> predict1, predict2 (read the weights) -> score1, score2; look reads train without."""
    a = toy(log, "a")
    train = toy(log, "train", a, weights=True)
    predict = [toy(log, f"predict{n}", train, needs=("weights",)) for n in (1, 2)]
    score = [toy(log, f"score{n}", predict[n - 1]) for n in (1, 2)]
    return {step.settings["name"]: step for step in (a, train, *predict, *score, toy(log, "look", train))}


def wide(log: Path) -> Graph:
    a = toy(log, "a")
    return {"a": a, **{f"w{n}": toy(log, f"w{n}", a) for n in range(6)}}


def pair(log: Path) -> Graph:
    a = toy(log, "a")
    return {"a": a, "b": toy(log, "b", a)}


def kinds(log: Path) -> Graph:
    """Two lines of a training and its score, over one file."""
    a = toy(log, "a", kind="prepare")
    trained = [toy(log, f"t{n}", a, kind="train") for n in (1, 2)]
    scored = [toy(log, f"s{n}", train, kind="score") for n, train in enumerate(trained, 1)]
    return {step.settings["name"]: step for step in (a, *trained, *scored)}


GRAPHS: dict[str, Callable[[Path], Graph]] = {
    "diamond": diamond,
    "chain": chain,
    "wide": wide,
    "pair": pair,
    "kinds": kinds,
}


def goals_of(graph: Graph) -> list[Step]:
    read = {below.key for step in graph.values() for below in step.inputs.values()}
    return [step for step in graph.values() if step.key not in read]


def runs(log: Path) -> Counter[str]:
    """How often each toy was started."""
    return Counter((log / "runs").read_text().split()) if (log / "runs").exists() else Counter()


def command(*words: object) -> list[str]:
    return [sys.executable, __file__, *map(str, words)]


def backend_for(kind: str, graph: str, store: Store, log: Path, jobs: int = 2) -> Backend:
    def step_command(step: Step) -> list[str]:
        return command("step", graph, log, store.root, step.key)

    if kind == "inline":
        return Inline()
    if kind == "slurm":  # its options are another file in `log`, what it says is a third
        share = MachineShare(prepare_command=lambda: step_command, kinds=("prepare", "train", "score"), say=_noted(log))
        return Slurm.for_run(share, str(log / "slurm.yaml"))
    if kind.startswith("ray:"):
        return Ray(step_command, lambda: RayCluster(kind.removeprefix("ray:"), jobs), jobs=jobs, threads=1)
    return Local(step_command, jobs=jobs, threads=2)


def _noted(log: Path) -> Callable[[str], None]:
    def say(text: str) -> None:
        with (log / "said").open("a") as file:
            file.write(f"{text}\n")

    return say


def main(mode: str, graph: str, log: str, root: str, last: str) -> int:
    steps, store = GRAPHS[graph](Path(log)), open_store(Path(root))
    if mode == "step":
        return serve(next(step for step in steps.values() if step.key == last), store)
    with closing(backend_for(last, graph, store, Path(log))) as backend:
        outcome = execute(goals_of(steps), store, backend=backend)
    sys.stdout.write(json.dumps({"done": len(outcome.done), "reused": len(outcome.reused), "left": len(outcome.left)}))
    return outcome.exit_code


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
