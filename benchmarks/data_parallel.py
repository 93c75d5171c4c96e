"""Data-parallel benchmark: how many more tokens a second do several processes train on than one, a thread each?

    python benchmarks/data_parallel.py [--encoder tiny-e5] [--processes 2] [--updates 40] [--batch 64] [--rounds 2]

The packaged English sentences (NTREX-128), three put together, are classified by a label of no meaning, by `xstilts
run` from an empty store. Speed is that of the updates after the first quarter, read from the training's log; one
process and several take turns, and the fastest round of each counts.
"""

from __future__ import annotations

import argparse
import gzip
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import yaml

import xstilts

SENTENCES = Path(xstilts.__file__).parent / "samples/parallel/ntrex128/newstest2019-src.eng.txt.gz"


def study(folder: Path, options: argparse.Namespace) -> Path:
    """Write the rows and the study; return its file."""
    lines = [line for line in gzip.decompress(SENTENCES.read_bytes()).decode("utf-8").split("\n") if line]
    texts = [" ".join(lines[place : place + 3]).replace("\t", " ").replace('"', "") for place in range(len(lines) - 3)]
    rows = [f"{text}\t{('odd', 'even')[place % 2]}" for place, text in enumerate(texts)]
    for name, part in (("train", rows[200:]), ("test", rows[:100])):
        (folder / f"{name}.tsv").write_text("\n".join(["text\tlabel", *part, ""]), "utf-8")
    columns = {"text": "text", "label": "label"}
    task = {"kind": "classification", "labels": ["odd", "even"], "reader": "tsv", "columns": columns}
    files = {"train": "train.tsv", "holdout": 0.02, "test": {"en": "test.tsv"}}
    value = {
        "question": "How fast?",
        "encoder": options.encoder,
        "tasks": {"parity": {**task, **files}},
        "arms": {"none": {"strategy": "direct"}},
        "targets": ["parity"],
        "seeds": [1],
        "train": {"updates": options.updates, "evaluate_every": options.updates, "batch": options.batch, "lr": 1e-5},
    }
    path = folder / "speed.yaml"
    path.write_text(yaml.safe_dump(value, sort_keys=False), "utf-8")
    return path


def tokens_a_second(path: Path, store: Path, processes: int) -> float:
    command = [sys.executable, "-m", "xstilts", "run", str(path), "--store", str(store), "--device", "cpu"]
    command += ["--threads", str(processes), *(["--data-parallel", str(processes)] if processes > 1 else [])]
    subprocess.run(command, check=True, capture_output=True)
    [log] = store.glob("steps/train-*/log.jsonl")
    updates = [line for line in map(json.loads, log.read_text("utf-8").splitlines()) if "tokens" in line]
    first = len(updates) // 4
    return sum(line["tokens"] for line in updates[first:]) / (updates[-1]["seconds"] - updates[first - 1]["seconds"])


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--encoder", default="tiny-e5")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--updates", type=int, default=40)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=2)
    options = parser.parse_args()
    best = {1: 0.0, options.processes: 0.0}
    with tempfile.TemporaryDirectory() as name:
        path = study(Path(name), options)
        for turn in range(options.rounds):
            for processes in best:
                found = tokens_a_second(path, Path(name) / f"store-{turn}-{processes}", processes)
                sys.stdout.write(f"{processes} process{'es' if processes > 1 else ''}: {found:,.0f} tokens a second\n")
                sys.stdout.flush()
                best[processes] = max(best[processes], found)
    sys.stdout.write(f"{options.processes} processes: {best[options.processes] / best[1]:.2f} times one\n")


if __name__ == "__main__":
    main()
