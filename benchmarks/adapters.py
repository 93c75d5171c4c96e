"""What do adapters save in training, beside training every weight, and what does it cost to evaluate one?

    python benchmarks/adapters.py [SHAPE] --data FOLDER [--only training] [--updates 24] [--examples 40] [--json FILE]

SHAPE as in training.py: `tiny-e5`, `xlmr-base` (random weights, all 250,002 rows), or a folder. Each contestant runs in
a process of its own, in turn; see README.md beside this.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from training_rows import LENGTHS, make_folder, make_rows

Run = Mapping[str, Any]
TRAINING = {
    "full": "every weight",
    "pfeiffer": "Pfeiffer adapters, width a sixteenth",
    "lora": "LoRA of rank 8 on query and value",
}
EVALUATION = {
    "upper": "one adapter, in the upper half",
    "every": "one adapter, in every layer",
}
PARTS = ("training", "evaluation")


def measured(contestant: str, options: argparse.Namespace, **request: Any) -> dict[str, Any]:
    """Return what one contestant measured, from a fresh process."""
    with tempfile.TemporaryDirectory() as place:
        shared = {"threads": options.threads, "device": options.device, "precision": options.precision}
        argument = json.dumps({"contestant": contestant, "place": place} | shared | request)
        script = str(Path(__file__).with_name("adapters_one.py"))
        done = subprocess.run([sys.executable, script, argument], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{contestant} failed:\n{done.stderr[-3000:]}")
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


def train(folder: Path, place: Path, options: argparse.Namespace) -> dict[str, Run]:
    rows = str(make_rows(options.lengths, folder, options.data, place))
    request = {
        "folder": str(folder),
        "rows": rows,
        "lengths": options.lengths,
        "updates": options.updates,
        "batch": options.batch,
        "trimmed": options.trimmed,
    }
    return medians(TRAINING, options.rounds, "tokens_a_second", lambda name: measured(name, options, **request))


def evaluate(folder: Path, place: Path, options: argparse.Namespace) -> dict[str, Run]:
    request = {"folder": str(folder), "data": [str(data) for data in options.data], "examples": options.examples}
    checkpoints = measured("make", options, folder=str(folder), place=str(place / "checkpoints"))

    return medians(
        EVALUATION,
        options.rounds,
        "seconds",
        lambda name: measured(name, options, checkpoint=checkpoints[name], **request),
    )


def medians(names: Mapping[str, str], rounds: int, by: str, run: Any) -> dict[str, Run]:
    """Run all contestants in turn, `rounds` times; of each the run in the middle."""
    runs_of: dict[str, list[Run]] = {name: [] for name in names}
    for _ in range(rounds):
        for name in names:
            runs_of[name].append(run(name))
            sys.stderr.write(f"{name}: {by} {runs_of[name][-1][by]:.2f}\n")
    return {name: sorted(runs, key=lambda result: result[by])[len(runs) // 2] for name, runs in runs_of.items()}


def training_table(runs: Mapping[str, Run]) -> str:
    lines = [
        "| what is trained | weights | tokens a second | of full | memory above the process, GB | of full | loss |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    full = runs["full"]
    for name, run in runs.items():
        speed, memory = (run[key] / full[key] for key in ("tokens_a_second", "above_bytes"))
        lines.append(
            f"| {TRAINING[name]} | {run['trained']:,} | {run['tokens_a_second']:,.0f} | {speed:.2f} × | "
            f"{run['above_bytes'] / 1e9:.2f} | {memory:.0%} | {run['loss']:.3f} |"
        )
    return "\n".join(lines)


def evaluation_table(runs: Mapping[str, Run]) -> str:
    lines = [
        "| adapters | all, s | passes alone, s | memory above the process, GB |",
        "| --- | ---: | ---: | ---: |",
    ]
    for name, run in runs.items():
        memory = run["above_bytes"] / 1e9
        lines.append(f"| {EVALUATION[name]} | {run['seconds']:.2f} | {run['passes']:.2f} | {memory:.2f} |")
    return "\n".join(lines)


def parsed(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("shape", nargs="?", default="tiny-e5")
    parser.add_argument("--data", type=Path, action="append", default=[])
    parser.add_argument("--only", choices=PARTS, help="one half of it")
    parser.add_argument("--lengths", choices=sorted(LENGTHS), default="nli", help="whose rows are trained on")
    parser.add_argument("--updates", type=int, default=24, help="the first quarter warms up and is not counted")
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--trimmed", action="store_true", help="full training holds the rows it touches, as it does")
    parser.add_argument("--examples", type=int, default=40, help="of each language that is predicted")
    parser.add_argument("--precision", choices=("bf16", "fp32"), default="bf16")
    parser.add_argument("--rounds", type=int, default=1, help="how often all run in turn; medians are shown")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--json", type=Path)
    return parser.parse_args(arguments)


def main() -> None:
    options = parsed()
    results: dict[str, dict[str, Run]] = {}
    with tempfile.TemporaryDirectory() as place:
        folder = make_folder(options.shape, Path(place))
        for part, run, table in zip(PARTS, (train, evaluate), (training_table, evaluation_table), strict=True):
            if options.only in (None, part):
                results[part] = run(folder, Path(place), options)
                sys.stdout.write(f"{table(results[part])}\n\n")
    if options.json:
        options.json.write_text(json.dumps({"shape": options.shape, "runs": results}, indent=1))


if __name__ == "__main__":
    main()
