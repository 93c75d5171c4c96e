"""The student step: the encoder that distillation starts from, some layers of its teacher."""

from __future__ import annotations

from dataclasses import dataclass

from xstilts.engine.step import Context, Step
from xstilts.pipeline.steps.base import StepKind
from xstilts.pretrain.steps.base import TEACHER

VERSION = 1


@dataclass(frozen=True, kw_only=True)
class StudentSettings:
    """The layers of the teacher that are kept, from 1."""

    layers: tuple[int, ...]


def run(settings: StudentSettings, context: Context) -> None:
    """Write an ordinary Hugging Face folder. Raises EncoderError where the teacher has fewer layers."""
    from xstilts.models.cut_layers import keep_layers

    keep_layers(context.inputs[TEACHER], settings.layers, context.out)


KIND = StepKind(name="student", version=VERSION, run=run)


def student_step(settings: StudentSettings, teacher: Step) -> Step:
    """Return the step that makes the encoder the first phase starts from."""
    layers = ", ".join(map(str, settings.layers))
    return KIND.step(settings, {TEACHER: teacher}, label=f"the student: layers {layers} of its teacher", about={})
