"""How fast is training, beside `transformers.Trainer`? Every contestant trains the same encoder on the same rows.

    python benchmarks/training.py [SHAPE] --lengths nli --data FOLDER [--updates 24] [--json FILE]

SHAPE: `tiny-e5` (the packaged encoder), `xlmr-base` (its shape and 250,002 rows, random weights), or a folder. Needs
`accelerate` beside the program. Each contestant runs in a process of its own, in turn; see README.md beside this.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from training_rows import arguments, make_folder, make_rows, train_one

CONTESTANTS = {
    "ours": "xstilts, bf16",
    "ours-fp32": "xstilts, fp32",
    "plain": "Trainer as its examples set it: dynamic padding, random order, fp32",
    "tuned": "Trainer at its best: bf16, batches by length, fused AdamW",
}


def table(runs_of: Mapping[str, Sequence[Mapping[str, Any]]]) -> str:
    """Markdown: medians over the rounds, and ours over each peer, by tokens and by sequences.

    The Trainer's batches by length come longest first, 50 batches at a time: fewer updates than that see long rows
    alone, and only the ratio by tokens is fair to it.
    """
    best = {name: median(runs) for name, runs in runs_of.items()}
    first = best.get("ours") or next(iter(best.values()))
    lines = [
        "| contestant | sequences a second | real tokens a second | peak memory, GB | final loss | ours is, by tokens "
        "| by sequences |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for name, run in best.items():
        tokens, sequences = (first[rate] / run[rate] for rate in ("tokens_a_second", "sequences_a_second"))
        lines.append(
            f"| {CONTESTANTS[name]} | {run['sequences_a_second']:.1f} | {run['tokens_a_second']:,.0f} | "
            f"{run['peak_bytes'] / 1e9:.2f} | {run['loss']:.3f} | {tokens:.2f} × | {sequences:.2f} × |"
        )
    return "\n".join(lines)


def median(runs: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    return sorted(runs, key=lambda run: run["sequences_a_second"])[len(runs) // 2]


def main() -> None:
    parser = arguments(__doc__, CONTESTANTS, updates=24, rounds=1)
    parser.add_argument("--device", default="cpu")
    options = parser.parse_args()
    names = options.contestants.split(",")
    with tempfile.TemporaryDirectory() as place:
        folder = make_folder(options.shape, Path(place))
        rows = make_rows(options.lengths, folder, options.data, Path(place))
        runs_of: dict[str, list[dict[str, Any]]] = {name: [] for name in names}
        for _ in range(options.rounds):
            for name in names:
                runs_of[name].append(train_one(name, folder, rows, options, device=options.device))
                sys.stderr.write(f"{name}: {runs_of[name][-1]['sequences_a_second']:.1f} sequences a second\n")
    sys.stdout.write(table(runs_of) + "\n")
    if options.json:
        options.json.write_text(
            json.dumps({"shape": options.shape, "lengths": options.lengths, "runs": runs_of}, indent=1)
        )


if __name__ == "__main__":
    main()
