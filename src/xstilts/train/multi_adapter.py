"""Several adapter phases on one frozen encoder, side by side in one process: it is loaded once and held once.

Each phase has its own adapter, heads, optimiser, random numbers, dev sets and snapshots, and makes an update in turn,
so that it ends as it does alone. Where there is no dropout and the update of one phase holds the rows of the one
before, in one pass, the blocks below the first adapter of all are not run again.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from xstilts.core.errors import StudyError
from xstilts.nn.adapters.manager import Attached
from xstilts.nn.adapters.targets import find_blocks
from xstilts.nn.batch import Batch
from xstilts.nn.encoder import Encoder
from xstilts.nn.multi_adapter import first_block, once
from xstilts.train.attempt import Attempt, load_start
from xstilts.train.checkpoint import has_adapters
from xstilts.train.job import ADAPTER, Job
from xstilts.train.loop import Run
from xstilts.train.memory import forget_peak, use_threads
from xstilts.train.run_state import Summary
from xstilts.train.snapshot import random_state, restore_random_state

if TYPE_CHECKING:
    from xstilts.engine.step import Progress


def fit_many(
    jobs: Sequence[Job],
    outs: Sequence[Path],
    scratches: Sequence[Path],
    progress: Progress | None = None,
    snapshot_seconds: float = 120.0,
) -> list[Summary]:
    """Writes what `train.loop.fit` writes for each job, into its folder of `outs`. A run that was killed goes on, each
    phase from its own snapshot in its folder of `scratches`.

    jobs: each trains an adapter; all of one start without adapters, and alike in what the encoder is run with (device,
    threads, precision, dropouts, checkpointing, compilation). Rows, heads, adapters and the rest may differ.

    Raises StudyError for jobs that are not so, and what `fit` raises: then no phase goes on.
    """
    _check(jobs)
    use_threads(jobs[0].threads)
    forget_peak(jobs[0].device)
    encoder = load_start(jobs[0])
    seats = [
        ConcurrentRun(encoder, job, scratch, snapshot_seconds) for job, scratch in zip(jobs, scratches, strict=True)
    ]
    states: dict[ConcurrentRun, str] = {}
    with _below(encoder, seats):
        while waiting := [seat for seat in seats if seat not in states]:
            for seat in waiting:
                with seat.taken() as run:
                    if (state := run.advance()) is not None:
                        states[seat] = state
            if progress:
                done = sum(seat.run.standing.update for seat in seats)
                progress(done, sum(seat.run.current.course.updates for seat in seats), "updates")
    summaries = []
    for seat, out in zip(seats, outs, strict=True):
        with seat.taken() as run:
            summaries.append(run.finish(states[seat], out))
    return summaries


class ConcurrentRun:
    """A phase and what it leaves behind while others use the encoder: its adapter and the state of random numbers."""

    def __init__(self, encoder: Encoder, job: Job, scratch: Path, snapshot_seconds: float) -> None:
        self.encoder, self.device = encoder, job.device
        self.adapters: list[Attached] = []
        self.random: dict[str, Tensor] = {}
        with self._left_behind():
            self.run = Run(job, scratch, None, (snapshot_seconds, None), self._attempt)

    def _attempt(self, job: Job, seed: int, forward_tokens: int) -> Attempt:
        self.encoder.adapters.remove()  # those of an attempt that failed
        return Attempt(job, seed, forward_tokens, self.encoder)

    @contextmanager
    def taken(self) -> Iterator[Run]:
        """Inside, the encoder has this phase's adapter."""
        self.encoder.adapters.extend(self.adapters)
        for adapter in self.adapters:
            adapter.attach(self.encoder.model)
        restore_random_state(self.random, self.device)
        self.run.clock = time.monotonic()  # what others took is not its time
        with self._left_behind():
            yield self.run

    @contextmanager
    def _left_behind(self) -> Iterator[None]:
        try:
            yield
        finally:
            self.random = random_state(self.device)
            self.adapters = self.encoder.adapters.each
            self.encoder.adapters.remove()


@contextmanager
def _below(encoder: Encoder, seats: Sequence[ConcurrentRun]) -> Iterator[None]:
    """Inside, blocks that are the same for all phases are not run again for a batch that is the one before."""
    heads = [head for seat in seats for head in seat.run.current.model.by_key.values()]
    changed = [first_block(adapter) - 1 for seat in seats for adapter in seat.adapters]
    number = min([*changed, *(head.layer for head in heads if head.layer is not None)])
    before: list[Batch] = []
    is_random = any(seat.run.job.recipe.dropout != 0 or seat.run.job.recipe.attention_dropout for seat in seats)
    with once(find_blocks(encoder.model, encoder.num_layers)[1][:number]) as kept:

        def look(_encoder: nn.Module, inputs: tuple[Any, ...], _named: dict[str, Any]) -> None:
            batch: Batch = inputs[0]
            if is_random or not encoder.training or not before or not _is_same(before[0], batch):
                kept.clear()
            before[:] = [batch] if encoder.training else []

        handle = encoder.register_forward_pre_hook(look, with_kwargs=True)
        try:
            yield
        finally:
            handle.remove()


def _is_same(one: Batch, other: Batch) -> bool:
    names = ("ids_T", "segments_T", "lengths_N")
    return all(torch.equal(getattr(one, name), getattr(other, name)) for name in names)


def _check(jobs: Sequence[Job]) -> None:
    for job in jobs:
        if job.tuned != ADAPTER or has_adapters(job.start):
            what = "phases side by side train one adapter each, on an encoder without adapters"
            raise StudyError(f"{what}; '{job.names[0]}' trains '{job.tuned}' on '{job.start}'.", value=str(job.start))
        first, own = _run_with(jobs[0]), _run_with(job)
        if differing := [name for name in first if first[name] != own[name]]:
            name = differing[0]
            raise StudyError(
                f"phases side by side run one encoder in one way: '{name}' is {first[name]} for '{jobs[0].names[0]}' "
                f"and {own[name]} for '{job.names[0]}'.",
                value=str(own[name]),
            )


def _run_with(job: Job) -> dict[str, Any]:
    recipe = ("precision", "dropout", "attention_dropout", "checkpointing", "compile")
    own = {name: getattr(job, name) for name in ("start", "device", "threads")}
    return own | {name: getattr(job.recipe, name) for name in recipe}
