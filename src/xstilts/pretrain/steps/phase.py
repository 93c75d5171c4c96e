"""The phase step: one training on rows of one or several objectives. In stores it is called "pretrain"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from xstilts.core.canonical import NOT_IDENTITY, OMIT_DEFAULT
from xstilts.core.settings.training import Recipe
from xstilts.engine.step import Context, Step
from xstilts.kinds.distillation import Distillation
from xstilts.kinds.tokenized import TokenizedRows
from xstilts.pipeline.steps.base import StepKind
from xstilts.pretrain.steps.base import START, TEACHER, Objective, row_input

VERSION = 3


@dataclass(frozen=True, kw_only=True)
class PhasePart:
    """One objective of a phase. Its rows are the input `row_input(i)`."""

    name: str
    kind: Objective
    share: float
    batch: int | None
    training_version: int = field(default=1, metadata=OMIT_DEFAULT)  # of the kind


@dataclass(frozen=True, kw_only=True)
class PhaseSettings:
    """One phase, from the input "start" or, where `folder` is given, from the encoder there."""

    parts: tuple[PhasePart, ...]
    recipe: Recipe
    seed: int
    encoder: str = ""  # identity of the folder, where it is not an input's
    folder: Path | None = field(default=None, metadata=NOT_IDENTITY)


def run(settings: PhaseSettings, context: Context) -> None:
    """Train and write a checkpoint, `log.jsonl` and `summary.json`."""
    from xstilts.train.job import Job, JobPart
    from xstilts.train.loop import fit_in_step

    parts = []
    for i, part in enumerate(settings.parts):
        rows = TokenizedRows(context.inputs[row_input(i)])
        parts.append(
            JobPart(
                name=part.name,
                kind=part.kind,
                train=rows,
                train_indices=range(rows.meta["examples"]),
                selection_metric=part.kind.metrics[0],
                share=part.share,
                batch=part.batch,
                teacher=context.inputs[TEACHER] if isinstance(part.kind, Distillation) else None,
            )
        )
    job = Job(
        start=settings.folder or context.inputs[START],
        parts=tuple(parts),
        recipe=settings.recipe,
        seed=settings.seed,
        keep_head=True,
        device=context.device,
    )
    fit_in_step(job, context)


KIND = StepKind(name="pretrain", version=VERSION, run=run, takes_device=True, is_training=True)


def phase_step(
    settings: PhaseSettings,
    *,
    rows: Sequence[Step],
    start: Step | None,
    phase: str,
    label: str,
    teacher: Step | None = None,
) -> Step:
    """`rows`: of each part; `start`: the step that is started from (None: the settings have a folder); `teacher`: whose
    states are learnt, where a part is distillation."""
    inputs = {row_input(i): step for i, step in enumerate(rows)} | ({START: start} if start else {})
    if any(isinstance(part.kind, Distillation) for part in settings.parts):
        assert teacher is not None, "a recipe that distils has a teacher"
        inputs |= {TEACHER: teacher}
    return KIND.step(settings, inputs, label=label, about={"phase": phase})
