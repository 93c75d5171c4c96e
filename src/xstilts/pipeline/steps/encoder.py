"""The encoder step: unpack an encoder that comes with the program into an ordinary Hugging Face folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from xstilts.core.canonical import NOT_IDENTITY
from xstilts.engine.step import Context, Step
from xstilts.models.bundled import packed_folders
from xstilts.models.compact import read_record
from xstilts.pipeline.steps.base import Cost, Estimator, StepKind

VERSION = 1
SECONDS = 0.5


@dataclass(frozen=True, kw_only=True)
class UnpackSettings:
    """A packaged encoder: (name, sha-256) of its packed files."""

    files: tuple[tuple[str, str], ...]
    folder: Path = field(metadata=NOT_IDENTITY)


def run(settings: UnpackSettings, context: Context) -> None:
    """Writes the ordinary Hugging Face folder."""
    from xstilts.models.compact import unpack

    unpack(settings.folder, context.out)


def estimate(step: Step, estimator: Estimator) -> Cost:
    return Cost(seconds=SECONDS, bytes=estimator.encoder_bytes)


KIND = StepKind(name="encoder", version=VERSION, run=run, estimate=estimate, is_on_route=True)


def packaged_encoders() -> Mapping[str, Step]:
    """Packaged encoders by name, each as the step that makes its folder. They were pretrained by the recipe of their
    name, are shipped packed, and are unpacked on first use."""
    return {folder.name: unpack_step(folder) for folder in packed_folders()}


def unpack_step(folder: Path) -> Step:
    record = read_record(folder)
    megabytes = record["bytes"] / 1e6
    return KIND.step(
        UnpackSettings(files=tuple(sorted(record["files"].items())), folder=folder),
        label=f"unpacking the packaged encoder {folder.name} ({megabytes:.0f} MB)",
        about={"encoder": folder.name},
    )
