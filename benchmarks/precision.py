"""How fast does this processor multiply in bf16, beside fp32?

    python benchmarks/precision.py [--rounds 30]

The product of an encoder's feed-forward block at e5-small's width (384 by 1,536) with few and with many tokens, one
thread, the best of rounds, both precisions in turn. Beside it what `precision: auto` chooses here: it goes by what the
processor says of itself, and this table is what its rule was made of.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import torch

from xstilts.pipeline.options import Options
from xstilts.pipeline.precision import auto_precision, this_processor

WIDTH, INNER = 384, 1536
TOKENS = (400, 2000)
PRECISIONS = {"fp32": torch.float32, "bf16": torch.bfloat16}


def seconds(tokens: int, dtype: torch.dtype, rounds: int) -> float:
    """The processor's time for one product, the least of rounds."""
    states, weights = torch.randn(tokens, WIDTH, dtype=dtype), torch.randn(INNER, WIDTH, dtype=dtype)
    spent = []
    for _ in range(rounds + 2):
        began = time.process_time()
        torch.nn.functional.linear(states, weights)
        spent.append(time.process_time() - began)
    return min(spent[2:])


def main(argument_list: Sequence[str] | None = None) -> int:
    """Prints a line for each number of tokens. 0."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=30, help="products timed of each kind (default: %(default)s)")
    options = parser.parse_args(argument_list)
    torch.set_num_threads(1)
    for tokens in TOKENS:
        of = {name: seconds(tokens, dtype, options.rounds) for name, dtype in PRECISIONS.items()}
        rates = {name: 2 * tokens * WIDTH * INNER / spent / 1e9 for name, spent in of.items()}
        said = ", ".join(f"{name} {rate:.0f} GFLOP/s" for name, rate in rates.items())
        sys.stdout.write(f"{tokens} tokens: {said}; bf16 takes {of['bf16'] / of['fp32']:.2f} times as long\n")
    chosen = auto_precision(Options(store=Path("unused"), device="cpu", threads=1))
    sys.stdout.write(f"{this_processor().vendor or 'processor unknown'}: auto is {chosen.name}, {chosen.reason}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
