"""Drafts: what is being fetched or unpacked into a store, until it is whole.

    <data, encoders, translators or adapters>/.draft-<digest of what it is for>/

A draft lies on the disk where its files will be. Whoever writes it holds the lock of its name, so that two processes
never fetch the same thing at once, and that what a kill left is told from what is being written: the next attempt at
the same thing finds it, `du` counts it and `gc` removes it.
"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from xstilts.core.canonical import fingerprint
from xstilts.core.locks import locked

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
