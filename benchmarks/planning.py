"""How long does the plan of a large study take? `xstilts plan`, in a fresh process each time.

    python benchmarks/planning.py [--arms 130 400] [--rounds 3]

The study has the nine targets and three seeds of `phang2020` and its encoder; each arm trains first on one of eight
intermediate tasks, by a rate of its own, so that arms share prepared files and no training. Nothing is here: no data,
an empty store, so that everything counts by its published size. Printed are the steps that the plan has, and the least
and the median of the seconds, from the start of the process to its end.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

import yaml

THROUGH = ("mnli", "qqp", "squad1", "squad2", "hellaswag", "ccg-questions", "cosmosqa", "commonsenseqa")
TARGETS = ("xnli", "pawsx", "udpos", "panx", "xquad", "mlqa", "tydiqa", "bucc2018", "tatoeba")


def study(arms: int) -> dict[str, Any]:
    """A study with so many arms, the direct one among them."""
    trained = {
        f"{THROUGH[i % len(THROUGH)]}-{i}": {
            "strategy": "sequential",
            "through": [THROUGH[i % len(THROUGH)]],
            "train": {"lr": 1e-5 + i * 1e-8},
        }
        for i in range(1, arms)
    }
    return {
        "question": "Which intermediate task, by which rate?",
        "encoder": "FacebookAI/xlm-roberta-large",
        "arms": {"none": {"strategy": "direct"}, **trained},
        "targets": list(TARGETS),
        "train": {"lr": 1e-5, "batch": 32, "evaluate_every": 1000, "dev_examples": 500},
        "seeds": [1, 2, 3],
    }


def command(file: Path, *words: str) -> list[str]:
    return ["plan", str(file), "--store", str(file.parent / "store"), *words]


def environment(place: Path) -> dict[str, str]:
    """Nothing of this user's data and models is found."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("XSTILTS_", "HF_"))}
    return {**kept, "HF_HOME": str(place / "hub"), "XSTILTS_DATA": ""}


def seconds_of(file: Path) -> float:
    began = time.perf_counter()
    words = [sys.executable, "-m", "xstilts", *command(file)]
    done = subprocess.run(words, env=environment(file.parent), capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(words)} failed:\n{done.stderr[-3000:]}")
    return time.perf_counter() - began


def steps_in(file: Path) -> int:
    words = [sys.executable, "-m", "xstilts", *command(file, "--json")]
    done = subprocess.run(words, env=environment(file.parent), stdout=subprocess.PIPE, text=True, check=True)
    return len(json.loads(done.stdout)["steps"])


def write_study(arms: int, place: Path) -> Path:
    file = place / f"arms-{arms}.yaml"
    file.write_text(yaml.safe_dump(study(arms), sort_keys=False), "utf-8")
    return file


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--arms", type=int, nargs="+", default=[130, 400])
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        files = {arms: write_study(arms, Path(place)) for arms in options.arms}
        sys.stdout.write("| arms | steps | seconds, least | median |\n| ---: | ---: | ---: | ---: |\n")
        for arms, file in files.items():
            found = [seconds_of(file) for _ in range(options.rounds)]
            sys.stdout.write(f"| {arms} | {steps_in(file):,} | {min(found):.1f} | {median(found):.1f} |\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
