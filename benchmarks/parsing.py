"""How well and how fast does the parser parse, beside SuPar 1.1.4 with the same encoder weights, data and updates?

    python benchmarks/parsing.py [SHAPE] --data FOLDER --peer PATH/TO/python [--json FILE]

Both train a biaffine parser on the same sentences of English EWT in the same order, and parse the test sets of English
and a few other languages; then the English one against the clock. SHAPE as in training.py. `--peer` is the Python of an
environment with SuPar; without it only xstilts runs. See README.md beside this.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from parsing_files import sentences, write_trees
from parsing_tables import accuracy_table, memory_table, speed_table
from training_rows import make_folder

from xstilts.data.readers.conllu_trees import ConlluTrees
from xstilts.metrics.trees import Attachment, tallies

LANGUAGES = "en,de,fi,zh,ar"
UPDATES, QUICK_UPDATES = 1200, 20
QUICK_SENTENCES = 200  # of each test set
MEMORY_WORDS = (500, 1200)  # the second one is longer than the encoder
HERE = Path(__file__).parent

Request = dict[str, Any]


def make_request(options: argparse.Namespace, place: Path) -> Request:
    """Return the request of all contestants: paths, numbers of the training, and the sentences to be timed on."""
    limit = QUICK_SENTENCES if options.quick else None
    files = {}
    for language in options.languages.split(","):
        files[language] = place / f"gold-{language}.conllu"
        _write(files[language], sentences("test", language, options.data, place)[:limit])
    _write(place / "train.conllu", sentences("train", "en", options.data, place))
    return {
        "place": str(place),
        "folder": str(make_folder(options.shape, place)),
        "train": str(place / "train.conllu"),
        "tests": {language: str(path) for language, path in files.items()},
        "speed": str(files.get("en") or next(iter(files.values()))),
        "updates": options.updates or (QUICK_UPDATES if options.quick else UPDATES),
        **{name: getattr(options, name) for name in ("batch", "lr", "head_lr", "arc", "relation", "seed", "threads")},
    }


def _write(path: Path, examples: Sequence[Any]) -> None:
    write_trees(path, ((e.words, e.heads, e.relations) for e in examples))


class Contestants:
    """Runs a verb of one side in a process of its own."""

    def __init__(self, request: Request, peer: str | None) -> None:
        self.request = request
        self.commands = {"ours": [sys.executable, str(HERE / "parsing_ours.py")]}
        if peer:
            self.commands["supar"] = [peer, str(HERE / "parsing_supar.py")]

    def run(self, side: str, verb: str, **settings: Any) -> dict[str, Any]:
        path = Path(self.request["place"]) / "request.json"
        path.write_text(json.dumps(self.request | settings))
        # SuPar takes a GPU where there is one.
        surroundings = os.environ | {"OMP_NUM_THREADS": str(self.request["threads"]), "CUDA_VISIBLE_DEVICES": ""}
        if side != "ours":
            surroundings.pop("PYTHONPATH", None)
        command = [*self.commands[side], verb, str(path)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=surroundings)
        if done.returncode:
            raise SystemExit(f"{side}, {verb} failed:\n{done.stderr[-3000:]}")
        results: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        sys.stderr.write(f"{side} {verb} {json.dumps(settings)}: {json.dumps(results)}\n")
        return results


def counted(request: Request, side: str, language: str) -> np.ndarray:
    """Counts [N, K] of `metrics.trees.Attachment` for each sentence, as the CoNLL 2018 evaluator counts them."""
    paths = [Path(request["place"]) / f"{name}-{language}.conllu" for name in ("gold", side)]
    golds, guesses = ([row | {"relations": row["deprels"]} for row in ConlluTrees()([path])] for path in paths)
    return Attachment().select_columns(tallies(golds, guesses))


def measure_speed(run: Contestants, rounds: int) -> dict[tuple[str, str, str], list[dict[str, Any]]]:
    """Runs of each (side, precision, decoding), all in turn, so often."""
    cells = [(s, p, d) for d in ("greedy", "tree") for s in run.commands for p in ("fp32", "bf16")]
    results: dict[tuple[str, str, str], list[dict[str, Any]]] = {cell: [] for cell in cells}
    for _ in range(rounds):
        for side, precision, decoding in cells:
            result = run.run(side, "speed", precision=precision, decoding=decoding)
            results[side, precision, decoding].append(result)
    return results


def measure_memory(run: Contestants) -> list[dict[str, Any]]:
    return [
        run.run("ours", "memory", words=words, precision=precision) | {"precision": precision}
        for words in MEMORY_WORDS
        for precision in ("fp32", "bf16")
    ]


def main() -> None:
    options = _options()
    with tempfile.TemporaryDirectory() as place:
        request = make_request(options, Path(place))
        run = Contestants(request, options.peer)
        pages: list[str] = []
        results: dict[str, Any] = {"request": request}
        if "accuracy" in options.parts or "speed" in options.parts:
            results["training"] = {side: run.run(side, "train") for side in run.commands}
        if "accuracy" in options.parts:
            for side in run.commands:
                run.run(side, "predict")
            counts = {
                language: {side: counted(request, side, language) for side in run.commands}
                for language in request["tests"]
            }
            page, results["accuracy"] = accuracy_table(counts)
            pages.append(page)
        if "speed" in options.parts:
            page, results["speed"] = speed_table(measure_speed(run, options.rounds))
            pages.append(page)
        if "memory" in options.parts:
            results["memory"] = measure_memory(run)
            pages.append(memory_table(results["memory"]))
    sys.stdout.write("\n\n".join(pages) + "\n")
    if options.json:
        options.json.write_text(json.dumps(results, indent=1))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("shape", nargs="?", default="tiny-e5")
    parser.add_argument("--data", type=Path, action="append", default=[])
    parser.add_argument("--peer", help="the Python of an environment with SuPar; without it only xstilts runs")
    parser.add_argument("--languages", default=LANGUAGES, help="test sets; all but English are zero-shot")
    parser.add_argument("--parts", default="accuracy,speed,memory")
    parser.add_argument("--updates", type=int)
    parser.add_argument("--batch", type=int, default=32, help="sentences an update")
    parser.add_argument("--lr", type=float, default=5e-5, help="peak rate of the encoder")
    parser.add_argument("--head-lr", type=float, default=1e-3, help="peak rate of all else")
    parser.add_argument("--arc", type=int, default=500)
    parser.add_argument("--relation", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=3, help="how often all run against the clock; medians are shown")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--quick", action="store_true", help=f"{QUICK_UPDATES} updates, {QUICK_SENTENCES} sentences")
    parser.add_argument("--json", type=Path)
    return parser.parse_args()


if __name__ == "__main__":
    main()
