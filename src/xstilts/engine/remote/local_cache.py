"""The cache of one machine: artefacts of an object store in its folder, within a limit of bytes.

An artefact's folder has the time of its last use. Whoever reads one outside a step writes its key into a file beside
the locks (`locks/readers/<name>.keys`) and holds a lock on it until its process ends; so a reader is told from what a
killed one left, and nothing that is being read is taken away.
"""

from __future__ import annotations

import contextlib
import os
import re
import uuid
import weakref
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

from xstilts.core.errors import StoreError, shortened
from xstilts.core.io_errors import make_folder
from xstilts.core.locks import locked

LIMIT = "XSTILTS_STORE_CACHE_SIZE"
_UNITS = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}


def size_limit() -> int | None:
    """Return the bytes that artefacts may take in the cache (`XSTILTS_STORE_CACHE_SIZE`: "800M", "50G"); None where it
    is not set. Raises StoreError for what is no size.

    >>> os.environ["XSTILTS_STORE_CACHE_SIZE"] = "1.5G"
    >>> size_limit()
    1500000000
    >>> del os.environ["XSTILTS_STORE_CACHE_SIZE"]
    """
    text = os.environ.get(LIMIT, "").strip()
    if not text:
        return None
    match = re.fullmatch(r"(\d{1,12}(?:\.\d{1,3})?) ?([KMGT]?)B?", text, re.IGNORECASE | re.ASCII)
    if match is None:
        raise StoreError(f"{LIMIT} is '{shortened(text)}'; it must be a size, such as 800M or 50G.")
    return int(float(match[1]) * _UNITS[match[2].upper()])


class LocalCache:
    """The artefacts below `root`/steps, and who reads them."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._read: set[str] = set()
        self._own: Path | None = None

    def used(self, folder: Path) -> None:
        """Note that an artefact is used now."""
        with contextlib.suppress(OSError):
            os.utime(folder)

    def hold(self, key: str) -> None:
        """Keep an artefact until this process ends, or lets go of it."""
        if key not in self._read:
            with self._nobody_removes(), self._note().open("a", encoding="utf-8") as file:
                file.write(f"{key}\n")
            self._read.add(key)

    def let_go(self, keys: Iterable[str]) -> None:
        left = self._read.difference(keys)
        if left != self._read:
            with self._nobody_removes():
                self._note().write_text("".join(f"{key}\n" for key in left), "utf-8")
            self._read = left

    def make_room(self, limit: int, remove: Callable[[str], bool]) -> None:
        """Remove artefacts that nobody reads, the one that was used longest ago first, until those that are left take
        `limit` bytes or fewer.

        Args:
            remove: removes the artefact of a key, where nobody runs, trims or reads it in a step and it can be fetched
                again; returns whether it did.
        """
        with self._nobody_removes():
            found = sorted(self._artefacts())
            excess = sum(size for _, size, _ in found) - limit
            if excess <= 0:
                return
            read = self._being_read()
            for _, size, key in found:
                if excess <= 0:
                    return
                if key not in read and remove(key):
                    excess -= size

    def _artefacts(self) -> Iterator[tuple[float, int, str]]:
        """Yield (last use, bytes, key)."""
        for folder in (self._root / "steps").glob("*"):
            with contextlib.suppress(OSError):
                yield folder.stat().st_mtime, sum(file.lstat().st_size for file in folder.rglob("*")), folder.name

    def _being_read(self) -> set[str]:
        keys: set[str] = set()
        for path in self._readers.glob("*.keys"):
            with locked(path, wait=False) as is_free, contextlib.suppress(OSError):
                if is_free:
                    path.unlink()
                else:
                    keys.update(path.read_text("utf-8").split())
        return keys

    def _nobody_removes(self) -> AbstractContextManager[bool]:
        return locked(self._readers / "gate.lock")

    def _note(self) -> Path:
        """Return the file that says what this process reads."""
        if self._own is None:
            self._own = self._readers / f"{os.getpid()}-{uuid.uuid4().hex[:8]}.keys"
            make_folder(self._readers)
            held = contextlib.ExitStack()
            held.enter_context(locked(self._own))
            weakref.finalize(self, _end, held, self._own, os.getpid())
        return self._own

    @property
    def _readers(self) -> Path:
        return self._root / "locks" / "readers"


def _end(held: contextlib.ExitStack, path: Path, process: int) -> None:
    if os.getpid() == process:  # a forked child ends too
        with contextlib.suppress(OSError):
            path.unlink()
        held.close()
