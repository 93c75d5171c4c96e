"""What does a study cost, beside running each of its trainings with `transformers.Trainer`?

    python benchmarks/study.py [SHAPE] --data FOLDER [--updates 100] [--seeds 1,2] [--quick] [--json FILE]

12 runs: no intermediate phase, inference, or slots first; then intents or parts of speech; two seeds; scored in eight
languages. SHAPE as in training.py. Needs `accelerate` beside the program. See README.md beside this.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import mean
from typing import Any

from study_plan import LANGUAGES, METRIC, TARGETS, THROUGH, Plan
from training_rows import make_folder

from xstilts.tasks.catalog import TASKS

CONTESTANTS = {
    "ours": "xstilts, one command, an empty store",
    "naive": "Trainer, a process for each run, each trains its whole chain",
    "careful": "Trainer, intermediate phases trained once a seed and shared by hand",
}
Found = dict[str, Any]
Scores = dict[str, list[float]]  # target -> a mean over languages for each run


def timed(command: Sequence[str], threads: int) -> tuple[float, str]:
    """(seconds, standard output) of a fresh process, from its start to its end."""
    began = time.perf_counter()
    environment = {**os.environ, "OMP_NUM_THREADS": str(threads)}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stderr[-3000:]}")
    return time.perf_counter() - began, done.stdout


def ours(plan: Plan, data: Sequence[Path], place: Path) -> Found:
    """The study by one command, from an empty store to its report."""
    study, store, out = place / "study.yaml", place / "store", place / "report"
    study.write_text(plan.study(), "utf-8")
    folders = [part for folder in data for part in ("--data", str(folder))]
    where = ["--store", str(store), "--out", str(out), "--device", plan.device, "--threads", str(plan.threads)]
    command = [sys.executable, "-m", "xstilts", "run", str(study), *folders, *where, "--offline", "--json"]
    wall, printed = timed(command, plan.threads)
    seconds = json.loads(printed)["seconds"]
    spent = {part: round(spent, 2) for part, spent in seconds.items() if spent}
    spent["start and the rest"] = wall - sum(spent.values())
    trainings = len(list((store / "steps").glob("train-*")))
    return {"wall": wall, "processes": 1, "trainings": trainings, "seconds": spent, "scores": our_scores(out)}


def our_scores(report: Path) -> Scores:
    """Return, for each target, the mean over languages for each run, by the metric that the peer counts."""
    with (report / "scores.csv").open(encoding="utf-8", newline="") as file:
        lines = [line for line in csv.DictReader(file) if line["value_name"] == "headline" and line["value"]]
    results: Scores = {target: [] for target in TARGETS}
    for target in TARGETS:
        runs: dict[tuple[str, str], list[float]] = {}
        for line in lines:
            if line["target"] == target and line["metric"] == METRIC[TASKS[target].kind.name]:
                runs.setdefault((line["arm"], line["seed"]), []).append(float(line["value"]))
        results[target] = [mean(values) for values in runs.values()]
    return results


def peer(plan: Plan, careful: bool, tuned: bool, place: Path) -> Found:
    """The same runs as a user would script them, one process after the other."""
    wall, processes, trainings, scores = 0.0, 0, 0, {target: [] for target in TARGETS}
    seconds: Counter[str] = Counter()
    checkpoints: dict[tuple[str, int], Path] = {}

    def process(phases: Sequence[str], seed: int, start: Path, save: Path | None = None) -> Mapping[str, float]:
        nonlocal wall, processes, trainings
        request = place / "peer.json"
        request.write_text(json.dumps(plan.chain(phases, seed, start, save=save, tuned=tuned)), "utf-8")
        spent, printed = timed(
            [sys.executable, str(Path(__file__).with_name("study_peer.py")), str(request)], plan.threads
        )
        wall, processes, trainings = wall + spent, processes + 1, trainings + len(phases)
        answer = json.loads(printed.splitlines()[-1])
        seconds.update(answer["seconds"])
        seconds["start and the rest"] += spent - sum(answer["seconds"].values())
        results: Mapping[str, float] = answer["scores"]
        return results

    for arm, target, seed in plan.runs():
        before = THROUGH[arm]
        if careful and before and (arm, seed) not in checkpoints:
            checkpoints[arm, seed] = place / f"{arm}-{seed}"
            process(before, seed, plan.folder, checkpoints[arm, seed])
        start, phases = (checkpoints[arm, seed], (target,)) if careful and before else (plan.folder, (*before, target))
        scores[target].append(mean(process(phases, seed, start).values()))
        sys.stderr.write(f"{arm}, {target}, seed {seed}: {wall:.0f} s so far\n")
    spent = dict(seconds)
    return {"wall": wall, "processes": processes, "trainings": trainings, "seconds": spent, "scores": scores}


def table(results: Mapping[str, Found]) -> str:
    """Markdown: the totals, and where they were spent."""
    means = [f"{target}, {METRIC[TASKS[target].kind.name].replace('_', ' ')}" for target in TARGETS]
    lines = [
        f"| contestant | processes | trainings | seconds | ours is | beyond training | {' | '.join(means)} |",
        f"| --- | ---: | ---: | ---: | ---: | ---: |{' ---: |' * len(means)}",
    ]
    first = results.get("ours") or next(iter(results.values()))
    for name, result in results.items():
        scores = " | ".join(f"{mean(result['scores'][target]):.1f}" for target in TARGETS)
        untrained_share = 1 - result["seconds"]["train"] / result["wall"]
        lines.append(
            f"| {CONTESTANTS[name]} | {result['processes']} | {result['trainings']} | {result['wall']:.1f} | "
            f"{result['wall'] / first['wall']:.2f} × | {untrained_share:.0%} | {scores} |"
        )
    lines += ["", "| contestant | seconds, the largest part first |", "| --- | --- |"]
    for name, result in results.items():
        parts = sorted(result["seconds"].items(), key=lambda part: -part[1])
        lines.append(f"| {name} | {', '.join(f'{part} {spent:.1f}' for part, spent in parts)} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("shape", nargs="?", default="tiny-e5")
    parser.add_argument("--data", type=Path, action="append", default=[])
    parser.add_argument("--contestants", default=",".join(CONTESTANTS))
    parser.add_argument("--updates", type=int, default=100, help="of every phase")
    parser.add_argument("--seeds", default="1,2")
    parser.add_argument("--languages", default=",".join(LANGUAGES))
    parser.add_argument("--precision", choices=("auto", "fp32", "bf16"), default="auto", help="of ours")
    parser.add_argument("--tuned", action="store_true", help="the peer with bf16, batches by length and fused AdamW")
    parser.add_argument("--quick", action="store_true", help="4 updates, a seed, 2 languages, few rows: to try it")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    data = [folder.resolve() for folder in options.data]
    with tempfile.TemporaryDirectory() as place:
        plan = Plan(
            folder=make_folder(options.shape, Path(place)),
            rows=Path(place) / "rows",
            updates=4 if options.quick else options.updates,
            seeds=(1,) if options.quick else tuple(int(seed) for seed in options.seeds.split(",")),
            languages=("en", "de") if options.quick else tuple(options.languages.split(",")),
            threads=options.threads,
            device=options.device,
            precision=options.precision,
            **({"dev": 100, "test": 50} if options.quick else {}),
        )
        plan.write_rows(data)
        results: dict[str, Found] = {}
        for name in options.contestants.split(","):
            (Path(place) / name).mkdir()
            if name == "ours":
                results[name] = ours(plan, data, Path(place) / name)
            else:
                results[name] = peer(plan, name == "careful", options.tuned, Path(place) / name)
            sys.stderr.write(f"{name}: {results[name]['wall']:.1f} s\n")
    sys.stdout.write(table(results) + "\n")
    if options.json:
        settings = {"shape": options.shape, "updates": plan.updates, "seeds": plan.seeds, "tuned": options.tuned}
        options.json.write_text(json.dumps({**settings, "runs": results}, indent=1), "utf-8")


if __name__ == "__main__":
    main()
