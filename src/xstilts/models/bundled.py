"""The bundled encoders: the packed folders that come with the program."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from xstilts.models.compact import RECORD

HOME = Path(str(resources.files("xstilts"))) / "pretrained"


def packed_folders() -> list[Path]:
    """The packed encoders of this installation."""
    return sorted(path.parent for path in HOME.glob(f"*/{RECORD}"))
