"""Locks between processes: flock on a small file, released by the kernel however the holder ends."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from xstilts.core.io_errors import make_folder, writing


@contextlib.contextmanager
def locked(path: Path, *, shared: bool = False, wait: bool = True) -> Iterator[bool]:
    """Hold the lock file `path` inside the block; yields whether it is held (always, when `wait`).

    Any number may hold it `shared`, one alone otherwise. The file is made when absent and never removed: removing a
    lock file lets two holders in. Raises StoreError where the file cannot be made.
    """
    make_folder(path.parent)
    with writing(path):
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        mode = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
        try:
            fcntl.flock(handle, mode if wait else mode | fcntl.LOCK_NB)
            is_held = True
        except BlockingIOError:
            is_held = False
        yield is_held
    finally:
        fcntl.flock(handle, fcntl.LOCK_UN)  # closing is not enough where a forked child has a copy of the handle
        os.close(handle)


def is_held(path: Path) -> bool:
    """Say whether somebody holds the lock file `path` alone. Nothing is made or written; False where there is no such
    file, and where it cannot be told.

    The lock is asked for, shared, and let go at once: whoever tries to take it in that moment tries again."""
    try:
        handle = os.open(path, os.O_RDONLY)
    except OSError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        fcntl.flock(handle, fcntl.LOCK_UN)
    except BlockingIOError:
        return True
    except OSError:  # a file system without locks
        return False
    finally:
        os.close(handle)
    return False
