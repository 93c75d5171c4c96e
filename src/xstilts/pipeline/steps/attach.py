"""The attach step: a published adapter over the pretrained encoder, as the checkpoint that an arm starts from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from xstilts.core.canonical import NOT_IDENTITY
from xstilts.engine.step import Context, Step
from xstilts.models.peft_adapters import LocatedAdapter
from xstilts.pipeline.estimates import ADAPTER_SHARE, START_SECONDS
from xstilts.pipeline.steps.base import Cost, EncoderAt, Estimator, StepKind

VERSION = 1


@dataclass(frozen=True, kw_only=True)
class AttachSettings:
    """adapter: a digest of its files. encoder: below it."""

    adapter: str
    encoder: EncoderAt
    folder: Path | None = field(default=None, metadata=NOT_IDENTITY)  # None: it is still to be fetched


def run(settings: AttachSettings, context: Context) -> None:
    """Write a checkpoint of the adapter alone, without heads."""
    from xstilts.nn.adapters import peft_format
    from xstilts.train.checkpoint import load_encoder, save

    assert settings.folder is not None  # what is run has been fetched
    base = settings.encoder.path(context)
    encoder = load_encoder(base)
    peft_format.read(settings.folder, encoder.adapters)
    save(context.out, encoder, {}, base, adapters_alone=True)


def estimate(step: Step, estimator: Estimator) -> Cost:
    return Cost(seconds=START_SECONDS, bytes=estimator.encoder_bytes * ADAPTER_SHARE)


KIND = StepKind(name="attach", version=VERSION, run=run, estimate=estimate, is_on_route=True)


def attach_step(adapter: LocatedAdapter, encoder: EncoderAt, inputs: Mapping[str, Step]) -> Step:
    """`inputs`: the step that makes the pretrained encoder as the input "encoder"; {} where it is a folder."""
    settings = AttachSettings(adapter=adapter.identity, encoder=encoder, folder=adapter.folder)
    return KIND.step(settings, inputs, label=f"the adapter {adapter.name}", about={"adapter": adapter.name})
