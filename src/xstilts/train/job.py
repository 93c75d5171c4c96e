"""Job: what one training run is asked to do, as plain values, all looked up and selected beforehand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from xstilts.core.errors import DataError
from xstilts.core.settings.training import Training
from xstilts.core.settings.tuning import FROZEN, FULL
from xstilts.data.examples import Example
from xstilts.kinds.base import Kind
from xstilts.kinds.tokenized import TokenizedRows
from xstilts.metrics.tallies import Metric
from xstilts.train.perturbed_views import PerturbedViews

TUNES = (FULL, FROZEN)
ADAPTER = "adapter"  # the way of tuning of a job that names an adapter


@dataclass(frozen=True, kw_only=True)
class Compute:
    """The machine's side of a forward pass. Only `precision` is identity, and it is part of a recipe."""

    device: str = "cpu"
    threads: int = 1
    precision: str = "fp32"
    forward_tokens: int = 8192


@dataclass(frozen=True, kw_only=True, eq=False)
class JobPart:
    """One task of a mixture. Indices are those of examples in the prepared files."""

    name: str
    kind: Kind
    train: TokenizedRows
    train_indices: Sequence[int]
    selection_metric: Metric  # its headline selects the checkpoint
    dev: TokenizedRows | None = None
    dev_indices: Sequence[int] = ()
    dev_examples: Sequence[Example] = ()  # all examples of the dev file, for their gold
    language: str = "en"  # of the dev set, for metrics that depend on it
    share: float | None = None  # of the updates, relative to the other parts'; None for all: by size
    batch: int | None = None  # rows an update; None: the recipe's
    extra_update_ratio: float | None = None  # updates for each one of the parts without it, on top of theirs
    task: str = ""  # which of the adapters' tasks it is, where they differ by task; "": none of them
    perturbed: Sequence[TokenizedRows] = ()  # the chosen examples with perturbed texts, a file a stage, easiest first
    consistency: float = 0.0  # weight of the distance between the views of a row, which are then trained on both
    teacher: Path | None = None  # the encoder whose states its head compares with, for heads that do

    @cached_property
    def rows(self) -> np.ndarray:
        """Row numbers to train on: those of the selected examples that are labelled. Raises DataError when there are
        none."""
        selected_rows = self.train.rows_of(self.train_indices)
        rows = selected_rows[np.isin(selected_rows, self.train.labelled)]
        if not len(rows):
            raise DataError(
                f"'{self.name}' has nothing to train on: none of its {len(self.train_indices)} chosen training "
                "examples is labelled and fits the encoder."
            )
        return rows

    @cached_property
    def views(self) -> PerturbedViews | None:
        """The perturbed views of the training rows; None for a part that has none. Raises StoreError where they are not
        of the same examples."""
        return PerturbedViews(self.train, self.train_indices, self.perturbed) if self.perturbed else None


@dataclass(frozen=True, kw_only=True, eq=False)
class Job(Training):
    """One phase.

    start: an encoder folder, or the artefact of an earlier phase.
    base: the encoder below the adapters of `start`; None: where their checkpoint says it was.
    """

    start: Path
    parts: tuple[JobPart, ...]
    base: Path | None = None
    device: str = "cpu"
    threads: int = 1

    @property
    def tuned(self) -> str:
        """ "full", "frozen" or "adapter"."""
        return self.tune if isinstance(self.tune, str) else ADAPTER

    @property
    def compute(self) -> Compute:
        return Compute(
            device=self.device,
            threads=self.threads,
            precision=self.recipe.precision,
            forward_tokens=self.recipe.forward_tokens,
        )

    @property
    def part_names(self) -> tuple[str, ...]:
        """A name for each part, no two the same."""
        names = [part.name or part.kind.name for part in self.parts]
        return tuple(f"{name} ({i + 1})" if names.count(name) > 1 else name for i, name in enumerate(names))

    @property
    def selecting_parts(self) -> dict[str, JobPart]:
        """The parts whose dev scores select the checkpoint, by name."""
        indices = self.selecting_tasks or range(len(self.parts))
        return {self.part_names[i]: self.parts[i] for i in indices if self.parts[i].dev is not None}
