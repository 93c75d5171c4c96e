"""Can the parser learn its own training questions, and how many parses a second does it write?

    python benchmarks/semantic_parser.py [ENCODER] --data FOLDER [--task geoquery-funql] [--updates 1500] [--threads 2]

Trains on the English training questions of a task (548 of GeoQuery), from what `xstilts run` does for a phase, and
prints exact match on these same questions and on the test questions of each language. Then parses all test questions
against the clock, from words in memory to forms in memory, greedily and with 4 beams, with the fp32 weights that were
trained; loading is left out, and lines are the medians of rounds. Beside it in the same process: `generate` of
`transformers`' EncoderDecoderModel with the same encoder, and a decoder of as many blocks, units and heads over as many
labels, from words to ids. Its weights are new, so it is told how long a form is: the mean length of ours, rounded down,
while a padded batch of trained ones runs as long as its longest form. Batches are sorted by length, 64 rows. It has no
pointers and no grammar, so it does less. The goals: at least 95 % of the training questions, 300 greedy parses a
second, 80 with 4 beams, at least 3 times `generate`.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from training_rows import make_folder

from xstilts.data.locate import Roots
from xstilts.data.read import load_examples, resolve_source
from xstilts.data.source import Source
from xstilts.kinds.parse_generation import ParseGeneration
from xstilts.kinds.tokenized import TokenizedRows, write
from xstilts.kinds.tokenizers import load_tokenizer
from xstilts.metrics.mtop import XsemplrMatch
from xstilts.tasks.catalog import TASKS

LENGTH, BATCH = 128, 64
GOALS = {1: 300, 4: 80}
TIMES, LEARNT = 3, 95.0
Examples = list[Any]


def read(source: Source, data: Sequence[Path], place: Path) -> Examples:
    roots = Roots(data=tuple(data), store=place / "store", offline=True)
    return list(load_examples(resolve_source(source, roots)).examples)


def exact_match(kind: ParseGeneration, examples: Examples, guesses: Sequence[Any]) -> float:
    metric = XsemplrMatch()
    return float(metric.values(kind.count(metric, examples, guesses, "en").sum(axis=0))["exact_match"])


def trained(folder: Path, kind: ParseGeneration, examples: Examples, options: argparse.Namespace, place: Path) -> Path:
    """Train a phase on the examples; return its checkpoint."""
    from xstilts.core.settings.training import Recipe
    from xstilts.train.job import Job, JobPart
    from xstilts.train.loop import fit

    rows = place / "rows"
    rows.mkdir()
    write(examples, kind, load_tokenizer(folder), LENGTH, rows)
    part = JobPart(
        name=options.task, kind=kind, train=TokenizedRows(rows), train_indices=range(len(examples)),
        selection_metric=XsemplrMatch(),
    )  # fmt: skip
    recipe = Recipe(updates=options.updates, batch=16, lr=options.lr, head_lr=options.head_lr)
    job = Job(start=folder, parts=(part,), recipe=recipe, seed=1, threads=options.threads)
    fit(job, place / "out", place / "scratch")
    return place / "out"


def rate_of(work: Callable[[], Any], rows: int, rounds: int) -> float:
    """Rows a second, the median of rounds after a first one."""
    work()
    seconds = []
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return rows / statistics.median(seconds)


def our_rates(checkpoint: Path, kind: ParseGeneration, examples: Examples, options: argparse.Namespace) -> Any:
    """Return parses a second by beams, and the mean length of the greedy forms with their ends."""
    import numpy as np

    from xstilts.evaluate.predict import load_model
    from xstilts.heads.registry import head_key
    from xstilts.train.job import Compute
    from xstilts.train.model import outputs

    compute, tokenizer = Compute(threads=options.threads), load_tokenizer(checkpoint / "encoder")
    rates, mean_length = {}, 0.0
    for beams in GOALS:
        own = replace(kind, beams=beams)
        model = load_model(checkpoint, own, compute)

        def parse(own: ParseGeneration = own, model: Any = model) -> Any:
            columns = own.encode(examples, tokenizer, LENGTH).columns
            lengths = np.array([len(ids) for ids in columns["ids"]])

            def row(number: int) -> dict[str, Any]:
                return {name: column[number] for name, column in columns.items()}

            decoded = outputs(model, head_key(own), row, lengths, compute)
            own.postprocess(examples, columns, decoded)
            return decoded

        if beams == 1:
            mean_length = float(np.mean([len(form) + 1 for form in parse()]))
        rates[beams] = rate_of(parse, len(examples), options.rounds)
    return rates, mean_length


def generate_rates(
    folder: Path, kind: ParseGeneration, examples: Examples, length: int, rounds: int
) -> dict[int, float]:
    """Return forms a second by beams of `EncoderDecoderModel.generate`, all of `length` tokens."""
    import torch
    from transformers import AutoModel, BertConfig, BertLMHeadModel, EncoderDecoderModel, GenerationConfig

    encoder, tokenizer = AutoModel.from_pretrained(folder), load_tokenizer(folder)
    config = BertConfig(
        vocab_size=2 + len(kind.labels), hidden_size=kind.width, num_hidden_layers=kind.layers,
        num_attention_heads=kind.heads, intermediate_size=2 * kind.width, is_decoder=True, add_cross_attention=True,
        max_position_embeddings=512,
    )  # fmt: skip
    torch.manual_seed(1)
    model = EncoderDecoderModel(encoder=encoder, decoder=BertLMHeadModel(config)).eval()
    texts = sorted((" ".join(example.words) for example in examples), key=len, reverse=True)
    rates = {}
    for beams in GOALS:
        settings = GenerationConfig(
            max_new_tokens=length, min_new_tokens=length, num_beams=beams, do_sample=False, use_cache=True,
            decoder_start_token_id=1, bos_token_id=1, eos_token_id=0, pad_token_id=0,
        )  # fmt: skip

        def work(settings: Any = settings) -> None:
            with torch.inference_mode():
                for start in range(0, len(texts), BATCH):
                    ids = [one.ids for one in tokenizer.encode_batch(texts[start : start + BATCH])]
                    wide = max(map(len, ids))
                    ids_NL = torch.tensor([one + [1] * (wide - len(one)) for one in ids])
                    real_NL = torch.tensor([[1] * len(one) + [0] * (wide - len(one)) for one in ids])
                    model.generate(ids_NL, attention_mask=real_NL, generation_config=settings)

        rates[beams] = rate_of(work, len(texts), rounds)
    return rates


def table(learnt: dict[str, float], ours: dict[int, float], theirs: dict[int, float]) -> str:
    reached = "reached" if learnt["train"] >= LEARNT else "missed"
    rows = [f"exact match on the training questions: {learnt['train']:.1f} % (goal {LEARNT:.0f}: {reached})"]
    tests = ", ".join(f"{language} {score:.1f}" for language, score in learnt.items() if language != "train")
    rows += [f"exact match on test questions: {tests}", "", "| beams | parses a second | generate | times | goals |"]
    rows.append("| ---: | ---: | ---: | ---: | --- |")
    for beams, goal in GOALS.items():
        times = ours[beams] / theirs[beams]
        said = "reached" if ours[beams] >= goal and times >= TIMES else "missed"
        rows.append(f"| {beams} | {ours[beams]:,.0f} | {theirs[beams]:,.0f} | {times:.1f} | {goal}, {TIMES}: {said} |")
    return "\n".join(rows)


def measured(folder: Path, options: argparse.Namespace, place: Path) -> dict[str, Any]:
    import torch

    from xstilts.evaluate.predict import predict_examples
    from xstilts.train.job import Compute
    from xstilts.train.memory import use_threads

    use_threads(options.threads)
    task = TASKS[options.task]
    assert isinstance(task.kind, ParseGeneration) and task.train is not None
    examples = read(task.train, options.data, place)[: options.limit]
    tests = {language: read(source, options.data, place)[: options.limit] for language, source in task.test.items()}
    checkpoint = trained(folder, task.kind, examples, options, place)
    compute = Compute(threads=options.threads)
    learnt = {
        name: exact_match(task.kind, some, predict_examples(checkpoint, task.kind, some, compute, LENGTH).guesses)
        for name, some in {"train": examples, **tests}.items()
    }
    everything = [example for some in tests.values() for example in some]
    ours, length = our_rates(checkpoint, task.kind, everything, options)
    theirs = generate_rates(folder, task.kind, everything, max(1, int(length)), options.rounds)
    assert torch.get_num_threads() == options.threads
    return {"learnt": learnt, "ours": ours, "theirs": theirs, "length": length, "questions": len(everything)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("encoder", nargs="?", default="tiny-e5")
    parser.add_argument("--data", type=Path, action="append", default=[])
    parser.add_argument("--task", default="geoquery-funql")
    parser.add_argument("--updates", type=int, default=1500)
    parser.add_argument("--lr", type=float, default=2e-4)
    parser.add_argument("--head-lr", type=float, default=1e-3)
    parser.add_argument("--limit", type=int, help="questions of each file")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        found = measured(make_folder(options.encoder, Path(place)), options, Path(place))
    sys.stdout.write(f"{found['questions']:,} questions, {options.threads} threads, forms of {found['length']:.1f}\n\n")
    sys.stdout.write(table(found["learnt"], found["ours"], found["theirs"]) + "\n")
    if options.json:
        options.json.write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
