"""Precision probe: which number format is faster here, measured, not guessed. bf16 is several times faster on
processors with matrix units and slower on those without."""

from __future__ import annotations

import time

import torch

from xstilts.nn.batch import Batch
from xstilts.nn.encoder import Encoder
from xstilts.nn.precision import autocast


def fastest_precision(encoder: Encoder, device: str | torch.device) -> str:
    """ "bf16" or "fp32", from forward and backward passes over 8 sequences of 64 tokens. bf16 must win by a tenth:
    nothing is given up for a tie. Leaves the encoder as it was."""
    length = min(64, encoder.max_length or 64)
    ids_T = torch.arange(8 * length) % encoder.config.vocab_size
    batch = Batch(
        ids_T=ids_T,
        segments_T=torch.zeros_like(ids_T),
        lengths_N=torch.full((8,), length),
        sequences_R=[1] * 8,
        examples_R=list(range(8)),
    ).to(device)
    seconds = {precision: _seconds(encoder, batch, device, precision) for precision in ("fp32", "bf16")}
    return "bf16" if seconds["bf16"] < 0.9 * seconds["fp32"] else "fp32"


def _seconds(encoder: Encoder, batch: Batch, device: str | torch.device, precision: str) -> float:
    """Return the best of three passes after one that warms up."""
    weights = [weight for weight in encoder.parameters() if weight.requires_grad]
    times = []
    for _ in range(4):
        _wait(device)
        start = time.perf_counter()
        with autocast(device, precision):
            score = encoder(batch).last_TD.float().square().mean()
        if weights:
            torch.autograd.grad(score, weights, allow_unused=True)
        _wait(device)
        times.append(time.perf_counter() - start)
    return min(times[1:])


def _wait(device: str | torch.device) -> None:
    if torch.device(device).type == "cuda":
        torch.cuda.synchronize(device)
