"""One attempt at a training run: the model, the optimiser, and what an update does to them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from xstilts.core.errors import StudyError
from xstilts.heads.base import Head, Loss
from xstilts.heads.registry import head_key, make_head
from xstilts.nn.precision import autocast
from xstilts.nn.teacher import Teacher
from xstilts.train.batches import cut
from xstilts.train.checkpoint import load_encoder, load_head
from xstilts.train.consistency import consistency_loss
from xstilts.train.job import ADAPTER, Job, JobPart
from xstilts.train.memory import free_cached
from xstilts.train.model import Model, smaller_pass
from xstilts.train.optim import (
    learning_rate,
    make_optimiser,
    restore_state,
    scale_and_clip,
    set_learning_rate,
    state_tensors,
)
from xstilts.train.ranks import ALONE, Ranks
from xstilts.train.schedule import make_schedule
from xstilts.train.snapshot import random_state, restore_random_state

RETRY = 1000  # what a retry adds to the seed


class LossSum(NamedTuple):
    """The loss of an update, summed over its targets, and how many targets it has."""

    total: float
    targets: int


@dataclass(frozen=True)
class UpdateResult:
    """The numbers of one update. `loss` is the mean over its targets."""

    part: int
    loss: float
    norm: float
    rate: float
    tokens: int

    @property
    def is_finite(self) -> bool:
        return math.isfinite(self.loss) and math.isfinite(self.norm)


FULL_TABLE_SHARE = 0.9  # used share of the embedding table from which on all of it is trained


class Attempt:
    """A fresh model for `job` with one seed. Everything random is drawn after torch's generators were set from it.
    `ranks`: the processes that make each update together."""

    def __init__(self, job: Job, seed: int, forward_tokens: int, ranks: Ranks = ALONE) -> None:
        self.job, self.seed, self.forward_tokens, self.ranks = job, seed, forward_tokens, ranks
        torch.manual_seed(seed)
        self.model = build_model(job)
        if not self.model.trained:
            raise StudyError("nothing can be trained: the encoder is frozen and the heads have no weights.")
        self.trained_parameters = _trained_parameters(self.model)
        self.schedule = make_schedule(job, seed)
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
        ranks.reseed(seed)

    def update(self, number: int) -> UpdateResult:
        """Make update number `number` (from 0). Weights stay as they were when the loss or the gradient is not
        finite."""
        part_index, places = self.schedule.rows(number)
        part = self.job.parts[part_index]
        row_numbers = part.rows[places]
        rows, lengths = self._rows(part, row_numbers.tolist(), number)
        self.model.encoder.adapters.set_task(part.task)
        share = self.ranks.share(lengths, self.model.by_key[head_key(part.kind)].compares_rows)
        own_rows = [rows[place] for place in share.tolist()]
        loss_sum = self._add_gradients(part, own_rows, lengths[share], (self.seed, number))
        parameters = tuple(self.model.trained.values())
        self.ranks.sum_gradients(parameters)
        loss, targets = self.ranks.sum_loss(*loss_sum)
        norm = scale_and_clip(parameters, targets, self.job.recipe.clip)
        rate = learning_rate(number, self.schedule.updates, self.job.recipe)
        result = UpdateResult(part_index, loss / max(1, targets), norm, rate, int(lengths.sum()))
        if result.is_finite:
            set_learning_rate(self.optimiser, rate)
            self.optimiser.step()
            self._refresh_bf16_copy()
        self.optimiser.zero_grad(set_to_none=True)
        return result

    def _rows(self, part: JobPart, numbers: Sequence[int], update: int) -> tuple[list[Any], np.ndarray]:
        """Return the rows of an update and the tokens of each. Rows have two views where these are compared; where a
        part has views that are not, the perturbed one stands in the place of the other."""
        views = part.views
        if views is None:
            return [part.train.row(row) for row in numbers], part.train.lengths[np.asarray(numbers)]
        stage = views.stage_at(update, self.schedule.updates)
        viewed = [views.row(row, stage) for row in numbers]
        if part.consistency:
            return viewed, np.asarray([row.tokens for row in viewed])
        rows = [row.clean if row.perturbed is None else row.perturbed for row in viewed]
        return rows, np.asarray([len(row["ids"]) for row in rows])

    def _add_gradients(
        self, part: JobPart, rows: Sequence[Any], lengths: np.ndarray, mask_seed: Sequence[int]
    ) -> LossSum:
        """Sum the loss and its gradients over the passes of an update. Out of memory, passes are halved and the update
        starts over with the same random numbers, so that it stays the same update."""
        random_before = random_state(self.job.device)
        while (loss_sum := self._try_passes(part, rows, lengths, mask_seed)) is None:
            self.optimiser.zero_grad(set_to_none=True)
            if self.model.encoder.bf16_copy:
                self.model.encoder.bf16_copy.drop_gradients()
            free_cached(self.job.device)
            restore_random_state(random_before, self.job.device)
        return loss_sum

    def _try_passes(
        self, part: JobPart, rows: Sequence[Any], lengths: np.ndarray, mask_seed: Sequence[int]
    ) -> LossSum | None:
        """Return the loss of all passes; None when memory ran out."""
        key, device = head_key(part.kind), self.job.device
        head, loss_of = self.model.by_key[key], self._loss_of(part, key, mask_seed)
        total, targets = torch.zeros((), device=device), 0
        passes = [slice(0, len(rows))] if head.compares_rows else cut(lengths, self.forward_tokens)
        for row_range in passes if rows else ():
            try:
                with autocast(device, self.precision):
                    loss = loss_of(rows[row_range])
                loss.sum.backward()
            except (RuntimeError, MemoryError) as error:
                self.forward_tokens = smaller_pass(error, lengths[row_range], device, head.compares_rows)
                return None
            total += loss.sum.detach()
            targets += loss.count
        if self.model.encoder.bf16_copy:
            self.model.encoder.bf16_copy.move_gradients()
        return LossSum(float(total), targets)

    def _loss_of(self, part: JobPart, key: str, mask_seed: Sequence[int]) -> Callable[[Sequence[Any]], Loss]:
        """Return what gives the loss of the rows of a pass."""
        model, device, head = self.model, self.job.device, self.model.by_key[key]
        if part.views is not None and part.consistency:
            return lambda rows: consistency_loss(model, key, rows, part.consistency, mask_seed, device)

        def loss(rows: Sequence[Any]) -> Loss:
            batch = head.collate(rows, mask_seed).to(device)
            return head.loss(model(batch, key), batch)

        return loss

    def _refresh_bf16_copy(self) -> None:
        if self.model.encoder.bf16_copy:
            self.model.encoder.bf16_copy.update_weights()

    def restore_embeddings(self, updates: int) -> None:
        """Put the full embedding table back, as it is after so many updates."""
        recipe = self.job.recipe
        rates = (learning_rate(number, self.schedule.updates, recipe) for number in range(updates))
        self.model.encoder.restore_embeddings(math.prod(1.0 - rate * recipe.weight_decay for rate in rates))

    def tensors(self) -> dict[str, dict[str, Tensor]]:
        """Return all that the next update depends on."""
        named = self.model.trained
        return {
            "weights": dict(named),
            "optimiser": state_tensors(self.optimiser, named),
            "random": self.ranks.gathered(random_state(self.job.device)),
        }

    def restore(self, tensors: Mapping[str, Mapping[str, Tensor]]) -> None:
        """Put back what `tensors` returned."""
        self.model.load_trained(tensors["weights"])
        self._refresh_bf16_copy()
        restore_state(self.optimiser, self.model.trained, tensors["optimiser"])
        if own := self.ranks.own(tensors["random"]):
            restore_random_state(own, self.job.device)


def build_model(job: Job) -> Model:
    """Return the encoder of the start with one head for each head key: fresh, or (`keep_head`) the start's own.

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
            trained_head = load_head(job.start, part.kind, encoder) if job.keep_head else None
            heads[key] = trained_head or make_head(part.kind, encoder)
            if part.teacher is not None:
                _teach(heads[key], part.teacher, job)
    if (ids := used_token_ids(job, heads.values(), encoder.embeddings.num_embeddings)) is not None:
        encoder.keep_embeddings(torch.from_numpy(ids))
    model = Model(encoder, heads, job.tuned)
    encoder.adapters.freeze_others({part.task for part in job.parts})
    return model


def _teach(head: Head, folder: Path, job: Job) -> None:
    teacher = load_encoder(folder, device=job.device, dropout=0.0, attention_dropout=0.0)
    head.learn_from(Teacher.of(teacher, job.recipe.precision))


def _trained_parameters(model: Model) -> int:
    """Count the numbers that are trained, rows of the embedding table that no text touches included."""
    embeddings = model.encoder.kept_embeddings
    trimmed = embeddings.full_table.weight.numel() - embeddings.table.weight.numel() if embeddings else 0
    return trimmed + sum(parameter.numel() for parameter in model.trained.values())


def used_token_ids(job: Job, heads: Iterable[Head], vocabulary: int) -> np.ndarray | None:
    """Return the tokens of a job's training and dev files; None where all of the table is needed, or nearly, or stays
    as it is (it then has neither gradient nor decay, so that there is nothing to save)."""
    if job.tuned != "full" or any(head.reads_embedding_table for head in heads):
        return None
    seen_V = np.zeros(vocabulary, dtype=bool)
    for part in job.parts:
        for prepared in (part.train, *part.perturbed, part.dev):
            if prepared is not None:
                seen_V[prepared.vocabulary] = True
    return np.flatnonzero(seen_V) if seen_V.mean() < FULL_TABLE_SHARE else None
