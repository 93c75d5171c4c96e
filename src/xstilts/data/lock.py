"""The lock of fetched files: which revision of a repository is used here, and what each file's content was.

`<store>/data/lock.json`:
    {"revisions": {"owner/name" or "owner/name@branch": commit},
     "files": {path below <store>/data: {"sha256": hex, "bytes": n, "from": address}}}
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from xstilts.core.errors import DataError
from xstilts.core.files import read_json, write_json
from xstilts.core.fingerprints import file_fingerprint
from xstilts.core.locks import locked


@dataclass(frozen=True, slots=True)
class LockEntry:
    """Checksum, size and origin of a fetched file."""

    sha256: str
    bytes: int
    origin: str  # the address it came from

    def json(self) -> dict[str, Any]:
        return {"sha256": self.sha256, "bytes": self.bytes, "from": self.origin}

    @classmethod
    def of(cls, value: Any) -> LockEntry:
        """Return the entry in a JSON value. Raises KeyError or TypeError when it is none."""
        entry = cls(value["sha256"], value["bytes"], value["from"])
        if not (isinstance(entry.sha256, str) and isinstance(entry.origin, str) and type(entry.bytes) is int):
            raise TypeError(f"{value!r} has other types")
        return entry


@dataclass(frozen=True, slots=True)
class Lock:
    """Revisions of hub data sets, and the files that were fetched, by path."""

    revisions: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, LockEntry] = field(default_factory=dict)

    def json(self) -> dict[str, Any]:
        return {"revisions": dict(self.revisions), "files": {path: entry.json() for path, entry in self.files.items()}}

    @classmethod
    def of(cls, value: Any) -> Lock:
        """Return the lock in a JSON value, as `json` writes it. Raises ValueError when it is none."""
        try:
            files = {path: LockEntry.of(item) for path, item in value["files"].items()}
            revisions = dict(value["revisions"])
            if not all(isinstance(text, str) for text in revisions.values()):
                raise TypeError("a revision is no text")
            return cls(revisions, files)
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError("it is no list of files, each with sha256, bytes and from, and of revisions") from error


def data_folder(store: Path) -> Path:
    return store / "data"


def fingerprint_cache(store: Path) -> Path:
    """Return the file in which fingerprints are remembered."""
    return store / "cache" / "files.json"


def read_lock(store: Path) -> Lock:
    """Return the lock of a store; an empty one where nothing was fetched yet."""
    path = data_folder(store) / "lock.json"
    if not path.exists():
        return Lock()
    try:
        return Lock.of(read_json(path))
    except ValueError as error:
        raise DataError(f"the lock of fetched files is damaged: {error}", where=str(path)) from error


def add_to_lock(store: Path, news: Lock) -> None:
    """Add revisions and files. Raises DataError when a file is known with another content, and changes nothing."""
    with locked(data_folder(store) / "lock.json.lock"):
        old = read_lock(store)
        for path, entry in news.files.items():
            if path in old.files:
                check_digest(path, old.files[path].sha256, entry.sha256, entry.origin)
        merged = Lock({**old.revisions, **news.revisions}, {**old.files, **news.files})
        write_json(data_folder(store) / "lock.json", merged.json())


def check_digest(path: str, locked_digest: str, digest: str, where: str) -> None:
    """Raise DataError, naming both digests, when a file's content is not the one in the lock."""
    if locked_digest != digest:
        raise DataError(
            f"the content of '{path}' is not what was fetched first: sha256 {digest}, locked as {locked_digest}",
            where=where,
            hint="Restore the file, or delete it and its entry in lock.json to accept a new version.",
        )


def verify_against_lock(path: Path, digest: str, store: Path, lock: Lock | None = None) -> None:
    """Check a file of the store's data folder against the lock; files elsewhere are the user's own."""
    folder = data_folder(store)
    if path.is_relative_to(folder):
        name = path.relative_to(folder).as_posix()
        entry = (lock or read_lock(store)).files.get(name)
        if entry is not None:
            check_digest(name, entry.sha256, digest, str(path))


def lock_entry(path: Path, origin: str) -> LockEntry:
    return LockEntry(file_fingerprint(path), path.stat().st_size, origin)


def checked_relative_path(name: str) -> str:
    """Return `name`, when it is a path that stays below the folder it is put under. Raises DataError otherwise."""
    path = PurePosixPath(name)
    if not name or path.is_absolute() or ".." in path.parts or "\\" in name or "\0" in name:
        raise DataError(f"'{name}' is not a path below the data folder")
    return name


def checked_commit(answer: object, repo: str) -> str:
    """Return a commit, as a hub names it: 40 (or 64) hexadecimal digits. Raises DataError for anything else: it becomes
    a folder."""
    if not isinstance(answer, str) or not re.fullmatch(r"[0-9a-f]{40}([0-9a-f]{24})?", answer):
        raise DataError(f"the hub names no commit of {repo} but {str(answer)[:80]!r}.", value=str(answer)[:80])
    return answer


def checked_data_name(name: str) -> str:
    """Return the path of a data file below the data folder. Raises DataError for one outside it, and for names that the
    folder has a use of its own for."""
    first = PurePosixPath(checked_relative_path(name)).parts[0]
    if first.startswith((".", "lock.json")):
        raise DataError(f"'{name}' is no name of a data file: the store has a use of its own for it.")
    return name
