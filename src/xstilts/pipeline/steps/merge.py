"""The merge step: one checkpoint of several, without training. In stores and identities it is called "join"."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from xstilts.core.canonical import NOT_IDENTITY
from xstilts.core.settings.merging import Composition
from xstilts.engine.step import Context, Step
from xstilts.pipeline.estimates import ADAPTER_SHARE, START_SECONDS
from xstilts.pipeline.steps.base import WEIGHTS, Cost, EncoderAt, Estimator, StepKind

VERSION = 1


def merged_part(i: int) -> str:
    """The input that is the `i`-th of the merged checkpoints."""
    return f"part/{i}"


@dataclass(frozen=True, kw_only=True)
class MergeSettings:
    """The trainings are the inputs `merged_part(i)`, in their order. `seed`: of the weights of a fusion."""

    identity_name: ClassVar[str] = "JoinSettings"

    how: Composition
    parts: int
    seed: int
    encoder: EncoderAt  # from which all of them were trained
    adapters: bool = field(default=False, metadata=NOT_IDENTITY)  # what is written: adapters, or whole encoders


def run(settings: MergeSettings, context: Context) -> None:
    """Writes the merged checkpoint."""
    from xstilts.train.merge_checkpoints import merge

    parts = [context.inputs[merged_part(i)] for i in range(settings.parts)]
    merge(settings.encoder.path(context), parts, settings.how, settings.seed, context.out)


def estimate(step: Step, estimator: Estimator) -> Cost:
    settings: MergeSettings = step.settings
    share = ADAPTER_SHARE * settings.parts if settings.adapters else 1.0
    return Cost(seconds=START_SECONDS * settings.parts, bytes=estimator.encoder_bytes * share)


KIND = StepKind(name="join", version=VERSION, run=run, estimate=estimate, takes_device=True, is_on_route=True)


def merge_step(
    settings: MergeSettings, parts: Sequence[Step], encoder: Mapping[str, Step], *, task: str, label: str
) -> Step:
    """`encoder`: the step that makes the pretrained encoder as the input "encoder"; {} where it is a folder."""
    inputs = {merged_part(i): part for i, part in enumerate(parts)} | dict(encoder)
    about = {"task": task, "seed": str(settings.seed)}
    return KIND.step(settings, inputs, label=label, about=about, needs=(WEIGHTS,))
