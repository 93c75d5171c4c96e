"""The store: a folder of artefacts, each found by the identity of the step that made it.

    steps/<key>/          an artefact; `done.json` inside is written last, before the rename into place
    work/<key>/out        what a running step has written so far; emptied at every start
    work/<key>/scratch    snapshots; survives an interruption, gone when the step is done
    work/<key>/attempt.json   where the last attempt runs or ran, since when, and how far it had come (see `attempts`)
    locks/<key>.lock      held while a step runs, is read or is removed (flock)
    jobs/<key>/           what a scheduler's job of a step reports (see `slurm/job_folder`)
    locks/leases/         what the runs in progress need, which gc leaves alone (see `leases`)
    runs/                 a record of every run

An artefact may name parts of itself that can be thrown away (`parts.json`: {"weights": ["encoder/model.safetensors"]});
`trimmed.json` lists those that were. `done.json` has the size and sha-256 of every file, and a checksum of itself: what
is damaged is noticed when it is read and made again. The other folders (data, encoders, translators, adapters, cache,
reports) belong to other layers; drafts in them (see `drafts`) are counted and collected here.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Collection, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from xstilts.core.errors import StoreError
from xstilts.core.files import read_json, write_json
from xstilts.core.io_errors import writing
from xstilts.core.locks import is_held, locked
from xstilts.engine import leases
from xstilts.engine.artefact import artefact_damage, other_files, read_parts, read_record, read_trimmed
from xstilts.engine.checksums import find_damage
from xstilts.engine.drafts import draft_folders, half_written
from xstilts.engine.step import Step

LAYOUT = 1
FOLDERS = (
    "steps", "work", "jobs", "locks", "runs", "data", "encoders", "translators", "adapters", "cache", "reports",
    "store.json",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Usage:
    steps: int
    bytes: int


class Store:
    """A store at `root`. Nothing is written before `prepare` or the first step.

    Raises StoreError when `root` holds something else, or a store of a later layout.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._check()

    def prepare(self) -> None:
        """Make the folder and mark it as a store. Raises StoreError where that is impossible."""
        if not (self.root / "store.json").exists():
            write_json(self.root / "store.json", {"layout": LAYOUT})

    def path(self, step: Step) -> Path:
        """Return the folder of the artefact of `step`, whether it is there yet or not."""
        return self._folder(step)

    def files(self, step: Step, names: Collection[str]) -> Path:
        """Return a folder with these files of a done artefact, and perhaps no others."""
        return self.path(step)

    def _folder(self, step: Step) -> Path:
        return self.root / "steps" / step.key

    def scratch(self, step: Step) -> Path:
        return self.root / "work" / step.key / "scratch"

    def error_file(self, step: Step) -> Path:
        """Return the file with the details of the last attempt, which is there where that failed."""
        return self.root / "work" / step.key / "error.txt"

    def record(self, step: Step) -> dict[str, Any] | None:
        """Return the record of a done step (`done.json`); None when it is not done."""
        return read_record(self._folder(step), step.key)

    def records(self, name: str) -> Iterator[tuple[Path, dict[str, Any]]]:
        """Yield (folder, record) of every done step of this name, whichever study it was for."""
        for folder in _subfolders(self.root / "steps"):
            if not folder.name.startswith(f"{name}-"):
                continue
            if (record := read_record(folder, folder.name)) is not None:
                yield folder, record

    def is_done(self, step: Step) -> bool:
        return self.record(step) is not None

    def parts(self, step: Step) -> dict[str, list[str]]:
        """Return the parts of a done artefact that can be trimmed, with their files relative to the artefact."""
        return read_parts(self._folder(step))

    def is_whole(self, step: Step, parts: Collection[str] | None = None) -> bool:
        """Say whether `step` is done and its `parts` (None: all), and what belongs to no part, still have every file in
        its size. A part it never had is whole."""
        record = self.record(step)
        if record is None:
            return False
        folder = self._folder(step)
        try:
            files_by_part, trimmed_parts = read_parts(folder), set(read_trimmed(folder))
        except StoreError:
            return False
        needed_parts = files_by_part if parts is None else [part for part in parts if part in files_by_part]
        return (
            trimmed_parts.isdisjoint(needed_parts)
            and all((folder / name).exists() for part in needed_parts for name in files_by_part[part])
            and not find_damage(
                folder, record.get("files", {}), other_files(files_by_part, needed_parts), content=False
            )
        )

    def damage(self, step: Step, parts: Collection[str] | None = (), content: bool = True) -> str:
        """Return what is wrong with a done step, in words, "" where nothing is.

        Args:
            parts: those that are looked at, None for all that were not trimmed; what belongs to no part always is.
            content: compare checksums, as opposed to kinds and sizes of files.
        """
        return artefact_damage(self._folder(step), self.record(step), parts, content)

    def is_sound(self, step: Step) -> bool:
        """Say whether `step` is done, and what belongs to no part of it is as it was written, byte by byte."""
        return self.is_done(step) and not self.damage(step)

    def discard(self, step: Step) -> bool:
        """Make a damaged step one that is not done; return whether that was possible: nobody may be using it."""
        with self.lock(step.key, wait=False) as is_held:
            if is_held:
                with writing(self._folder(step)):
                    (self._folder(step) / "done.json").unlink(missing_ok=True)
            return is_held

    def check(self) -> Iterator[tuple[str, str]]:
        """Yield (key, what is wrong, "" for nothing) of every artefact, after comparing every checksum."""
        for folder in _subfolders(self.root / "steps"):
            record = read_record(folder, folder.name)
            if folder.is_symlink():
                yield folder.name, "is a link to somewhere else"
            else:
                yield (
                    folder.name,
                    artefact_damage(folder, record, None, True) if record else "its done-marker is damaged",
                )

    def lock(self, key: str, *, shared: bool = False, wait: bool = True) -> AbstractContextManager[bool]:
        """Hold a step's lock: alone to run, trim or remove it, shared to read its artefact. Yields whether held.

        A step takes its own lock first and those of its inputs after, so locks are always asked for downwards in a
        graph without cycles, and never wait for each other in a ring.
        """
        return locked(self._lock_file(key), shared=shared, wait=wait)

    def _lock_file(self, key: str) -> Path:
        return self.root / "locks" / f"{key}.lock"

    def is_held(self, key: str) -> bool:
        """Say whether somebody is making a step (or trims or removes it); who reads it shares its lock. Nothing is
        written."""
        return is_held(self._lock_file(key))

    def begin(self, step: Step) -> tuple[Path, Path]:
        """Return an empty `out` and the `scratch` that earlier attempts left. The caller holds the lock."""
        self.prepare()
        work = self.root / "work" / step.key
        with writing(work):
            if work.is_symlink():
                remove(work)
            remove(work / "out")
            for folder in (work / "out", work / "scratch"):
                folder.mkdir(parents=True, exist_ok=True)
            self.error_file(step).unlink(missing_ok=True)
        return work / "out", work / "scratch"

    def install(self, step: Step) -> bool:
        """Rename a complete `out` (one with its `done.json`) into place; return whether there was one.

        An attempt may have been killed between the two, so the next one asks first. The caller holds the lock.
        """
        work, artefact = self.root / "work" / step.key, self._folder(step)
        if read_record(work / "out", step.key) is None:
            return False
        with writing(artefact):
            artefact.parent.mkdir(parents=True, exist_ok=True)
            if os.path.lexists(artefact):  # trimmed or spoilt; renamed first, for a rename cannot be seen half done
                remove(work / "old")
                artefact.rename(work / "old")
            (work / "out").rename(artefact)
        with contextlib.suppress(StoreError, OSError):  # the step is done; what stays behind is for gc
            remove(work)
        return True

    def clear_work(self, steps: Iterable[Step]) -> None:
        """Remove work on steps that are done, where nobody holds them: an attempt may have been killed as it ended."""
        by_key = {step.key: step for step in steps}
        for folder in _subfolders(self.root / "work"):
            if (step := by_key.get(folder.name)) is None:
                continue
            with contextlib.suppress(StoreError), self.lock(step.key, wait=False) as is_held:
                if is_held and self.is_done(step):
                    remove(folder)

    def write_error(self, step: Step, details: str) -> Path:
        """Write the details of a failure next to the step's scratch, where the disk allows it; return their path."""
        path = self.error_file(step)
        with contextlib.suppress(OSError):  # a full disk may be why it failed
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(details, encoding="utf-8")
        return path

    def trim(self, step: Step, part: str) -> int:
        """Delete the files of a part and return the bytes freed: 0 when there is no such part, or someone is using the
        step."""
        folder = self._folder(step)
        with self.lock(step.key, wait=False) as is_held:
            names = self.parts(step).get(part, []) if is_held and self.is_done(step) else []
            names = [name for name in names if _is_inside(folder / name, folder)]
            if not any((folder / name).exists() for name in names):
                return 0
            with writing(folder):
                for draft in folder.glob(".trimmed.json.*"):  # of one who was killed just here
                    draft.unlink(missing_ok=True)
            write_json(
                folder / "trimmed.json", sorted({*read_trimmed(folder), part})
            )  # first: a kill leaves it not whole
            freed = 0
            with writing(folder):
                for name in names:
                    freed += size(folder / name)
                    (folder / name).unlink(missing_ok=True)
            return freed

    def du(self) -> dict[str, Usage]:
        """Return steps and bytes by step name, largest first; what unfinished steps hold is under "(unfinished)", what
        was fetched in part under "(unfinished downloads)"."""
        sums: dict[str, list[int]] = {}
        for folder, name in self._folders():
            entry = sums.setdefault(name, [0, 0])
            entry[0] += 1
            entry[1] += size(folder)
        return {name: Usage(*entry) for name, entry in sorted(sums.items(), key=lambda item: -item[1][1])}

    def gc(self, keep: Collection[str], dry_run: bool = False) -> int:
        """Remove artefacts and unfinished work whose key is not in `keep`, drafts of downloads, and what a kill left of
        a small file, but nothing in use, and nothing that a run in progress needs (`leases`). Return the bytes that
        were (or would be) freed."""
        freed = 0
        with leases.no_new_runs(self.root):
            needed = {*keep, *leases.leased_keys(self.root)}
            for folder, _ in self._folders():
                if folder.name in needed:
                    continue
                with self.lock(folder.name, wait=False) as is_held:
                    if is_held:
                        freed += size(folder)
                        if not dry_run:
                            _remove_artefact(folder)
            for draft in half_written(self.root):
                freed += size(draft)
                if not dry_run:
                    remove(draft)
        return freed

    def _folders(self) -> Iterable[tuple[Path, str]]:
        for top in ("steps", "work", "jobs"):
            for folder in _subfolders(self.root / top):
                yield folder, folder.name.rpartition("-")[0] if top == "steps" else "(unfinished)"
        yield from ((folder, "(unfinished downloads)") for folder in draft_folders(self.root))

    def _check(self) -> None:
        try:
            present = {path.name for path in self.root.iterdir()} if self.root.exists() else set()
        except OSError as error:
            raise StoreError(f"the store cannot be read ({error.strerror}).", where=str(self.root)) from error
        if "store.json" in present:
            marker = read_json(self.root / "store.json")
            layout = marker.get("layout") if isinstance(marker, dict) else None
            if layout != LAYOUT:
                raise StoreError(f"this store has layout {layout}; this program knows {LAYOUT}.", where=str(self.root))
        elif strangers := sorted(name for name in present - set(FOLDERS) if not name.startswith(".")):
            raise StoreError(
                f"this folder is no store: it holds '{strangers[0]}'.",
                where=str(self.root),
                hint="Choose a new or empty folder.",
            )


def remove(folder: Path) -> None:
    """Remove a folder and all below it, of a link the link alone; nothing happens when it is not there."""
    with writing(folder), contextlib.suppress(FileNotFoundError):
        if folder.is_symlink() or folder.is_file():
            folder.unlink()
        else:
            shutil.rmtree(folder)


def size(path: Path) -> int:
    """Return the bytes of a file, or of all files below a folder; 0 when there is none. Links are not followed."""
    total = 0
    for file in path.rglob("*") if path.is_dir() and not path.is_symlink() else [path]:
        with contextlib.suppress(OSError):  # a running step may take a file away meanwhile
            total += file.lstat().st_size if file.is_symlink() or not file.is_dir() else 0
    return total


def _subfolders(folder: Path) -> list[Path]:
    """Return the folders in a folder, and links to folders, by name."""
    return sorted(path for path in folder.glob("*") if path.is_symlink() or path.is_dir())


def _is_inside(path: Path, folder: Path) -> bool:
    """Say whether no folder on the way to `path` is a link out of `folder`."""
    return path.parent.resolve().is_relative_to(folder.resolve())


def _remove_artefact(folder: Path) -> None:
    if not folder.is_symlink():
        with writing(folder):
            (folder / "done.json").unlink(missing_ok=True)  # so half a removal is never a whole step
    remove(folder)
