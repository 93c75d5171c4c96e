"""Done-markers of an object store: one small object a step, written when all files of an upload are there.

store.json                        what this is
done/<key>.json                   the marker: which upload is the artefact, its record with checksums, its parts
steps/<key>/<upload>/<file>       the files of an upload; of no use until the marker names it
trimmed/<key>/<upload>/<part>     an empty object: this part was thrown away
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Any

from xstilts.engine.checksums import digest_of

_MARKS = frozenset({"done.json", "trimmed.json"})  # of the folder, written where it is


@dataclass(frozen=True, kw_only=True)
class DoneMarker:
    """An uploaded artefact. record: as in `done.json`, without its own checksum; trimmed: parts that are not there."""

    key: str
    upload: str
    record: Mapping[str, Any]
    parts: Mapping[str, list[str]]
    trimmed: frozenset[str] = frozenset()

    def content(self) -> bytes:
        """Return the marker as it is stored, with a checksum of itself."""
        values = {
            "key": self.key,
            "upload": self.upload,
            "record": self.record,
            "parts": self.parts,
            "trimmed": sorted(self.trimmed),
        }
        return json.dumps({**values, "sum": digest_of(values)}, ensure_ascii=False, indent=1).encode()

    def without(self, parts: Collection[str]) -> DoneMarker:
        return replace(self, trimmed=self.trimmed | frozenset(parts))

    def lacks(self, parts: Collection[str] | None) -> bool:
        """Say whether one of these parts (None: of all it had) was thrown away."""
        return bool(self.trimmed if parts is None else self.trimmed.intersection(parts))

    def files(self, parts: Collection[str]) -> list[str]:
        """Return the files of these parts, and those of no part."""
        wanted = {name for part in parts for name in self.parts.get(part, ())}
        others = {name for part in self.parts if part not in parts for name in self.parts[part]} - wanted
        return [name for name in self.record["files"] if name not in others]


def read_marker(key: str, content: bytes | None) -> DoneMarker | None:
    """Return the marker of a step; None where there is none, or none that can be trusted: half written, of another
    step, or with files that would lie outside the artefact."""
    try:
        values = json.loads(content) if content else None
        if not isinstance(values, dict) or values.pop("sum", None) != digest_of(values):
            return None
        marker = DoneMarker(**{**values, "trimmed": frozenset(values["trimmed"])})
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    files = marker.record.get("files") if isinstance(marker.record, dict) else None
    if marker.key != key or not isinstance(files, dict) or marker.record.get("key") != key:
        return None
    return marker if all(map(_is_inside, (marker.upload, *files))) and marker.upload else None


def _is_inside(name: str) -> bool:
    path = PurePosixPath(name)
    return not path.is_absolute() and ".." not in path.parts and name not in _MARKS and "\\" not in name
