"""A memory as a JSON file in a store's cache: values by name, which several processes may share.

What is lost or cannot be written costs time, never a run."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from xstilts.core.errors import StoreError
from xstilts.core.files import read_json, write_json
from xstilts.core.locks import locked


def recall(file: Path) -> Mapping[str, Any]:
    """Return all that is remembered; {} where the file is not there or holds something else."""
    try:
        here = file.stat()
    except OSError:
        return {}
    return _parsed(file, (here.st_ino, here.st_size, here.st_mtime_ns))


def keep(file: Path, name: str, value: Any) -> None:
    """Remember a value, beside what others have written meanwhile."""
    with contextlib.suppress(StoreError), locked(file.with_name(file.name + ".lock")):
        write_json(file, {**recall(file), name: value})


@lru_cache(maxsize=4)
def _parsed(file: Path, stamp: tuple[int, int, int]) -> Mapping[str, Any]:
    # Every write replaces the file, so inode, size and time name one content: a plan looks up hundreds of files.
    try:
        found = read_json(file)
    except StoreError:
        return {}
    return found if isinstance(found, dict) else {}
