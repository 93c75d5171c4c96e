"""Folders of reports in the store: one for each study, also where two studies have one name."""

from __future__ import annotations

from pathlib import Path

from xstilts.core.files import write_atomic
from xstilts.core.path_names import inside

_OWNERS = ".owners"  # below the folder of reports: a file for each, with what `Study.origin` says of its study
_DIGITS = 6


def own_folder(reports: Path, name: str, origin: str) -> Path:
    """Return the folder of a study's report: that of its name, or with some digits of its origin where another study's
    report is there. `origin`: which file the study was read from, "" where it was read from none.

    Raises StudyError for a name that can be no folder's."""
    folder = inside(reports, name, "report")
    if not origin or _owner(folder) in ("", origin):
        return folder
    return inside(reports, f"{name}-{origin[:_DIGITS]}", "report")


def claim(folder: Path, origin: str) -> None:
    """Write down whose report a folder of the store holds."""
    if origin:
        write_atomic(folder.parent / _OWNERS / folder.name, origin)


def _owner(folder: Path) -> str:
    path = folder.parent / _OWNERS / folder.name
    return path.read_text("utf-8").strip() if folder.is_dir() and path.is_file() else ""
