"""Checksums of artefacts: written into the done-marker, compared when an artefact is read."""

from __future__ import annotations

import hashlib
import json
import stat
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from xstilts.core.fingerprints import file_checksum


def checksums(folder: Path) -> dict[str, list[Any]]:
    """Return [bytes, sha-256] of every file below a folder, by its path in it."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): [path.stat().st_size, file_checksum(path)] for path in files}


def find_damage(folder: Path, files: Mapping[str, Any], skip: Collection[str], content: bool) -> str:
    """Return what is wrong with the first file that is not as it was written, in words; "" where all are.

    Args:
        folder: of the artefact.
        files: [bytes, sha-256] by path, as `checksums` returns them.
        skip: files that may be missing.
        content: also read the files, as opposed to looking at kind and size.
    """
    for name, (size, digest) in files.items():
        if name not in skip and (problem := _problem(folder / name, size, digest, content)):
            return f"'{name}' {problem}"
    return ""


def digest_of(values: Mapping[str, Any]) -> str:
    """Return a checksum of JSON values, whatever the order of their names.

    >>> digest_of({"a": 1, "b": 2}) == digest_of({"b": 2, "a": 1}) != digest_of({"a": 1, "b": 3})
    True
    """
    text = json.dumps(values, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _problem(path: Path, size: int, digest: str, content: bool) -> str:
    try:
        found = path.lstat()
        if not stat.S_ISREG(found.st_mode):
            return "is no longer a file"
        if found.st_size != size:
            return f"has {found.st_size:,} bytes instead of {size:,}"
        return "has other content than was written" if content and file_checksum(path) != digest else ""
    except FileNotFoundError:
        return "is gone"
    except OSError as error:
        return f"cannot be read ({error.strerror})"
