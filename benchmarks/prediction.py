"""How fast is prediction, beside a pipeline of `transformers` and the Trainer's own?

    python benchmarks/prediction.py [SHAPE] --data FOLDER [--examples 400] [--json FILE]

All test languages of XNLI in one stream, against the same texts given to a pipeline at batch size 32 sorted by length,
and to `Trainer.predict`. SHAPE as in training.py. Each contestant has a process of its own and
counts from text, or for the Trainer from token ids, to labels; loading is left out.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from training_rows import make_folder

from xstilts.core.settings.training import Recipe
from xstilts.data.examples import TextExample
from xstilts.data.locate import Roots
from xstilts.data.read import load_examples, resolve_source
from xstilts.kinds.tokenizers import load_tokenizer
from xstilts.tasks.catalog import TASKS
from xstilts.train.memory import peak_memory

CONTESTANTS = {
    "ours": "xstilts, bf16, tokenised in the count",
    "ours-fp32": "xstilts, fp32, tokenised in the count",
    "pipeline": "text-classification pipeline, batch 32, sorted by length, fp32",
    "trainer": "Trainer.predict, batch 32, fp32, token ids given",
}
LENGTH = 256


def texts(data: Sequence[Path], examples: int, place: Path) -> dict[str, list[TextExample]]:
    """The first examples of every language of XNLI that is here."""
    roots = Roots(data=tuple(data), store=place / "store")
    results = {}
    for language, source in TASKS["xnli"].test.items():
        results[language] = list(load_examples(resolve_source(source, roots)).examples)[:examples]
    return results


def trained(folder: Path) -> tuple[Any, Any]:
    """An encoder with a fresh head: prediction does not mind what it learned."""
    import torch

    from xstilts.heads.registry import head_key, make_head
    from xstilts.nn.encoder import Encoder
    from xstilts.train.model import Model

    torch.manual_seed(1)
    encoder = Encoder.load(folder)
    kind = TASKS["xnli"].kind
    return Model(encoder, {head_key(kind): make_head(kind, encoder)}), kind


def ours(folder: Path, sets: dict[str, list[TextExample]], precision: str, threads: int) -> float:
    """Text in memory to labels in memory, as `xstilts.evaluate.predict.predict_examples` does it."""
    import numpy as np

    from xstilts.heads.registry import head_key
    from xstilts.train.job import Compute
    from xstilts.train.memory import use_threads
    from xstilts.train.model import outputs

    use_threads(threads)
    model, kind = trained(folder)
    tokenizer = load_tokenizer(folder)
    began = time.perf_counter()
    columns = kind.encode([example for examples in sets.values() for example in examples], tokenizer, LENGTH).columns
    lengths = np.array([len(ids) for ids in columns["ids"]])
    compute = Compute(threads=threads, precision=precision, forward_tokens=Recipe(updates=1).forward_tokens)
    outputs(model, head_key(kind), lambda i: {name: column[i] for name, column in columns.items()}, lengths, compute)
    return time.perf_counter() - began


def pipeline(folder: Path, sets: dict[str, list[TextExample]]) -> float:
    from transformers import AutoModelForSequenceClassification, AutoTokenizer
    from transformers import pipeline as made

    model = AutoModelForSequenceClassification.from_pretrained(folder, num_labels=3)
    run = made("text-classification", model=model, tokenizer=AutoTokenizer.from_pretrained(folder), batch_size=32)
    pairs = [{"text": e.text, "text_pair": e.pair} for examples in sets.values() for e in examples]
    began = time.perf_counter()
    pairs.sort(key=lambda pair: -len(pair["text"]) - len(pair["text_pair"] or ""))
    run(pairs, truncation=True, max_length=LENGTH)
    return time.perf_counter() - began


def trainer(folder: Path, sets: dict[str, list[TextExample]]) -> float:
    from transformers import (
        AutoModelForSequenceClassification,
        AutoTokenizer,
        DataCollatorWithPadding,
        Trainer,
        TrainingArguments,
    )

    tokenizer = AutoTokenizer.from_pretrained(folder)
    examples = [example for language_examples in sets.values() for example in language_examples]
    encoded = tokenizer([e.text for e in examples], [e.pair for e in examples], truncation=True, max_length=LENGTH)
    data = [{"input_ids": ids} for ids in encoded["input_ids"]]
    model = AutoModelForSequenceClassification.from_pretrained(folder, num_labels=3)
    with tempfile.TemporaryDirectory() as out:
        arguments = TrainingArguments(
            output_dir=out, per_device_eval_batch_size=32, report_to=[], use_cpu=True, disable_tqdm=True
        )
        run = Trainer(model=model, args=arguments, data_collator=DataCollatorWithPadding(tokenizer))
        began = time.perf_counter()
        run.predict(data)  # type: ignore[arg-type]
        return time.perf_counter() - began


def run_contestant(contestant: str, folder: Path, options: argparse.Namespace) -> None:
    """Runs one contestant here and prints its seconds."""
    import torch

    torch.set_num_threads(options.threads)
    with tempfile.TemporaryDirectory() as place:
        sets = texts(options.data, options.examples, Path(place))
        tokens = sum(len(ids.ids) for ids in _encodings(folder, sets))
        if contestant.startswith("ours"):
            precision = "fp32" if contestant == "ours-fp32" else "bf16"
            seconds = ours(folder, sets, precision, options.threads)
        else:
            seconds = {"pipeline": pipeline, "trainer": trainer}[contestant](folder, sets)
    results = {"seconds": seconds, "tokens": tokens, "examples": sum(map(len, sets.values()))}
    sys.stdout.write(json.dumps(results | {"peak_bytes": peak_memory("cpu")}) + "\n")


def _encodings(folder: Path, sets: dict[str, list[TextExample]]) -> list[Any]:
    tokenizer = load_tokenizer(folder)
    results: list[Any] = tokenizer.encode_batch_fast([(e.text, e.pair or "") for s in sets.values() for e in s])
    return results


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("shape", nargs="?", default="tiny-e5")
    parser.add_argument("--data", type=Path, action="append", default=[])
    parser.add_argument("--examples", type=int, default=400, help="of each language")
    parser.add_argument("--contestants", default=",".join(CONTESTANTS))
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--one", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        return run_contestant(options.one, Path(options.shape), options)
    results = {}
    with tempfile.TemporaryDirectory() as place:
        folder = make_folder(options.shape, Path(place))
        for name in options.contestants.split(","):
            data = [part for data_folder in options.data for part in ("--data", str(data_folder))]
            settings = ["--examples", str(options.examples), "--threads", str(options.threads)]
            command = [sys.executable, __file__, str(folder), "--one", name, *data, *settings]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode:
                raise SystemExit(f"{name} failed:\n{done.stderr[-3000:]}")
            results[name] = json.loads(done.stdout.splitlines()[-1])
    sys.stdout.write(table(results) + "\n")
    if options.json:
        options.json.write_text(json.dumps({"shape": options.shape, "runs": results}, indent=1))


def table(results: dict[str, Any]) -> str:
    lines = [
        "| contestant | examples a second | real tokens a second | peak memory, GB | ours is |",
        "| --- | ---: | ---: | ---: | ---: |",
    ]
    for name, run in results.items():
        ratio = run["seconds"] / results["ours"]["seconds"]
        rate, tokens = run["examples"] / run["seconds"], run["tokens"] / run["seconds"]
        memory = run["peak_bytes"] / 1e9
        lines.append(f"| {CONTESTANTS[name]} | {rate:.0f} | {tokens:,.0f} | {memory:.2f} | {ratio:.2f} × |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
