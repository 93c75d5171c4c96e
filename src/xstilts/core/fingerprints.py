"""Fingerprints of files: the sha-256 of their content, remembered for as long as a file is surely the same.

A file is taken for the same where its inode, the time its entry changed (which no program can set), its size and its
time are as they were; from one run to the next, also a sample of its bytes, which is read each time. One that changed a
moment ago is not remembered.
"""

from __future__ import annotations

import hashlib
import os
import time
from pathlib import Path

from xstilts.core.errors import DataError
from xstilts.core.files import not_a_file
from xstilts.core.json_memory import keep, recall

_SETTLED = 2.0  # seconds; a file that changed later could change once more without another time
_SAMPLE, _PIECES = 4096, 4  # bytes of a piece, and pieces of a file, that are compared each time

# (path, its stamp) -> sha-256, of what was read in this process.
_KNOWN: dict[tuple[str, tuple[int, ...]], str] = {}


def file_checksum(path: Path) -> str:
    """Return the sha-256 (hex) of a file. What was read in this process and has the same inode, times and size is not
    read again, unless it had changed just before it was read. Raises OSError."""
    here = path.stat()
    key = (str(path), tuple(_stamp(here)))
    if key in _KNOWN:
        return _KNOWN[key]
    digest = _sha256(path)
    if _is_settled(here):
        _KNOWN[key] = digest
    return digest


def file_stamp(path: Path) -> tuple[int, ...]:
    """Return what tells a file from what it was before, without reading it: inode, times and size. Raises OSError."""
    return tuple(_stamp(path.stat()))


def file_fingerprint(path: Path, cache: Path | None = None) -> str:
    """Return the sha-256 (hex) of the file's bytes as they are on the disk.

    With `cache` (a JSON file, made when absent), a file that was read before and is the same is not read again.
    Two processes may share a cache. Raises DataError when the file cannot be read.
    """
    if problem := not_a_file(path):
        raise DataError(f"{problem}.", where=str(path))
    try:
        if cache is None:
            return _sha256(path)
        here, key = path.stat(), str(path.resolve())
        known = [*_stamp(here), _sample(path, here.st_size)]
        if isinstance(entry := recall(cache).get(key), list) and entry[:-1] == known:
            return str(entry[-1])
        digest = _sha256(path)
    except OSError as error:
        raise DataError(f"the file cannot be read ({error.strerror}).", where=str(path)) from error
    if _is_settled(here):
        keep(cache, key, [*known, digest])
    return digest


def _stamp(found: os.stat_result) -> list[int]:
    return [found.st_ino, found.st_ctime_ns, found.st_size, found.st_mtime_ns]


def _is_settled(found: os.stat_result) -> bool:
    return time.time() - found.st_ctime > _SETTLED


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sample(path: Path, size: int) -> str:
    """Return a digest of pieces of a file, from its beginning to its end; of a small file, of all of it."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        for i in range(_PIECES):
            file.seek(max(0, size - _SAMPLE) * i // (_PIECES - 1))
            digest.update(file.read(_SAMPLE))
    return digest.hexdigest()[:16]
