"""A store whose artefacts are in an object store, cached in a folder of this machine.

The folder is a store as any other: steps are run, locked and renamed into place there. What is done is uploaded then,
and what is done elsewhere counts as done here; it is fetched when it is read, without the parts that nobody asks for.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from xstilts.core.errors import StoreError
from xstilts.core.files import read_json, write_json
from xstilts.core.io_errors import make_folder, writing
from xstilts.core.locks import locked
from xstilts.engine import leases
from xstilts.engine.artefact import artefact_damage, read_parts, read_record, read_trimmed, sealed
from xstilts.engine.remote.artefacts import DamagedUploadError, RemoteArtefacts
from xstilts.engine.remote.done_marker import DoneMarker
from xstilts.engine.remote.local_cache import LocalCache, size_limit
from xstilts.engine.remote.object_files import ObjectFiles, UnreachableError, patience_seconds
from xstilts.engine.step import Step
from xstilts.engine.store import LAYOUT, Store, remove, size
from xstilts.engine.store_snapshot import StoreSnapshot

_SUPERVISED = "XSTILTS_SUPERVISED"  # a step's process: its run has reached the object store before


def open_store(root: Path) -> Store:
    """Return the store in a folder, or the one that the folder caches. Raises StoreError as `Store`."""
    url = remote_url(root)
    return CachedStore(root, url) if url else Store(root)


def open_snapshot(root: Path) -> Store:
    """Return the store in a folder as it is now, for whoever only looks. One that caches has a list already."""
    return open_store(root) if remote_url(root) else StoreSnapshot(root)


def remote_url(root: Path) -> str:
    """Return the URL of the object store that a folder caches; "" where it is a store of its own."""
    with contextlib.suppress(StoreError):
        marker = read_json(root / "store.json")
        if isinstance(marker, dict) and isinstance(marker.get("remote"), str):
            return str(marker["remote"])
    return ""


def make_cache(root: Path, url: str) -> None:
    """Make a folder the cache of an object store. Raises StoreError where it is something else."""
    if remote_url(root) == url:
        return
    if (root / "store.json").exists():
        raise StoreError(f"this folder is a store, and no cache of {url}.", where=str(root))
    Store(root)  # raises where it holds anything else
    write_json(root / "store.json", {"layout": LAYOUT, "remote": url})


def check_remote(store: Store) -> None:
    """Raise StoreError where an object store is not reached or cannot be read and written; any other store passes."""
    if isinstance(store, CachedStore):
        store.remote.check()


def upload_rest(store: Store) -> list[str]:
    """Upload what is done here and not there yet; return, in words, what could not be. Nothing of any other store."""
    return store.upload_rest() if isinstance(store, CachedStore) else []


def shared_keys(store: Store) -> frozenset[str]:
    """Return the keys of all steps in the object store that a store caches; none of any other store."""
    return store.remote.listing() if isinstance(store, CachedStore) else frozenset()


class CachedStore(Store):
    """A store at `url`, worked with in the folder `root`.

    Reading raises StoreError where an artefact must be fetched and the object store refuses or does not answer. What
    cannot be uploaded stays here, done, until `upload_rest`.
    """

    def __init__(self, root: Path, url: str) -> None:
        super().__init__(root)
        down = root / "cache" / "not-answering"
        make_folder(down.parent)
        self.remote = RemoteArtefacts(ObjectFiles(url, patience=patience_seconds(), down=down))
        self.cache = LocalCache(root)
        self.limit = size_limit()
        self._is_lenient = _SUPERVISED in os.environ

    def path(self, step: Step) -> Path:
        """Return the folder of the artefact of `step`, fetched where it is done elsewhere, without its parts."""
        folder = super().path(step)
        self.cache.hold(step.key)
        if not self._fetch(step.key, (), wait=False) and (marker := self._marker(step.key)):
            return self._files(marker, marker.files(()))  # somebody is at work on the folder, perhaps for hours
        self.cache.used(folder)
        return folder

    def bring(self, key: str) -> dict[str, Any] | None:
        """Fetch a whole artefact by its key; return its record, None where there is none."""
        if marker := self._marker(key):
            self.cache.hold(key)
            self._fetch(key, set(marker.parts) - marker.trimmed)
        return read_record(self.root / "steps" / key, key)

    def files(self, step: Step, names: Collection[str]) -> Path:
        """Return a folder with these files of a done artefact, and perhaps no others."""
        marker = None if super().record(step) else self._marker(step.key)
        return self.path(step) if marker is None else self._files(marker, names)

    def _files(self, marker: DoneMarker, names: Collection[str]) -> Path:
        folder = self.root / "cache" / "files" / f"{marker.key}-{marker.upload}"
        with locked(self.root / "locks" / f"fetch-{marker.key}.lock"):
            missing = [name for name in names if name in marker.record["files"] and not (folder / name).exists()]
            with self._draft(marker.key) as draft:
                self._download(marker, missing, draft)
                for name in missing:
                    _move(draft / name, folder / name)
        return folder

    def record(self, step: Step) -> dict[str, Any] | None:
        record = super().record(step)
        if record is None and (marker := self._marker(step.key)):
            return dict(marker.record)
        return record

    def parts(self, step: Step) -> dict[str, list[str]]:
        if super().record(step) is None and (marker := self._marker(step.key)):
            return dict(marker.parts)
        return super().parts(step)

    def is_whole(self, step: Step, parts: Collection[str] | None = None) -> bool:
        if super().is_whole(step, parts):
            return True
        marker = self._marker(step.key)
        return marker is not None and not marker.lacks(parts)

    def damage(self, step: Step, parts: Collection[str] | None = (), content: bool = True) -> str:
        if content:
            try:
                self._fetch(step.key, parts or ())
            except DamagedUploadError as error:
                return error.what
        if super().record(step) is None:
            is_lacking = content and self._marker(step.key) is not None
            return f"{step.key} could not be fetched from {self.remote.files.url}" if is_lacking else ""
        return super().damage(step, parts, content)

    def install(self, step: Step) -> bool:
        unsent = self._unsent(step.key)
        make_folder(unsent.parent)
        unsent.touch()  # first: a kill may come between the rename and the upload
        if not super().install(step):
            unsent.unlink()
            return False
        self.cache.let_go(input_step.key for input_step in step.inputs.values())
        with contextlib.suppress(StoreError):  # it is done here; `upload_rest` says what is not there
            self._upload(step.key)
        self._make_room()
        return True

    def trim(self, step: Step, part: str) -> int:
        freed = super().trim(step, part)
        self.remote.trim(step.key, part)
        return freed

    def gc(self, keep: Collection[str], dry_run: bool = False) -> int:
        """Remove as `Store.gc` does here, and in the object store steps and half-written uploads of more than a day
        ago. Return the bytes that were (or would be) freed in both places."""
        freed = super().gc(keep, dry_run) + size(self.root / "cache" / "files")
        if not dry_run:
            remove(self.root / "cache" / "files")
        with leases.no_new_runs(self.root):
            return freed + self.remote.gc({*keep, *leases.leased_keys(self.root)}, dry_run)

    def upload_rest(self) -> list[str]:
        """Upload what is done here and not there, inputs before readers; return what could not be, in words."""
        rest: list[str] = []
        problem = ""
        for key in self._unsent_keys():
            with self.lock(key, wait=False) as is_held:
                try:
                    if is_held and not problem:
                        self._upload(key)
                        continue
                except StoreError as error:
                    problem = str(error)
            if problem:  # else whoever holds it uploads it
                rest.append(key)
        if not rest:
            return []
        named = ", ".join(rest[:3]) + (f" and {len(rest) - 3} more" if rest[3:] else "")
        return [f"not uploaded: {named}. {problem} They are done in {self.root}, and the next run uploads them."]

    def _unsent_keys(self) -> list[str]:
        """Return the keys of what may not be there yet, in the order in which it was made."""
        return [path.name for path in sorted(self._unsent("").glob("*"), key=lambda path: path.stat().st_mtime)]

    def _marker(self, key: str) -> DoneMarker | None:
        """Return the marker of a step that is done there. In a run, an object store that does not answer has none."""
        try:
            marker = self.remote.marker(key)
        except UnreachableError:
            if not self._is_lenient:
                raise
            return None
        self._is_lenient = True
        return marker

    def _upload(self, key: str) -> None:
        """Upload a done artefact; where another was first, take that one in its place. The caller holds the lock."""
        folder = self.root / "steps" / key
        record = read_record(folder, key)
        is_sound = record is not None and not artefact_damage(folder, record, None, False)
        if record is not None and is_sound and not self.remote.upload(folder, record):
            _unmark(folder)
            self._fetch(key, (), is_locked=True)
        self._unsent(key).unlink(missing_ok=True)

    def _unsent(self, key: str) -> Path:
        """Return the file that is there from before a step is done here until it is done in the object store."""
        return self.root / "cache" / "unsent" / key

    def _fetch(self, key: str, parts: Collection[str], *, is_locked: bool = False, wait: bool = True) -> bool:
        """Bring here what is missing of an artefact, but no parts that are not asked for; return False where somebody
        makes it anew, and `wait` is False. Raises DamagedUploadError."""
        folder = self.root / "steps" / key
        if not _lacking(folder, key, parts) or self._marker(key) is None:
            return True
        with contextlib.ExitStack() as stack:
            # Shared, as by those who read it: files are added, none is changed.
            if not is_locked and not stack.enter_context(self.lock(key, shared=True, wait=wait)):
                return False
            stack.enter_context(locked(self.root / "locks" / f"fetch-{key}.lock"))
            wanted = _lacking(folder, key, parts)  # another process may have been first
            marker = self._marker(key) if wanted else None
            if marker is None or marker.lacks(parts):
                return True
            self._place(marker, folder, wanted)
            return True

    def _download(self, marker: DoneMarker, names: Collection[str], draft: Path) -> None:
        """Fetch files and compare them. A damaged upload is made one that is not done, for the next run to mend."""
        try:
            self.remote.download(marker, names, draft)
        except DamagedUploadError:
            self.remote.forget(marker.key)
            if self.remote.marker(marker.key) == marker:  # else it was trimmed, or made again, meanwhile
                self.remote.discard(marker.key, marker.upload)
            raise

    def _place(self, marker: DoneMarker, folder: Path, wanted: set[str]) -> None:
        """Fetch parts of an artefact, "" for what belongs to no part, beside the folder, and move them there."""
        is_new, parts = "" in wanted, wanted & set(marker.parts)
        names = marker.files(parts)
        if not is_new:
            names = [name for name in names if any(name in marker.parts[part] for part in parts)]
        trimmed = sorted(set(marker.parts if is_new else read_trimmed(folder)) - parts)
        self._make_room(sum(marker.record["files"][name][0] for name in names))
        with self._draft(marker.key) as draft:
            self._download(marker, names, draft)
            if is_new:
                if trimmed:
                    write_json(draft / "trimmed.json", trimmed)
                write_json(draft / "done.json", sealed(marker.record))
                remove(folder)
                _move(draft, folder)
            else:
                for name in names:
                    _move(draft / name, folder / name)
                write_json(folder / "trimmed.json", trimmed)  # last: a kill leaves it not whole

    @contextlib.contextmanager
    def _draft(self, key: str) -> Iterator[Path]:
        """Yield an empty folder for what is fetched; the caller holds the lock of the same name, by which `gc` tells
        it from one that a kill left."""
        draft = self.root / "work" / f"fetch-{key}"
        remove(draft)
        make_folder(draft)
        try:
            yield draft
        finally:
            remove(draft)

    def _make_room(self, room: int = 0) -> None:
        if self.limit is not None:
            with contextlib.suppress(StoreError):  # what may go is not known while the object store does not answer
                self.cache.make_room(self.limit - room, self._evict)

    def _evict(self, key: str) -> bool:
        folder = self.root / "steps" / key
        marker = self.remote.marker(key)
        if marker is None or self._unsent(key).exists() or not marker.trimmed.issubset(read_trimmed(folder)):
            return False  # it could not be fetched again
        with self.lock(key, wait=False) as is_held:
            if is_held:
                _unmark(folder)
                remove(folder)
            return is_held


def _lacking(folder: Path, key: str, parts: Collection[str]) -> set[str]:
    """Return those of some parts that were trimmed here; all of them and "", what belongs to no part, where the
    artefact is not here."""
    if read_record(folder, key) is None:
        return {"", *parts}
    with contextlib.suppress(StoreError):
        return set(parts) & set(read_trimmed(folder)) & set(read_parts(folder))
    return set()


def _move(path: Path, place: Path) -> None:
    make_folder(place.parent)
    with writing(place):
        path.replace(place)


def _unmark(folder: Path) -> None:
    with writing(folder):
        (folder / "done.json").unlink(missing_ok=True)
