"""Update schedule of a run, made before it starts: how many updates, which task each one holds, when dev sets are
scored."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from xstilts.core.errors import StudyError
from xstilts.core.settings.training import Recipe
from xstilts.train.batches import Batcher
from xstilts.train.job import Job
from xstilts.train.task_sampling import draw_tasks, rates

_EVALUATIONS = 10  # a phase, where the recipe does not say


@dataclass(frozen=True, kw_only=True, eq=False)
class UpdateSchedule:
    """`part_of[u]` and `turn_of[u]`: the part that update u belongs to, and how many updates that part had before."""

    updates: int
    part_of: np.ndarray
    turn_of: np.ndarray
    batchers: tuple[Batcher, ...]
    evaluation_interval: int  # updates between evaluations

    def rows(self, update: int) -> tuple[int, np.ndarray]:
        """Return the part of an update and the places of its rows among the part's rows."""
        part = int(self.part_of[update])
        return part, self.batchers[part].update(int(self.turn_of[update]))

    def is_evaluated(self, updates_done: int) -> bool:
        """Tell whether the dev sets are scored after `updates_done` updates."""
        return updates_done % self.evaluation_interval == 0 or updates_done == self.updates


class PartShares(NamedTuple):
    """The share of each part in the updates (relative numbers), and how many updates there are."""

    shares: list[float]
    updates: int


def make_schedule(job: Job, seed: int) -> UpdateSchedule:
    """Return the schedule of `job` with `seed`. Raises DataError for a part without rows, StudyError for a recipe
    without a length."""
    shares, updates = _part_shares(job)
    part_of = np.array(draw_tasks(shares, updates, seed), dtype=np.int64)
    turn_of = np.zeros(updates, dtype=np.int64)
    batchers = []
    for i, part in enumerate(job.parts):
        is_part = part_of == i
        turns = int(is_part.sum())
        turn_of[is_part] = np.arange(turns)
        batchers.append(Batcher(part.train.lengths[part.rows], part.batch or job.recipe.batch, turns, (seed, i)))
    return UpdateSchedule(
        updates=updates,
        part_of=part_of,
        turn_of=turn_of,
        batchers=tuple(batchers),
        evaluation_interval=job.recipe.evaluate_every or math.ceil(updates / _EVALUATIONS),
    )


def _part_shares(job: Job) -> PartShares:
    """Return the shares of all parts; updates that are added on top of the others' are counted."""
    tasks = [part for part in job.parts if part.extra_update_ratio is None]
    sizes = [len(part.rows) for part in tasks]
    declared = [part.share for part in tasks]
    task_shares = [share for share in declared if share is not None]
    if task_shares and len(task_shares) < len(declared):
        raise StudyError("either every task of a mixture has a share or none has.", value=str(declared))
    total, sampling = sum(task_shares) if task_shares else 1.0, job.sampling
    remaining = iter(task_shares or rates(sizes, sampling.temperature, sampling.cap, sampling.uniform))
    shares = [
        next(remaining) if part.extra_update_ratio is None else part.extra_update_ratio * total for part in job.parts
    ]
    updates = total_updates(job.recipe, sizes, sampling.cap)
    return PartShares(shares, round(updates * sum(shares) / total))


def total_updates(recipe: Recipe, sizes: Sequence[int], cap: int | None = None) -> int:
    """Return the number of updates of a phase. An epoch is all rows of one task, and of a mixture min(rows, cap) of
    each.

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
