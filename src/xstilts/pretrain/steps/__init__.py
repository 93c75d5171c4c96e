"""The kinds of steps that a recipe's run graph is made of, one file each, of the same form as a study's
(`pipeline/steps`): settings, names of inputs, what is run, and the function that makes a step."""

from __future__ import annotations

from xstilts.pipeline.steps.base import StepKind
from xstilts.pretrain.steps import corpus, mine, phase, rows, start, student, teacher

PRETRAIN_STEP_KINDS: tuple[StepKind, ...] = (
    corpus.KIND,
    start.KIND,
    teacher.KIND,
    student.KIND,
    rows.KIND,
    mine.KIND,
    phase.KIND,
)
