"""Artefacts in an object store: which steps are done there, and how their files go up and come down.

Nothing there is ever changed: an upload has a folder of its own, and counts from the moment that the step's marker
names it. Of two who upload one step, the first to write the marker has made it.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from xstilts.core.errors import StoreError
from xstilts.core.io_errors import make_folder
from xstilts.engine.artefact import read_parts, read_trimmed
from xstilts.engine.checksums import find_damage
from xstilts.engine.remote.done_marker import DoneMarker, read_marker
from xstilts.engine.remote.object_files import ObjectFiles

_LAYOUT = b'{"layout": 1}\n'
_FRESH = 20.0  # seconds for which a step that is not done is taken to be so
_FEW = 8  # steps that are asked for one by one; for more, all are listed
YOUNG = 24 * 3600.0  # seconds for which an upload without a marker may still be in progress somewhere


class DamagedUploadError(StoreError):
    """An uploaded artefact that is not as it was written."""


class RemoteArtefacts:
    """The artefacts below a URL. What is known of them is remembered: what is done for good, what is not for some
    seconds. Methods raise what those of `ObjectFiles` raise."""

    def __init__(self, files: ObjectFiles) -> None:
        self.files = files
        self._markers: dict[str, DoneMarker] = {}
        self._not_done: dict[str, float] = {}
        self._listed: frozenset[str] = frozenset()
        self._listed_at: float | None = None

    def check(self) -> None:
        """Raise StoreError unless this can be listed, read and written, and holds nothing of a later layout."""
        found = self.files.read("store.json")
        if found not in (None, _LAYOUT):
            raise StoreError(
                f"this is no store that this program knows: store.json begins with {found[:40]!r}.",
                where=self.files.url,
            )
        self.files.write("store.json", _LAYOUT)
        self.listing()

    def listing(self) -> frozenset[str]:
        """Return the keys of all steps that are done there, as they are now."""
        found = self.files.find("done/")
        self._listed = frozenset(name.removeprefix("done/").removesuffix(".json") for name in found)
        self._listed_at = time.monotonic()
        self._not_done.clear()
        return self._listed

    def marker(self, key: str) -> DoneMarker | None:
        """Return the marker of a step; None where it is not done there."""
        if key not in self._markers and self._may_be_done(key):
            self._look(key)
        return self._markers.get(key)

    def is_done(self, key: str) -> bool:
        return self.marker(key) is not None

    def forget(self, key: str) -> None:
        """Ask anew when this step is asked for next."""
        self._markers.pop(key, None)
        self._not_done.pop(key, None)

    def upload(self, folder: Path, record: Mapping[str, Any]) -> bool:
        """Upload a done artefact; return False where another was there first, and then nothing of this one stays. One
        that has a part which went from the other takes its place."""
        key = record["key"]
        parts, trimmed = read_parts(folder), frozenset(read_trimmed(folder))
        self.forget(key)
        if (other := self.marker(key)) is not None:
            if not other.trimmed - trimmed:
                return False
            self.discard(key, other.upload)  # it was made again for a part that went; its files are for gc
        marker = DoneMarker(key=key, upload=uuid.uuid4().hex, record=record, parts=parts, trimmed=trimmed)
        names = marker.files([part for part in parts if part not in trimmed])
        for name in names:
            self.files.upload(folder / name, self._name(marker, name))
        place, content = f"done/{key}.json", marker.content()
        is_first = self.files.create(place, content)
        if not is_first and read_marker(key, self.files.read(place)) is None:  # half written, by a kill
            self.files.delete(place)
            is_first = self.files.create(place, content)
        self.forget(key)
        if is_first:
            self._markers[key] = marker
        else:
            for name in names:
                self.files.delete(self._name(marker, name))
        return is_first

    def download(self, marker: DoneMarker, names: Collection[str], folder: Path) -> None:
        """Fetch files of an artefact and compare them with their checksums. Raises DamagedUploadError for one that
        differs, after a second attempt."""
        problem = ""
        for _ in range(2):
            problem = self._downloaded(marker, names, folder)
            if not problem:
                return
        hint = "Run the study again: what is damaged is made again."
        raise DamagedUploadError(f"{problem} in {marker.key}", where=self.files.url, hint=hint)

    def discard(self, key: str, upload: str) -> None:
        """Make a step one that is not done, if it still is this upload."""
        self.forget(key)
        marker = read_marker(key, self.files.read(f"done/{key}.json"))
        if marker is None or marker.upload == upload:
            self.files.delete(f"done/{key}.json")

    def trim(self, key: str, part: str) -> None:
        """Throw away the files of a part."""
        marker = self.marker(key)
        if marker is None or part not in marker.parts or marker.lacks((part,)):
            return
        self.files.write(f"trimmed/{key}/{marker.upload}/{part}", b"\n")
        self._markers[key] = marker.without((part,))
        for name in marker.parts[part]:
            self.files.delete(self._name(marker, name))

    def gc(self, keep: Collection[str], dry_run: bool = False) -> int:
        """Delete the steps whose key is not in `keep`, and uploads that no marker names; but nothing younger than a
        day, which may be the work of a run on another machine. Return the bytes that were (or would be) freed."""
        uploads: dict[tuple[str, str], dict[str, tuple[int, float]]] = {}
        for name, info in self.files.find("steps/").items():
            _, key, upload, *rest = (*name.split("/"), "", "")
            if any(rest):
                uploads.setdefault((key, upload), {})[name] = info.size, info.modified
        freed = 0
        for (key, upload), objects in uploads.items():
            marker = read_marker(key, self.files.read(f"done/{key}.json"))
            is_named = marker is not None and marker.upload == upload
            if (is_named and key in keep) or time.time() - max(at for _, at in objects.values()) < YOUNG:
                continue
            freed += sum(size for size, _ in objects.values())
            if not dry_run:
                if is_named:  # first: half a removal is never a whole step
                    self.discard(key, upload)
                for name in (*objects, *self.files.find(f"trimmed/{key}/{upload}/")):
                    self.files.delete(name)
        return freed

    def _may_be_done(self, key: str) -> bool:
        now = time.monotonic()
        if now - self._not_done.get(key, float("-inf")) < _FRESH:
            return False
        if self._listed_at is None and len(self._markers) + len(self._not_done) < _FEW:
            return True
        if key not in self._listed and (self._listed_at is None or now - self._listed_at > _FRESH):
            self.listing()
        return key in self._listed

    def _look(self, key: str) -> None:
        marker = read_marker(key, self.files.read(f"done/{key}.json"))
        if marker is None:
            self._not_done[key] = time.monotonic()
            return
        if marker.parts:
            start = f"trimmed/{key}/{marker.upload}/"
            marker = marker.without([name.removeprefix(start) for name in self.files.find(start)])
        self._markers[key] = marker

    def _downloaded(self, marker: DoneMarker, names: Collection[str], folder: Path) -> str:
        for name in names:
            make_folder((folder / name).parent)
            try:
                self.files.download(self._name(marker, name), folder / name)
            except FileNotFoundError:
                return f"'{name}' is gone"
        files = marker.record["files"]
        return find_damage(folder, {name: files[name] for name in names}, (), content=True)

    @staticmethod
    def _name(marker: DoneMarker, name: str) -> str:
        return f"steps/{marker.key}/{marker.upload}/{name}"
