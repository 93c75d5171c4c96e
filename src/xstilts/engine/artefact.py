"""One artefact on the disk: its done-marker, the parts that may be thrown away, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from xstilts.core.errors import StoreError
from xstilts.core.files import read_json
from xstilts.engine.checksums import digest_of, find_damage


def sealed(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return the content of a done-marker: the record and its own checksum."""
    return {**record, "sum": digest_of(record)}


def read_record(folder: Path, key: str) -> dict[str, Any] | None:
    """Return the record in a done-marker; None where there is none, or none that can be trusted. A step that is a link
    is none of this store."""
    marker = folder / "done.json"
    try:
        record = None if folder.is_symlink() or marker.is_symlink() else read_json(marker)
    except (StoreError, RecursionError):
        return None
    if not isinstance(record, dict) or record.get("key") != key:
        return None
    expected = record.pop("sum", None)  # markers of earlier versions have none
    return record if expected is None or expected == digest_of(record) else None


def artefact_damage(
    folder: Path, record: Mapping[str, Any] | None, parts: Collection[str] | None, content: bool
) -> str:
    """Return what is wrong with a done artefact, in words."""
    if record is None:
        return ""
    files = record.get("files", {})
    try:
        files_by_part, trimmed_parts = read_parts(folder), set(read_trimmed(folder))
    except StoreError as error:
        return f"'{Path(error.where or '').name}' has other content than was written in {folder.name}"
    looked_at = set(files_by_part if parts is None else parts) - trimmed_parts
    problem = find_damage(folder, files, other_files(files_by_part, looked_at), content)
    return f"{problem} in {folder.name}" if problem else ""


def other_files(files_by_part: Mapping[str, Collection[str]], parts: Collection[str]) -> set[str]:
    """Return the files that belong to other parts alone."""
    needed = {name for part in parts for name in files_by_part.get(part, ())}
    return {name for names in files_by_part.values() for name in names} - needed


def read_parts(folder: Path) -> dict[str, list[str]]:
    path = folder / "parts.json"
    if not path.exists():
        return {}
    files_by_part = read_json(path)
    if not isinstance(files_by_part, Mapping) or not all(_are_names(names) for names in files_by_part.values()):
        raise StoreError("this should map the names of parts to lists of files.", where=str(path))
    if outside := [
        name for names in files_by_part.values() for name in names if ".." in Path(name).parts or name[:1] == "/"
    ]:
        raise StoreError(f"the part file '{outside[0]}' lies outside the artefact.", where=str(path))
    return {str(part): list(names) for part, names in files_by_part.items()}


def read_trimmed(folder: Path) -> list[str]:
    path = folder / "trimmed.json"
    names = read_json(path) if path.exists() else []
    if not _are_names(names):
        raise StoreError("this should list the names of parts.", where=str(path))
    return list(names)


def _are_names(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(name, str) for name in value)
