"""One try at a training run: the model, the optimiser, and what an update does to them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from xstilts.core.errors import StudyError
from xstilts.heads.base import Head
from xstilts.heads.registry import head_key, make_head
from xstilts.nn.precision import autocast
from xstilts.train.batches import cut
from xstilts.train.checkpoint import load_encoder, load_head
from xstilts.train.job import ADAPTER, Job
from xstilts.train.memory import free_cached
from xstilts.train.model import Model, smaller_pass
from xstilts.train.optim import make_optimiser, rate, restore_state, scale_and_clip, set_rate, state_tensors
from xstilts.train.schedule import course
from xstilts.train.snapshot import random_state, restore_random_state

RETRY = 1000  # what a retry adds to the seed


@dataclass(frozen=True)
class UpdateResult:
    """What one update did. `loss` is the mean over its targets."""

    part: int
    loss: float
    norm: float
    rate: float
    tokens: int

    @property
    def is_finite(self) -> bool:
        return math.isfinite(self.loss) and math.isfinite(self.norm)


WORTH = 0.9  # share of the embedding table from which on it is left whole


class Attempt:
    """A fresh model for `job` with one seed. Everything random is drawn after torch's generators were set from it."""

    def __init__(self, job: Job, seed: int, forward_tokens: int) -> None:
        self.job, self.seed, self.forward_tokens = job, seed, forward_tokens
        torch.manual_seed(seed)
        self.model = build_model(job)
        if not self.model.trained:
            raise StudyError("nothing can be trained: the encoder is frozen and the heads have no weights.")
        self.trained = _trained_parameters(self.model)
        self.course = course(job, seed)
        self.optimiser = make_optimiser(self.model.trained, job.recipe)
        self.model.train()
        self.precision = job.recipe.precision
        on_cpu = self.precision == "bf16" and job.device == "cpu" and not job.recipe.compile
        has_adapters = bool(self.model.encoder.adapters.each)  # the copy would be without them
        if on_cpu and job.tuned == "full" and not has_adapters:
            self.model.encoder.add_bf16_copy()
            self.precision = "fp32"  # of all that is not the encoder
        if self.precision == "bf16" and job.tuned == ADAPTER:
            self.model.encoder.round_frozen()

    def update(self, number: int) -> UpdateResult:
        """Update number `number` (from 0). Weights stay as they were when the loss or the gradient is not finite."""
        place, places = self.course.rows(number)
        part = self.job.parts[place]
        numbers = part.rows[places]
        rows = [part.train.row(int(row)) for row in numbers]
        lengths = part.train.lengths[numbers]
        self.model.encoder.adapters.set_task(part.task)
        loss, targets = self._gradients(head_key(part.kind), rows, lengths, (self.seed, number))
        norm = scale_and_clip(self.model.trained.values(), targets, self.job.recipe.clip)
        speed = rate(number, self.course.updates, self.job.recipe)
        done = UpdateResult(place, loss / max(1, targets), norm, speed, int(lengths.sum()))
        if done.is_finite:
            set_rate(self.optimiser, speed)
            self.optimiser.step()
            self._refresh_bf16_copy()
        self.optimiser.zero_grad(set_to_none=True)
        return done

    def _gradients(
        self, key: str, rows: Sequence[Mapping[str, Any]], lengths: np.ndarray, draw: Sequence[int]
    ) -> tuple[float, int]:
        """Sums the loss and its gradients over the passes of an update. Out of memory, passes are halved and the update
        starts over with the same random numbers, so that it stays the same update."""
        before = random_state(self.job.device)
        while (found := self._passes(key, rows, lengths, draw)) is None:
            self.optimiser.zero_grad(set_to_none=True)
            if self.model.encoder.bf16_copy:
                self.model.encoder.bf16_copy.drop_gradients()
            free_cached(self.job.device)
            restore_random_state(before, self.job.device)
        return found

    def _passes(
        self, key: str, rows: Sequence[Mapping[str, Any]], lengths: np.ndarray, draw: Sequence[int]
    ) -> tuple[float, int] | None:
        """Loss sum and targets; None when memory ran out."""
        head, device = self.model.by_key[key], self.job.device
        total, targets = torch.zeros((), device=device), 0
        for piece in [slice(0, len(rows))] if head.compares_rows else cut(lengths, self.forward_tokens):
            batch = head.collate(rows[piece], draw)
            try:
                batch = batch.to(device)
                with autocast(device, self.precision):
                    loss = head.loss(self.model(batch, key), batch)
                loss.sum.backward()
            except (RuntimeError, MemoryError) as error:
                self.forward_tokens = smaller_pass(error, lengths[piece], device, head.compares_rows)
                return None
            total += loss.sum.detach()
            targets += loss.count
        if self.model.encoder.bf16_copy:
            self.model.encoder.bf16_copy.move_gradients()
        return float(total), targets

    def _refresh_bf16_copy(self) -> None:
        if self.model.encoder.bf16_copy:
            self.model.encoder.bf16_copy.update_weights()

    def restore_embeddings(self, updates: int) -> None:
        """The whole embedding table as it is after so many updates."""
        recipe = self.job.recipe
        rates = (rate(number, self.course.updates, recipe) for number in range(updates))
        self.model.encoder.restore_embeddings(math.prod(1.0 - speed * recipe.weight_decay for speed in rates))

    def tensors(self) -> dict[str, dict[str, Tensor]]:
        """All that the next update depends on."""
        named = self.model.trained
        return {
            "weights": dict(named),
            "optimiser": state_tensors(self.optimiser, named),
            "random": random_state(self.job.device),
        }

    def restore(self, tensors: Mapping[str, Mapping[str, Tensor]]) -> None:
        """Puts back what `tensors` gave."""
        self.model.put(tensors["weights"])
        self._refresh_bf16_copy()
        restore_state(self.optimiser, self.model.trained, tensors["optimiser"])
        restore_random_state(tensors["random"], self.job.device)


def build_model(job: Job) -> Model:
    """The encoder of the start with one head for each head key: fresh, or (`keep_head`) the start's own.

    An adapter is attached, or gone on with. Full tuning begins with adapters put into the weights where they can be;
    others stay attached and are trained with everything else."""
    encoder = load_encoder(
        job.start,
        base=job.base,
        device=job.device,
        dropout=job.recipe.dropout,
        attention_dropout=job.recipe.attention_dropout,
        checkpointing=job.recipe.checkpointing,
        compile=job.recipe.compile,
    )
    if job.tuned == "full":
        encoder.adapters.merge()
    elif not isinstance(job.tune, str):
        encoder.adapters.start_training(job.tune)
    heads: dict[str, Head] = {}
    for part in job.parts:
        key = head_key(part.kind)
        if key not in heads:
            kept = load_head(job.start, part.kind, encoder) if job.keep_head else None
            heads[key] = kept or make_head(part.kind, encoder)
    if (ids := touched(job, heads.values(), encoder.embeddings.num_embeddings)) is not None:
        encoder.keep_embeddings(torch.from_numpy(ids))
    model = Model(encoder, heads, job.tuned)
    encoder.adapters.freeze_others({part.task for part in job.parts})
    return model


def _trained_parameters(model: Model) -> int:
    """How many numbers are trained, the rows of the embedding table that no text touches included."""
    rows = model.encoder.kept_embeddings
    left = rows.full_table.weight.numel() - rows.table.weight.numel() if rows else 0
    return left + sum(parameter.numel() for parameter in model.trained.values())


def touched(job: Job, heads: Iterable[Head], vocabulary: int) -> np.ndarray | None:
    """The tokens of a job's training and dev files; None where the whole table is needed, or nearly, or stays as it is
    (it then has neither gradient nor decay, so that there is nothing to save)."""
    if job.tuned != "full" or any(head.reads_embedding_table for head in heads):
        return None
    seen_V = np.zeros(vocabulary, dtype=bool)
    for part in job.parts:
        for prepared in (part.train, part.dev):
            if prepared is not None:
                seen_V[prepared.vocabulary] = True
    return np.flatnonzero(seen_V) if seen_V.mean() < WORTH else None
