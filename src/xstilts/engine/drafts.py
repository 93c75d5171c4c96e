"""Drafts: what is being fetched or unpacked into a store, until it is whole.

    <data, encoders, translators or adapters>/.draft-<digest of what it is for>/

A draft lies on the disk where its files will be. Whoever writes it holds the lock of its name, so that two processes
never fetch the same thing at once, and that what a kill left is told from what is being written: the next attempt at
the same thing finds it, `du` counts it and `gc` removes it.

A small file has a draft of its own while it is written (`core/files`), for an instant; what a kill left of one is told
by its age alone.
"""

from __future__ import annotations

import contextlib
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from xstilts.core.canonical import fingerprint
from xstilts.core.files import DRAFTS
from xstilts.core.locks import locked

_DAY = 86_400.0  # seconds; clocks of machines that share a store are apart by less
TOPS = ("data", "encoders", "translators", "adapters")  # the folders of a store that something is fetched into


@contextlib.contextmanager
def draft(
    folder: Path, purpose: str, say: Callable[[str], None] = lambda text: None, *, resumed: bool = False
) -> Iterator[Path]:
    """Yield a folder below `folder`, one of a store's, that no other process writes and that is gone afterwards.

    Args:
        purpose: what it is for: drafts for the same thing wait for each other.
        say: told, in words, that another process is at it.
        resumed: keep it where an attempt fails, and begin with what an earlier one left; else it begins empty.
    """
    place = folder / f".draft-{fingerprint(purpose, length=16)}"
    lock = folder.parent / "locks" / f"{place.name}.lock"
    with contextlib.ExitStack() as stack:
        if not stack.enter_context(locked(lock, wait=False)):
            say(f"waiting for another process that is at {purpose}")
            stack.enter_context(locked(lock))
        if place.is_symlink():
            place.unlink()
        elif not resumed:
            shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True, exist_ok=True)
        try:
            yield place
        except BaseException:
            if not resumed:
                shutil.rmtree(place, ignore_errors=True)
            raise
        shutil.rmtree(place, ignore_errors=True)


def draft_folders(root: Path) -> list[Path]:
    """Return all drafts in a store, those in progress too."""
    return sorted(path for top in TOPS for path in (root / top).glob(".draft-*"))


def half_written(root: Path) -> list[Path]:
    """Return what kills left of small files that were being written a day ago or earlier, anywhere in a store."""
    before = time.time() - _DAY
    found = []
    for path in root.rglob(DRAFTS):
        with contextlib.suppress(OSError):  # it was renamed into place just now
            if path.lstat().st_mtime < before and not path.is_dir():
                found.append(path)
    return sorted(found)
