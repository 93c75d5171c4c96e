"""The kinds of steps that a study's run graph is made of, one file each.

Each file holds the settings of its steps (values; what is only execution, such as where a file is, is marked so in them
and never part of an identity), the names of their inputs, what they run, what they cost, and the function that makes
one. torch, and the packages that train, predict and translate, are imported inside `run`, so that planning never loads
them. A new kind is a file of this form and a line below.
"""

from __future__ import annotations

from collections.abc import Iterable

from xstilts.engine.step import Step
from xstilts.pipeline.steps import (
    attach,
    audit,
    choose,
    cut_encoder,
    encoder,
    errors,
    merge,
    predict,
    prepare,
    relevance,
    score,
    train,
    translate,
    words,
)
from xstilts.pipeline.steps.base import FileUse, StepKind

# In the order in which plans show them.
STEP_KINDS: tuple[StepKind, ...] = (
    encoder.KIND,
    cut_encoder.KIND,
    attach.KIND,
    translate.KIND,
    relevance.KIND,
    prepare.KIND,
    train.KIND,
    choose.KIND,
    merge.KIND,
    predict.KIND,
    score.KIND,
    words.KIND,
    audit.KIND,
    errors.KIND,
)
_BY_NAME = {kind.name: kind for kind in STEP_KINDS}


def kind_of(step: Step) -> StepKind:
    """The kind of a step of a study."""
    return _BY_NAME[step.name]


def file_uses(step: Step) -> Iterable[FileUse]:
    """What files the rows of a step come from, and what they are for."""
    return kind_of(step).file_uses(step)
