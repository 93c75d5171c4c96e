"""Bundles carry files to a machine without a network: a tar of exactly what some sources need, with checksums.

The archive's first member is `manifest.json`, a lock (`data.lock`) of the other members; the others have the paths
that the files get below the data folder of the store. An encoder may travel along: the manifest lists its files under
"store", and their members are `store/<path below the store>`.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import shutil
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any

from xstilts.core.errors import DataError, XstiltsError
from xstilts.core.files import not_a_file, read_json
from xstilts.core.fingerprints import file_fingerprint
from xstilts.core.io_errors import writing
from xstilts.core.locks import locked
from xstilts.data.locate import Roots, locate_files, place_addresses, revision_key
from xstilts.data.lock import (
    Lock,
    LockEntry,
    add_to_lock,
    check_digest,
    checked_data_name,
    checked_relative_path,
    data_folder,
    fingerprint_cache,
    lock_entry,
    read_lock,
)
from xstilts.data.read import resolve_source
from xstilts.data.source import Source
from xstilts.engine.drafts import draft

_MANIFEST = "manifest.json"
_STORE = "store"  # what members that are no data are below
_STORE_FOLDERS = ("encoders/", "translators/", "adapters/")  # the folders of the store that such members may lie in


@dataclass(frozen=True, kw_only=True)
class BundleContents:
    """Number and size of the files that were packed or unpacked: data files, and files of an encoder."""

    files: int
    bytes: int
    encoder_files: int = 0
    encoder_bytes: int = 0


@dataclass(frozen=True, slots=True)
class _Manifest:
    data: Lock
    store_files: Mapping[str, LockEntry]  # path below the store -> entry

    def json(self) -> dict[str, Any]:
        store_files = {path: entry.json() for path, entry in sorted(self.store_files.items())}
        return {**self.data.json(), **({"store": store_files} if store_files else {})}

    @classmethod
    def of(cls, value: Any) -> _Manifest:
        """Return the manifest in a JSON value. Raises ValueError when it is none, DataError for a path outside the
        folders it may name."""
        data = Lock.of(value)
        store_files = Lock.of({"revisions": {}, "files": value.get("store", {})}).files
        for path in data.files:
            checked_data_name(path)
        for revision in data.revisions.values():
            if not re.fullmatch(r"[\w.-]*\w", revision):
                raise DataError(f"'{revision[:80]}' is no name of a revision.")
        for path in store_files:
            if not checked_relative_path(path).startswith(_STORE_FOLDERS):
                raise DataError(f"'{path}' is not a place for a file of an encoder.", allowed=_STORE_FOLDERS)
        return cls(data, store_files)

    def members(self) -> dict[str, LockEntry]:
        return {**self.data.files, **{f"{_STORE}/{path}": entry for path, entry in self.store_files.items()}}

    def place(self, member: str, store: Path) -> Path:
        """Return the path that a member is unpacked to."""
        path = member.removeprefix(f"{_STORE}/")
        return store / path if member != path and path in self.store_files else data_folder(store) / member

    def packed(self) -> BundleContents:
        return BundleContents(
            files=len(self.data.files),
            bytes=sum(entry.bytes for entry in self.data.files.values()),
            encoder_files=len(self.store_files),
            encoder_bytes=sum(entry.bytes for entry in self.store_files.values()),
        )


@dataclass(frozen=True, kw_only=True)
class SourceStatus:
    """One source here. `state`: "ok"; "changed" (not what was fetched); "missing" (can be fetched from `addresses`,
    when there are any). `kind` says where it was found: "data", "store", "sample" or "" (see `locate.Roots`)."""

    source: Source
    state: str
    kind: str = ""
    paths: tuple[Path, ...] = ()
    bytes: int = 0
    addresses: tuple[str, ...] = ()
    problem: str = ""  # what is wrong, in words


def check_sources(sources: Sequence[Source], roots: Roots) -> list[SourceStatus]:
    """Return the state of the files of each source. Nothing is fetched, and only files without known fingerprint are
    read."""
    return [_status(source, roots) for source in sources]


def _status(source: Source, roots: Roots) -> SourceStatus:
    remote = tuple(dict.fromkeys(address for place in source.places for address in place_addresses(place)))
    try:
        files = locate_files(source, roots)
    except DataError as error:
        return SourceStatus(source=source, state="missing", addresses=remote, problem=error.what)
    size = sum(path.stat().st_size for path in files.paths)
    status = SourceStatus(source=source, state="ok", kind=files.kind, paths=files.paths, bytes=size, addresses=remote)
    try:
        resolve_source(source, roots)
    except DataError as error:
        return replace(status, state="changed", problem=str(error))
    return status


def pack_bundle(
    sources: Sequence[Source], roots: Roots, archive: Path, encoder: Mapping[str, Path | bytes] | None = None
) -> BundleContents:
    """Write the files that the sources need into a tar. Raises DataError when any is missing; then nothing is written.

    `encoder`: path below the store -> a file, or its content. The same files give the same archive, byte for byte.
    """
    data_files, revisions = _gather(sources, roots)
    members: dict[str, Path | bytes] = {name: path for name, (path, _) in data_files.items()}
    store_entries: dict[str, LockEntry] = {}
    for place, content in (encoder or {}).items():
        if f"{_STORE}/{place}" in members:
            raise DataError(f"a data file has the name '{_STORE}/{place}', which an encoder needs.")
        members[f"{_STORE}/{place}"] = content
        store_entries[place] = lock_entry(content, "encoder") if isinstance(content, Path) else _entry_of_bytes(content)
    manifest = _Manifest(
        Lock(revisions, {name: entry for name, (_, entry) in sorted(data_files.items())}), store_entries
    )
    with writing(archive):
        _write(archive, manifest, members)
    return manifest.packed()


def _gather(sources: Sequence[Source], roots: Roots) -> tuple[dict[str, tuple[Path, LockEntry]], dict[str, str]]:
    """Return files by their names below a data folder, and the locked revisions they come from."""
    lock = read_lock(roots.store)
    files: dict[str, tuple[Path, LockEntry]] = {}
    revisions: dict[str, str] = {}
    for source in sources:
        resolved, located = resolve_source(source, roots), locate_files(source, roots)
        for name, path, digest in zip(located.names, located.paths, resolved.files, strict=True):
            origin = lock.files[name].origin if located.kind == "store" and name in lock.files else located.kind
            if name in files and files[name][1].sha256 != digest:
                raise DataError(f"two files are called '{name}': {files[name][0]} and {path}.")
            files[name] = (path, LockEntry(digest, path.stat().st_size, origin))
        key = revision_key(located.place)
        if located.place.hub and key in lock.revisions:
            revisions[key] = lock.revisions[key]
    return files, revisions


def _entry_of_bytes(content: bytes) -> LockEntry:
    return LockEntry(hashlib.sha256(content).hexdigest(), len(content), "encoder")


def _write(archive: Path, manifest: _Manifest, members: Mapping[str, Path | bytes]) -> None:
    if os.path.lexists(archive) and not _is_bundle(archive):
        raise DataError("this is there already, and is no bundle.", where=str(archive), hint="Choose a new file.")
    draft_file = archive.with_name(f".{archive.name}.tmp")  # always this one: what a kill left is written over
    text = json.dumps(manifest.json(), ensure_ascii=False, indent=1).encode()
    with locked(archive.with_name(f".{archive.name}.lock"), wait=False) as is_held:
        if not is_held:
            raise DataError("another process is writing this archive.", where=str(archive))
        try:
            with tarfile.open(draft_file, "w") as tar:
                for name, content in {_MANIFEST: text, **dict(sorted(members.items()))}.items():
                    with io.BytesIO(content) if isinstance(content, bytes) else content.open("rb") as opened:
                        size = len(content) if isinstance(content, bytes) else content.stat().st_size
                        tar.addfile(_member(name, size), opened)
            draft_file.replace(archive)
        finally:
            draft_file.unlink(missing_ok=True)


def _is_bundle(archive: Path) -> bool:
    """Say whether a file is an archive that was packed here: its first member is a manifest."""
    try:
        with tarfile.open(archive) as tar:
            return _manifest(tar) is not None
    except (OSError, tarfile.TarError, EOFError, ValueError, RecursionError, XstiltsError):
        return False


def _manifest(tar: tarfile.TarFile) -> _Manifest | None:
    """Return the manifest of an opened archive, None where its first member is none. Raises as `_Manifest.of`."""
    first = tar.next()
    opened = tar.extractfile(first) if first and first.name == _MANIFEST and first.isfile() else None
    return None if opened is None else _Manifest.of(json.load(opened))


def _member(name: str, size: int) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.size, member.mode, member.mtime = size, 0o644, 0
    return member


def unpack_bundle(archive: Path, store: Path) -> BundleContents:
    """Put the files of a packed archive into the store and lock their checksums.

    Everything is checked before anything is put in place: DataError for an archive that is damaged, holds paths that
    leave their folder, files other than its manifest lists, or another version of a file that is here.
    """
    if problem := not_a_file(archive):
        raise DataError(f"{problem}.", where=str(archive))
    folder = data_folder(store)
    with writing(folder), draft(folder, f"unpacking {archive.resolve()}") as home:
        manifest = _unpack_checked(archive, home)
        places = {name: manifest.place(name, store) for name in manifest.members()}
        for name, entry in manifest.members().items():
            if places[name].is_file():
                digest = file_fingerprint(places[name], fingerprint_cache(store))
                check_digest(name, digest, entry.sha256, str(archive))
        add_to_lock(store, manifest.data)
        for name, place in places.items():
            place.parent.mkdir(parents=True, exist_ok=True)
            (home / name).replace(place)
    return manifest.packed()


def _unpack_checked(archive: Path, draft: Path) -> _Manifest:
    """Extract all members below `draft` and compare them with the manifest."""
    try:
        with tarfile.open(archive) as tar:
            manifest = _manifest(tar)
            if manifest is None:
                raise DataError("the archive was not made by `xstilts data pack`: no manifest.", where=str(archive))
            entries = manifest.members()
            for member in tar.getmembers()[1:]:
                if not member.isfile() or member.name not in entries:
                    raise DataError(f"the archive holds '{member.name}', not in its manifest.", where=str(archive))
                target = draft / checked_relative_path(member.name)
                target.parent.mkdir(parents=True, exist_ok=True)
                content = tar.extractfile(member)
                assert content is not None  # a regular file
                with target.open("wb") as out:
                    shutil.copyfileobj(content, out)
    except FileNotFoundError as error:
        raise DataError("there is no such archive.", where=str(archive)) from error
    except RecursionError as error:
        raise DataError("the archive's manifest is nested too deeply.", where=str(archive)) from error
    except tarfile.ReadError as error:
        raise DataError("the archive is damaged, or is no tar.", where=str(archive)) from error
    except DataError as error:
        if error.where:
            raise
        raise error.moved(str(archive)) from error
    except (tarfile.TarError, EOFError, ValueError) as error:
        raise DataError(f"the archive cannot be read: {error}.", where=str(archive)) from error
    for name, entry in entries.items():
        if not (draft / checked_relative_path(name)).is_file():
            raise DataError(f"the archive lacks '{name}', which its manifest lists.", where=str(archive))
        found = lock_entry(draft / name, "")
        if found.bytes != entry.bytes:
            message = f"'{name}' has {found.bytes} bytes, and the manifest says {entry.bytes}."
            raise DataError(message, where=str(archive))
        check_digest(name, entry.sha256, found.sha256, str(archive))
    for path in manifest.store_files:
        _check_record(draft / _STORE / path, path, archive)
    return manifest


def _check_record(file: Path, path: str, archive: Path) -> None:
    """Raise DataError where a record of a model names a folder or files outside its place."""
    place = PurePosixPath(path)
    if place.suffix != ".json" or len(place.parts) != 2:
        return
    try:
        record = read_json(file)
    except XstiltsError as error:
        raise DataError(f"'{path}' is no record of a model.", where=str(archive)) from error
    values = record if isinstance(record, Mapping) else {}
    for name in (values.get("folder", "none"), *(values.get("files") or ())):
        checked_relative_path(str(name))
