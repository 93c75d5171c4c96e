"""Locating a source's files on this machine. Folders the user gave come first, then what was fetched into the store,
then the packaged samples. Nothing is ever downloaded by looking.

Within one folder the places of a source are tried in their order. A folder that holds all files of any place wins over
all later folders: who gives `--data` means it, and a full set fetched into the store wins over a packaged sample.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from xstilts.core.errors import DataError
from xstilts.data.lock import Lock, checked_relative_path, data_folder, read_lock
from xstilts.data.source import Place, Source

SAMPLES = Path(__file__).resolve().parents[1] / "samples"


@dataclass(frozen=True, kw_only=True)
class Roots:
    """The folders files may lie in.

    Arguments
        data: the user's own, in order of preference (`--data`, `XSTILTS_DATA`).
        store: the store; fetched files are in its `data/`.
        offline: nothing may be fetched.
        samples: the packaged samples.
    """

    data: tuple[Path, ...] = ()
    store: Path
    offline: bool = False
    samples: Path = field(default=SAMPLES)

    def folders(self) -> Iterator[tuple[str, Path]]:
        """Yield (kind, folder) in the order they are looked into; the kind is "data", "store" or "sample"."""
        yield from (("data", folder) for folder in self.data)
        yield "store", data_folder(self.store)
        yield "sample", self.samples


@dataclass(frozen=True, kw_only=True)
class LocatedFiles:
    """A place whose files are all here. `paths` has the order of `place.files`; `root` is the folder they are below."""

    place: Place
    paths: tuple[Path, ...]
    root: Path
    kind: str  # "data" | "store" | "sample"

    @property
    def names(self) -> tuple[str, ...]:
        """Return the files' paths below `root`."""
        return tuple(path.relative_to(self.root).as_posix() for path in self.paths)


def locate_files(source: Source, roots: Roots) -> LocatedFiles:
    """Return the first place whose files are all here.

    Raises DataError that says which files were looked for, where, and how to get them.
    """
    lock = read_lock(roots.store)
    for kind, folder in roots.folders():
        for place in source.places:
            for names in place_layouts(place, lock):
                paths = tuple(_at(folder, name) for name in names)
                if paths and None not in paths:
                    return LocatedFiles(place=place, paths=tuple(p for p in paths if p), root=folder, kind=kind)
    raise _missing(source, roots, lock)


def place_layouts(place: Place, lock: Lock) -> Iterator[tuple[str, ...]]:
    """Yield the paths that the files of a place may have below a folder, the best first.

    A hub place: `hub/<owner>/<name>/<revision>/<file>` (the revision asked for or locked), then the same without a
    revision. A member of a hub archive lies in `<file>.members/`. Any other place: the files as they are named.
    """
    members = place.members or ("",) * len(place.files)
    if place.hub is None:
        yield tuple(checked_relative_path(name) for name in place.files)
        return
    names = [
        checked_relative_path(f"{name}.members/{member}" if member else name)
        for name, member in zip(place.files, members, strict=True)
    ]
    if revision := lock.revisions.get(revision_key(place), place.revision):
        yield tuple(checked_relative_path(f"hub/{place.hub}/{revision}/{name}") for name in names)
    yield tuple(f"hub/{place.hub}/{name}" for name in names)


def plain_names(place: Place) -> tuple[str, ...]:
    """Return the paths of a place's files below a folder without any revision: the same wherever they lie."""
    *_, names = place_layouts(place, Lock())
    return names


def revision_key(place: Place) -> str:
    """Return the name under which the lock keeps the commit of a hub place."""
    return f"{place.hub}@{place.revision}" if place.revision else f"{place.hub}"


def place_addresses(place: Place) -> list[str]:
    """Return the addresses that a place can be fetched from, for people."""
    hub = [f"the hub data set {place.hub}"] if place.hub else []
    return hub + list(dict.fromkeys(place.urls))


def _at(folder: Path, name: str) -> Path | None:
    """Return the file, as named, or with or without ".gz"."""
    other = name.removesuffix(".gz") if name.endswith(".gz") else name + ".gz"
    return next((path for path in (folder / name, folder / other) if path.is_file()), None)


def _missing(source: Source, roots: Roots, lock: Lock) -> DataError:
    tried = []
    for place in source.places:
        for names in place_layouts(place, lock):
            missing = [name for name in names if all(_at(folder, name) is None for _, folder in roots.folders())]
            tried.append(", ".join(f"'{name}'" for name in (missing or names)))
    folders = ", ".join(str(folder) for _, folder in roots.folders())
    remote = [address for place in source.places for address in place_addresses(place)]
    hint = "Give a folder that holds them with --data DIR or XSTILTS_DATA"
    if remote:
        hint += f", or fetch them with `xstilts data get` (from {'; '.join(dict.fromkeys(remote))})"
    message = f"no files for language '{source.language}': missing {' or '.join(dict.fromkeys(tried)) or 'any place'}"
    return DataError(message, hint=f"Looked in {folders}. {hint}.")
