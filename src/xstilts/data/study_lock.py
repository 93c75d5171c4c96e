"""The lock of a study: the checksum of every file that it reads, in a file of the study's own that travels with it.

`nli.lock` beside `nli.yaml`, `nli-laptop.lock` for its profile `laptop`; JSON, names in order:
    {"lock": 1,
     "revisions": {"owner/name" of a data set, "encoder:name" or "translator:name" of a model: commit},
     "files": {name: {"sha256": hex, "bytes": n, "from": where it is published, or whose it is}}}
A name is that of a file below a data folder, without a revision; `encoder/`, `translators/` and `noise/` begin those of
models, lexicons and lists. It holds no path of a machine.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from xstilts.core.errors import DataError, XstiltsError
from xstilts.core.files import read_json_mapping, write_json
from xstilts.core.path_names import inside
from xstilts.data.locate import revision_key
from xstilts.data.lock import Lock, LockEntry, add_to_lock, checked_commit, read_lock
from xstilts.data.source import Source

LOCK_VERSION = 1


@dataclass(frozen=True, kw_only=True)
class FilesRead:
    """The files that a study reads, as they are here.

    Attributes:
        lock: their content, by name.
        expected: of each source that is still to be fetched, the names that its files may have, one tuple a place.
        expected_models: the beginnings of the names of models that are still to be fetched ("encoder/").
    """

    lock: Lock
    expected: tuple[tuple[tuple[str, ...], ...], ...] = ()
    expected_models: tuple[str, ...] = ()


class LockEntries:
    """Entries of a lock that is being made: a name stands for one content."""

    def __init__(self) -> None:
        self.files: dict[str, LockEntry] = {}

    def add(self, name: str, entry: LockEntry) -> None:
        """Raises DataError where two files with different contents have one name."""
        known = self.files.setdefault(name, entry)
        if known.sha256 != entry.sha256:
            raise DataError(
                f"two files are called '{name}': sha256 {known.sha256} ({known.origin}) and {entry.sha256} "
                f"({entry.origin}).",
                hint="Rename one of them: a lock knows a file by its name.",
            )


def lock_beside(study_file: Path, scale: str | None = None) -> Path:
    """Return the place of the lock of a study file, or of one of its scale profiles.

    >>> lock_beside(Path("nli.yaml"), "laptop").name
    'nli-laptop.lock'
    """
    return inside(study_file.parent, f"{study_file.stem}-{scale}.lock" if scale else f"{study_file.stem}.lock")


def encoder_key(name: str) -> str:
    """Return the name under which a lock has an encoder's commit."""
    return f"encoder:{name}"


def translator_key(name: str) -> str:
    """Return the name under which a lock has a translation model's commit."""
    return f"translator:{name}"


def read_study_lock(path: Path) -> Lock:
    """Return the lock in a file. Raises DataError, at the file, where it is none or one of a later version."""
    try:
        value = read_json_mapping(path)
        if value.get("lock") != LOCK_VERSION:
            problem = f"this is no lock of a study that this version reads: 'lock' is {value.get('lock')!r}."
            raise DataError(problem, allowed=[str(LOCK_VERSION)])
        return Lock.of(value)
    except XstiltsError as error:
        raise DataError(error.what, where=error.where or str(path), allowed=error.allowed, hint=_AGAIN) from error
    except ValueError as error:
        raise DataError(f"the lock is damaged: {error}.", where=str(path), hint=_AGAIN) from error


_AGAIN = "`xstilts data lock` writes a lock; one that cannot be read has to be deleted first."


def write_study_lock(path: Path, lock: Lock) -> None:
    """Write a lock atomically, names in order: the same files give the same bytes. Raises StoreError."""
    value = lock.json()
    ordered = {key: dict(sorted(value[key].items())) for key in ("revisions", "files")}
    write_json(path, {"lock": LOCK_VERSION, **ordered})


def lock_problems(locked: Lock, found: FilesRead) -> list[str]:
    """Return what differs between a lock and the files here, a sentence each: files that changed, that are no longer
    read or not here, and that the lock lacks."""
    coming, unknown = _to_come(locked, found)
    return [*_changed(locked, found.lock), *_gone(locked, found, coming), *_new(locked, found.lock), *unknown]


def check_study_lock(path: Path, locked: Lock, found: FilesRead) -> None:
    """Raise DataError, at the lock, where the files of a study are not those that it lists."""
    if problems := lock_problems(locked, found):
        more = f"{len(problems) - 1} more: {' '.join(problems[1:6])} " if problems[1:] else ""
        more += "... " if problems[6:] else ""
        raise DataError(
            problems[0],
            where=str(path),
            hint=f"{more}Nothing was trained. Restore the files, or accept what is here with `xstilts data lock`.",
        )


def _changed(locked: Lock, found: Lock) -> Iterator[str]:
    for name, entry in found.files.items():
        if name in locked.files and locked.files[name].sha256 != entry.sha256:
            yield f"'{name}' is not what was locked: found sha256 {entry.sha256}, expected {locked.files[name].sha256}."


def _gone(locked: Lock, found: FilesRead, coming: set[str]) -> Iterator[str]:
    for name, entry in locked.files.items():
        if name not in found.lock.files and name not in coming and not name.startswith(found.expected_models):
            yield f"'{name}' is locked and not read: found no file, expected sha256 {entry.sha256}."


def _new(locked: Lock, found: Lock) -> Iterator[str]:
    for name, entry in found.files.items():
        if name not in locked.files:
            yield f"'{name}' is read and not locked: found sha256 {entry.sha256}, expected none."


def _to_come(locked: Lock, found: FilesRead) -> tuple[set[str], list[str]]:
    """Return the locked names of files that are still to be fetched, and a sentence for each source and model of which
    the lock has none."""
    coming: set[str] = set()
    unknown = []
    for places in found.expected:
        names = next((names for names in places if names and locked.files.keys() >= set(names)), None)
        if names is None:
            unknown.append(f"'{places[0][0]}' is still to be fetched and not locked: found no file, expected none.")
        coming.update(names or ())
    for prefix in found.expected_models:
        if not any(name.startswith(prefix) for name in locked.files):
            unknown.append(f"'{prefix}' is still to be fetched and not locked: found no file, expected none.")
    return coming, unknown


def adopt_revisions(locked: Lock, sources: Iterable[Source], store: Path) -> None:
    """Have the store fetch data sets at the revisions of a lock, where it has none of its own yet. Raises DataError for
    a revision that is no commit."""
    known, wanted = read_lock(store).revisions, dict[str, str]()
    for key in {revision_key(place) for source in sources for place in source.places if place.hub}:
        if key in locked.revisions and key not in known:
            wanted[key] = checked_commit(locked.revisions[key], key)
    if wanted:
        add_to_lock(store, Lock(revisions=wanted))


@dataclass(frozen=True, kw_only=True)
class LockChanges:
    """The differences between two locks: numbers of files."""

    added: int = 0
    removed: int = 0
    changed: int = 0
    same: int = 0


def lock_changes(old: Mapping[str, LockEntry], new: Mapping[str, LockEntry]) -> LockChanges:
    """Return how many files a lock gains, loses, and has otherwise than before."""
    both = old.keys() & new.keys()
    changed = sum(old[name].sha256 != new[name].sha256 for name in both)
    return LockChanges(
        added=len(new) - len(both), removed=len(old) - len(both), changed=changed, same=len(both) - changed
    )
