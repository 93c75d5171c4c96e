"""How many utterances a second get their intents and slots?

    python benchmarks/semantic_parsing.py [ENCODER] --data FOLDER [--examples 500] [--threads 2] [--rounds 5]

Test utterances of every language of xSID, from words in memory to frames in memory, as `xstilts predict` does it: words
to token ids, the encoder with a fresh head (prediction does not mind what it learned), the best sequence of spans,
labels. Loading is left out. Each line is the median of the rounds; the goal is 2,000 a second with the packaged encoder
on two cores. ENCODER: "tiny-e5", the packaged one, or a folder.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

from training_rows import make_folder

from xstilts.data.examples import Example
from xstilts.data.locate import Roots
from xstilts.data.read import load_examples, resolve_source
from xstilts.kinds.slots_intent import SlotsIntent
from xstilts.kinds.tokenizers import load_tokenizer
from xstilts.tasks.catalog import TASKS

GOAL = 2_000  # utterances a second
LENGTH = 256
PARTS = ("tokenise", "encode and decode", "labels")


def utterances(data: Sequence[Path], examples: int, place: Path) -> list[Example]:
    """The first test utterances of every language of xSID."""
    roots = Roots(data=tuple(data), store=place / "store", offline=True)
    found: list[Example] = []
    for source in TASKS["xsid"].test.values():
        found += list(load_examples(resolve_source(source, roots)).examples)[:examples]
    return found


def model_of(folder: Path, kind: SlotsIntent) -> Any:
    import torch

    from xstilts.heads.registry import head_key, make_head
    from xstilts.nn.encoder import Encoder
    from xstilts.train.model import Model

    torch.manual_seed(1)
    encoder = Encoder.load(folder)
    return Model(encoder, {head_key(kind): make_head(kind, encoder)})


def one_round(model: Any, kind: SlotsIntent, tokenizer: Any, examples: list[Example], compute: Any) -> list[float]:
    """Seconds of each of `PARTS`."""
    import numpy as np

    from xstilts.heads.registry import head_key
    from xstilts.train.model import outputs

    times = [time.perf_counter()]
    columns = kind.encode(examples, tokenizer, LENGTH).columns  # type: ignore[arg-type]
    lengths = np.array([len(ids) for ids in columns["ids"]])
    times.append(time.perf_counter())
    decoded = outputs(
        model, head_key(kind), lambda i: {name: column[i] for name, column in columns.items()}, lengths, compute
    )
    times.append(time.perf_counter())
    guesses = kind.postprocess(examples, columns, decoded)  # type: ignore[arg-type]
    times.append(time.perf_counter())
    assert len(guesses) == len(examples) and all(guess["slots"] for guess in guesses)
    return [end - start for start, end in pairwise(times)]


def measured(folder: Path, examples: list[Example], options: argparse.Namespace) -> list[dict[str, Any]]:
    from xstilts.core.settings.training import Recipe
    from xstilts.train.job import Compute
    from xstilts.train.memory import use_threads

    use_threads(options.threads)
    plain, tokenizer = TASKS["xsid"].kind, load_tokenizer(folder)
    assert isinstance(plain, SlotsIntent)
    lines = []
    for states in ("first", "mean"):
        kind = replace(plain, states=states)  # type: ignore[arg-type]
        model = model_of(folder, kind)
        for precision in ("fp32", "bf16"):
            compute = Compute(
                threads=options.threads, precision=precision, forward_tokens=Recipe(updates=1).forward_tokens
            )
            one_round(model, kind, tokenizer, examples[:64], compute)
            rounds = [one_round(model, kind, tokenizer, examples, compute) for _ in range(options.rounds)]
            seconds = [statistics.median(part) for part in zip(*rounds, strict=True)]
            total = statistics.median(map(sum, rounds))
            rate = len(examples) / total
            lines.append(
                {
                    "states": states,
                    "precision": precision,
                    "rate": rate,
                    "seconds": dict(zip(PARTS, seconds, strict=True)),
                }
            )
    return lines


def table(lines: Sequence[dict[str, Any]]) -> str:
    rows = [
        f"| states | precision | utterances a second | {' | '.join(f'{part}, s' for part in PARTS)} | goal |",
        "| --- | --- | ---: | ---: | ---: | ---: | --- |",
    ]
    for line in lines:
        seconds = " | ".join(f"{line['seconds'][part]:.2f}" for part in PARTS)
        reached = "reached" if line["rate"] >= GOAL else "missed"
        rows.append(f"| {line['states']} | {line['precision']} | {line['rate']:,.0f} | {seconds} | {reached} |")
    return "\n".join(rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("encoder", nargs="?", default="tiny-e5")
    parser.add_argument("--data", type=Path, action="append", default=[])
    parser.add_argument("--examples", type=int, default=500, help="of each language")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = make_folder(options.encoder, Path(place))
        examples = utterances(options.data, options.examples, Path(place))
        lines = measured(folder, examples, options)
    sys.stdout.write(f"{len(examples):,} utterances, {options.threads} threads\n\n{table(lines)}\n")
    if options.json:
        options.json.write_text(json.dumps({"utterances": len(examples), "lines": lines}, indent=1))


if __name__ == "__main__":
    main()
