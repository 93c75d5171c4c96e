"""The course of a run before it starts: how many updates, whose turn each one is, when the dev sets are scored."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from xstilts.core.errors import StudyError
from xstilts.core.settings.training import Recipe
from xstilts.train.batches import Batcher
from xstilts.train.job import Job
from xstilts.train.task_sampling import rates, schedule

_EVALUATIONS = 10  # a phase, where the recipe does not say


@dataclass(frozen=True, kw_only=True, eq=False)
class UpdateSchedule:
    """`part_of[u]` and `turn_of[u]`: the part that update u belongs to, and how many updates that part had before."""

    updates: int
    part_of: np.ndarray
    turn_of: np.ndarray
    batchers: tuple[Batcher, ...]
    every: int  # updates between evaluations

    def rows(self, update: int) -> tuple[int, np.ndarray]:
        """The part of an update and the places of its rows among the part's rows."""
        part = int(self.part_of[update])
        return part, self.batchers[part].update(int(self.turn_of[update]))

    def is_evaluated(self, done: int) -> bool:
        """Whether the dev sets are scored after `done` updates."""
        return done % self.every == 0 or done == self.updates


def course(job: Job, seed: int) -> UpdateSchedule:
    """The course of `job` with `seed`. Raises DataError for a part without rows, StudyError for a recipe without a
    length."""
    shares, updates = _shares(job)
    part_of = np.array(schedule(shares, updates, seed), dtype=np.int64)
    turn_of = np.zeros(updates, dtype=np.int64)
    batchers = []
    for i, part in enumerate(job.parts):
        own = part_of == i
        turn_of[own] = np.arange(own.sum())
        batch = part.batch or job.recipe.batch
        batchers.append(Batcher(part.train.lengths[part.rows], batch, int(own.sum()), (seed, i)))
    every = job.recipe.evaluate_every or math.ceil(updates / _EVALUATIONS)
    return UpdateSchedule(updates=updates, part_of=part_of, turn_of=turn_of, batchers=tuple(batchers), every=every)


def _shares(job: Job) -> tuple[list[float], int]:
    """The share of each part in the updates, and how many there are, those that are added included."""
    tasks = [part for part in job.parts if part.extra_update_ratio is None]
    sizes = [len(part.rows) for part in tasks]
    given = [part.share for part in tasks]
    known = [share for share in given if share is not None]
    if known and len(known) < len(given):
        raise StudyError("either every task of a mixture has a share or none has.", value=str(given))
    own = iter(known or rates(sizes, job.temperature, job.cap, job.uniform))
    whole = sum(known) if known else 1.0
    shares = [next(own) if part.extra_update_ratio is None else part.extra_update_ratio * whole for part in job.parts]
    updates = total_updates(job.recipe, sizes, job.cap)
    return shares, round(updates * sum(shares) / whole)


def total_updates(recipe: Recipe, sizes: Sequence[int], cap: int | None = None) -> int:
    """Updates of a phase. An epoch is all rows of one task, and of a mixture min(rows, cap) of each.

    >>> total_updates(Recipe(epochs=2, batch=32), [100])
    7
    """
    if (recipe.updates is None) == (recipe.epochs is None):
        raise StudyError(
            f"a phase needs either updates or epochs, got updates={recipe.updates} and epochs={recipe.epochs}."
        )
    if recipe.updates is not None:
        return recipe.updates
    assert recipe.epochs is not None
    rows = sum(min(size, cap or size) for size in sizes) if len(sizes) > 1 else sizes[0]
    return max(1, math.ceil(rows * recipe.epochs / recipe.batch))
