"""How many minimal pairs a second are scored by pseudo-log-likelihood, beside minicons?

    python benchmarks/minimal_pairs.py ENCODER --data FOLDER [--pairs 6700] [--threads 2] [--minicons PYTHON]

ENCODER is a folder (or `tiny-e5`, unpacked into a temporary one and given a new masked-LM head, as it has none: its
speed is that of any head, and what it says of pairs is chance). BLiMP's pairs are scored with tokens masked alone
(`masking: original`), in fp32 and in bf16; the count begins with texts and ends with sums. minicons scores a part of
the same pairs with the same model in an environment of its own, for its dependencies are not ours: `--minicons` is that
environment's Python (`pip install minicons transformers<5`, or its repository's state). Its batch is 64 sentences, the
sums are compared, and the rates are printed.
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

import numpy as np

from xstilts.data.examples import PairExample
from xstilts.data.locate import Roots
from xstilts.data.read import load_examples, resolve_source
from xstilts.kinds.minimal_pairs import MinimalPairs
from xstilts.models.bundled import HOME
from xstilts.tasks.catalog import TASKS

PEER = """
import json, sys, time
import torch
from minicons import scorer
folder, threads = sys.argv[1], int(sys.argv[2])
torch.set_num_threads(threads)
texts = json.load(sys.stdin)
model = scorer.MaskedLMScorer(folder, "cpu")
began, sums = time.perf_counter(), []
for start in range(0, len(texts), 64):
    sums += model.sequence_score(texts[start:start + 64], reduction=lambda scores: scores.sum().item())
print(json.dumps({"seconds": time.perf_counter() - began, "sums": sums}))
"""


def pairs(data: Sequence[Path], store: Path) -> list[PairExample]:
    roots = Roots(data=tuple(data), store=store, offline=True)
    return list(load_examples(resolve_source(TASKS["blimp"].test["en"], roots)).examples)  # type: ignore[arg-type]


def ours(folder: Path, examples: Sequence[PairExample], threads: int, precision: str) -> tuple[float, np.ndarray]:
    """Return seconds without loading, and the sums [2 N]: good, bad, good, ..."""
    from xstilts.evaluate.predict import load_model
    from xstilts.heads.registry import head_key
    from xstilts.kinds.tokenizers import load_tokenizer
    from xstilts.train.job import Compute
    from xstilts.train.model import outputs

    kind, compute = MinimalPairs(masking="original"), Compute(threads=threads, precision=precision)
    model, tokenizer = load_model(folder, kind, compute), load_tokenizer(folder)
    began = time.perf_counter()
    columns = kind.encode(examples, tokenizer, 512).columns
    lengths = np.array([len(ids) for ids in columns["ids"]])
    decoded = outputs(
        model, head_key(kind), lambda i: {name: values[i] for name, values in columns.items()}, lengths, compute
    )
    guesses = kind.postprocess(examples, columns, decoded)
    seconds = time.perf_counter() - began
    return seconds, np.array([guess["scores"]["original"][side] for guess in guesses for side in ("good", "bad")])


def minicons(python: str, folder: Path, examples: Sequence[PairExample], threads: int) -> tuple[float, np.ndarray]:
    texts = json.dumps([text for example in examples for text in (example.good, example.bad)])
    done = subprocess.run(
        [python, "-c", PEER, str(folder), str(threads)], input=texts, capture_output=True, text=True, check=True
    )
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return float(answer["seconds"]), np.array(answer["sums"])


def add_new_head(folder: Path) -> None:
    """Give an encoder without a masked-LM head a new one, the same for everybody who reads the folder."""
    import torch
    from transformers import AutoModelForMaskedLM

    torch.manual_seed(0)
    AutoModelForMaskedLM.from_pretrained(folder).save_pretrained(folder)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("encoder")
    parser.add_argument("--data", type=Path, action="append", required=True)
    parser.add_argument("--pairs", type=int, default=6_700)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--minicons", metavar="PYTHON")
    parser.add_argument("--peer-pairs", type=int, default=200, help="that minicons scores, spread over all")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        folder = Path(options.encoder)
        if not folder.is_dir():
            from xstilts.models.compact import unpack

            folder = Path(home) / "encoder"
            unpack(HOME / options.encoder, folder)
            add_new_head(folder)
        every = pairs(options.data, Path(home) / "store")
        chosen = every[:: max(1, len(every) // options.pairs)][: options.pairs]
        sums = {}
        for precision in ("fp32", "bf16"):
            seconds, sums[precision] = ours(folder, chosen, options.threads, precision)
            right = float(np.mean(sums[precision][0::2] > sums[precision][1::2]))
            sys.stdout.write(
                f"xstilts {precision}: {len(chosen)} pairs in {seconds:.1f} s, {len(chosen) / seconds:.1f} a second, "
                f"{100 * right:.1f} % right\n"
            )
        if options.minicons:
            step = max(1, len(chosen) // options.peer_pairs)
            seconds, theirs = minicons(options.minicons, folder, chosen[::step], options.threads)
            rows = np.arange(0, len(chosen), step)
            same = sums["fp32"][np.stack([2 * rows, 2 * rows + 1], axis=1).ravel()]
            sys.stdout.write(
                f"minicons: {len(rows)} pairs in {seconds:.1f} s, {len(rows) / seconds:.1f} a second; "
                f"largest difference of a sum {np.abs(same - theirs).max():.2g}\n"
            )


if __name__ == "__main__":
    sys.exit(main())
