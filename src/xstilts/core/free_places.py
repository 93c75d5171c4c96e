"""Free places: whether a path may be written to, so that nothing of anybody's is overwritten or mixed with."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from xstilts.core.errors import StoreError


def check_free_folder(folder: Path, mark: str | None = None) -> None:
    """Raise StoreError where `folder` is there and not an empty folder. With `mark`, a folder that has a file of this
    name was written by the same command before, whole or not (`marked_last`), and is written again."""
    if folder.is_dir():
        marks = [] if mark is None else [folder / mark, _unfinished(folder, mark)]
        if not any(folder.iterdir()) or any(path.is_file() for path in marks):
            return
    if os.path.lexists(folder):
        what = "this folder is not empty" if folder.is_dir() else "this is not a folder"
        raise StoreError(f"{what}.", where=str(folder), hint="Choose a new folder, or delete this one.")


@contextlib.contextmanager
def marked_last(folder: Path, mark: str) -> Iterator[None]:
    """Write a folder inside the block, the file `mark` last: a folder that has it is whole, and one of which a kill
    left a part is known as ours by another file."""
    folder.mkdir(parents=True, exist_ok=True)
    _unfinished(folder, mark).touch()
    (folder / mark).unlink(missing_ok=True)
    yield
    _unfinished(folder, mark).unlink()


def _unfinished(folder: Path, mark: str) -> Path:
    return folder / f".{mark}.unfinished"
