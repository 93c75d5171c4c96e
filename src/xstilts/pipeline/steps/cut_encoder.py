"""The cut step: an encoder of the first layers of another."""

from __future__ import annotations

from dataclasses import dataclass, replace

from xstilts.engine.step import Context, Step
from xstilts.models.cut_layers import check_layers, cut_config
from xstilts.models.encoders import LocatedEncoder
from xstilts.pipeline.steps.base import ENCODER, Cost, EncoderAt, Estimator, StepKind
from xstilts.study.phase import EncoderRef

VERSION = 1
SECONDS = 5.0


@dataclass(frozen=True, kw_only=True)
class CutSettings:
    """The whole encoder, and how many of its blocks are kept."""

    encoder: EncoderAt
    layers: int


def run(settings: CutSettings, context: Context) -> None:
    """Write the ordinary Hugging Face folder of the cut encoder."""
    from xstilts.models.cut_layers import keep_layers

    keep_layers(settings.encoder.path(context), range(1, settings.layers + 1), context.out)


def estimate(step: Step, estimator: Estimator) -> Cost:
    return Cost(seconds=SECONDS, bytes=estimator.encoder_bytes)


KIND = StepKind(name="cut", version=VERSION, run=run, estimate=estimate, is_on_route=True)


def first_layers(whole: LocatedEncoder, layers: int) -> LocatedEncoder:
    """Return the encoder of the first `layers` blocks, as the step that makes it. Raises EncoderError where there are
    fewer."""
    name, config = whole.ref.name, whole.config()
    check_layers(config, layers, name)
    short = whole.folder.name if whole.folder and name == str(whole.folder) else name
    step = KIND.step(
        CutSettings(encoder=EncoderAt(identity=whole.ref.identity, folder=whole.folder), layers=layers),
        {ENCODER: whole.step} if whole.step else {},
        label=f"the first {layers} layers of {short}",
        about={"encoder": name},
    )
    ref = EncoderRef(identity=step.id, name=f"{name} ({layers} layers)")
    return replace(whole, ref=ref, folder=None, step=step, shape=cut_config(config, range(1, layers + 1)))
