"""Free places: whether a path may be written to, so that nothing of anybody's is overwritten or mixed with."""

from __future__ import annotations

import os
from pathlib import Path

from xstilts.core.errors import StoreError


def check_free_folder(folder: Path, mark: str | None = None) -> None:
    """Raise StoreError where `folder` is there and not an empty folder. With `mark`, a folder that has a file of this
    name was written by the same command before, and is written again."""
    if folder.is_dir() and (not any(folder.iterdir()) or (mark is not None and (folder / mark).is_file())):
        return
    if os.path.lexists(folder):
        what = "this folder is not empty" if folder.is_dir() else "this is not a folder"
        raise StoreError(f"{what}.", where=str(folder), hint="Choose a new folder, or delete this one.")
