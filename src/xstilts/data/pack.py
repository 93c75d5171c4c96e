"""Carrying files to a machine without a network: a tar of exactly what some sources need, with checksums.

The archive's first member is `manifest.json`, a lock (`data.lock`) of the other members; the others have the paths
that the files get below the data folder of the store.
"""

from __future__ import annotations

import io
import json
import shutil
import tarfile
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from xstilts.core.disk import writing
from xstilts.core.errors import DataError
from xstilts.core.files import file_fingerprint
from xstilts.data.load import resolve
from xstilts.data.locate import Roots, addresses, find, revision_key
from xstilts.data.lock import Entry, Lock, add_to_lock, cache_file, check_digest, data_folder, entry_of, read_lock, safe
from xstilts.data.source import Source

_MANIFEST = "manifest.json"


@dataclass(frozen=True, kw_only=True)
class Packed:
    """What was packed or unpacked."""

    files: int
    bytes: int


@dataclass(frozen=True, kw_only=True)
class Status:
    """One source here. `state`: "ok"; "changed" (not what was fetched); "missing" (can be fetched from `addresses`,
    when there are any). `kind` says where it was found: "data", "store", "sample" or "" (see `locate.Roots`)."""

    source: Source
    state: str
    kind: str = ""
    paths: tuple[Path, ...] = ()
    bytes: int = 0
    addresses: tuple[str, ...] = ()
    why: str = ""  # what is wrong, in words


def check(sources: Sequence[Source], roots: Roots) -> list[Status]:
    """The state of the files of each source. Nothing is fetched, and only files without known fingerprint are read."""
    return [_status(source, roots) for source in sources]


def _status(source: Source, roots: Roots) -> Status:
    remote = tuple(dict.fromkeys(address for place in source.places for address in addresses(place)))
    try:
        found = find(source, roots)
    except DataError as error:
        return Status(source=source, state="missing", addresses=remote, why=str(error))
    size = sum(path.stat().st_size for path in found.paths)
    here = Status(source=source, state="ok", kind=found.kind, paths=found.paths, bytes=size, addresses=remote)
    try:
        resolve(source, roots)
    except DataError as error:
        return replace(here, state="changed", why=str(error))
    return here


def pack(sources: Sequence[Source], roots: Roots, archive: Path) -> Packed:
    """Writes the files that the sources need into a tar. Raises DataError when any is missing; then nothing is written.

    The same files give the same archive, byte for byte.
    """
    lock = read_lock(roots.store)
    files: dict[str, tuple[Path, Entry]] = {}
    revisions: dict[str, str] = {}
    for source in sources:
        resolved, found = resolve(source, roots), find(source, roots)
        for name, path, digest in zip(found.names, found.paths, resolved.files, strict=True):
            origin = lock.files[name].origin if found.kind == "store" and name in lock.files else found.kind
            if name in files and files[name][1].sha256 != digest:
                raise DataError(f"two files are called '{name}': {files[name][0]} and {path}.")
            files[name] = (path, Entry(digest, path.stat().st_size, origin))
        key = revision_key(found.place)
        if found.place.hub and key in lock.revisions:
            revisions[key] = lock.revisions[key]
    manifest = Lock(revisions, {name: entry for name, (_, entry) in sorted(files.items())})
    draft = archive.with_name(f".{archive.name}.{uuid.uuid4().hex[:12]}.tmp")
    with writing(archive):
        archive.parent.mkdir(parents=True, exist_ok=True)
        try:
            with tarfile.open(draft, "w") as tar:
                text = json.dumps(manifest.json(), ensure_ascii=False, indent=1).encode()
                tar.addfile(_member(_MANIFEST, len(text)), io.BytesIO(text))
                for name, (path, entry) in sorted(files.items()):
                    with path.open("rb") as content:
                        tar.addfile(_member(name, entry.bytes), content)
            draft.replace(archive)
        finally:
            draft.unlink(missing_ok=True)
    return Packed(files=len(files), bytes=sum(entry.bytes for _, entry in files.values()))


def _member(name: str, size: int) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.size, member.mode, member.mtime = size, 0o644, 0
    return member


def unpack(archive: Path, store: Path) -> Packed:
    """Puts the files of a packed archive into the store and locks their checksums.

    Everything is checked before anything is put in place: DataError for an archive that is damaged, holds paths that
    leave the data folder, files other than its manifest lists, or another version of a file that is here.
    """
    folder = data_folder(store)
    draft = folder / f".draft-{uuid.uuid4().hex[:12]}"
    with writing(folder):
        try:
            draft.mkdir(parents=True)
            manifest = _unpack_checked(archive, draft)
            for name, entry in manifest.files.items():
                if (folder / name).is_file():
                    found = file_fingerprint(folder / name, cache_file(store))
                    check_digest(name, found, entry.sha256, str(archive))
            add_to_lock(store, manifest)
            for name in manifest.files:
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                (draft / name).replace(folder / name)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
    return Packed(files=len(manifest.files), bytes=sum(entry.bytes for entry in manifest.files.values()))


def _unpack_checked(archive: Path, draft: Path) -> Lock:
    """Extracts all members below `draft` and compares them with the manifest."""
    try:
        with tarfile.open(archive) as tar:
            first, *members = tar.getmembers() or [tarfile.TarInfo()]
            opened = tar.extractfile(first) if first.name == _MANIFEST and first.isfile() else None
            if opened is None:
                raise DataError("the archive was not made by `xstilts data pack`: no manifest.", where=str(archive))
            manifest = Lock.of(json.load(opened))
            for member in members:
                if not member.isfile() or member.name not in manifest.files:
                    raise DataError(f"the archive holds '{member.name}', not in its manifest.", where=str(archive))
                target = draft / safe(member.name)
                target.parent.mkdir(parents=True, exist_ok=True)
                content = tar.extractfile(member)
                assert content is not None  # a regular file
                with target.open("wb") as out:
                    shutil.copyfileobj(content, out)
    except FileNotFoundError as error:
        raise DataError("there is no such archive.", where=str(archive)) from error
    except (tarfile.TarError, EOFError, ValueError) as error:
        raise DataError(f"the archive cannot be read: {error}.", where=str(archive)) from error
    for name, entry in manifest.files.items():
        if not (draft / safe(name)).is_file():
            raise DataError(f"the archive lacks '{name}', which its manifest lists.", where=str(archive))
        check_digest(name, entry.sha256, entry_of(draft / name, "").sha256, str(archive))
    return manifest
