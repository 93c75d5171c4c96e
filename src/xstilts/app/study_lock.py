"""Lock a study: write down the content of every file that it reads, for another machine to compare with."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from xstilts.app.data import DataCheck
from xstilts.core.errors import DataError, StudyError, XstiltsError
from xstilts.data.lock import Lock
from xstilts.data.study_lock import (
    LockChanges,
    lock_beside,
    lock_changes,
    lock_problems,
    read_study_lock,
    write_study_lock,
)
from xstilts.models.encoders import find_encoder
from xstilts.models.translators import find_translator
from xstilts.pipeline.locked_files import files_read
from xstilts.pipeline.options import Options
from xstilts.pipeline.session import catalog_for, require_source
from xstilts.pipeline.steps.encoder import packaged_encoders
from xstilts.report.elements.formatting import plural, size
from xstilts.study.availability import locate_study
from xstilts.study.load import load_study, study_lock
from xstilts.study.needs import needed_translators
from xstilts.study.resolve import ResolvedStudy, resolve_study
from xstilts.study.schema import Study


@dataclass(frozen=True, kw_only=True)
class StudyLocked:
    """A lock that was written, and what it has otherwise than the one that it replaced (None: there was none)."""

    path: Path
    files: int
    bytes: int
    revisions: int
    changes: LockChanges | None

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "path": str(self.path)}

    def as_line(self) -> str:
        line = f"{self.path}: {plural(self.files, 'file')}, {size(self.bytes)}, {plural(self.revisions, 'revision')}"
        if (changes := self.changes) is None:
            return f"{line}."
        return f"{line}; {changes.added} added, {changes.removed} removed, {changes.changed} changed."


def lock_place(study: str, scale: str | None, out: Path | None) -> Path:
    """Return where the lock of a study goes. Raises StudyError for a packaged study where no place is named."""
    if out is not None:
        return out
    if not Path(study).is_file():
        raise StudyError(
            f"'{study}' comes with the program, so that its lock has no place beside it.",
            where="--out",
            hint="Name a file: `xstilts data lock STUDY --out FILE.lock`, and `xstilts run STUDY --lock FILE.lock`.",
        )
    return lock_beside(Path(study), scale)


def lock_study(study: Study, options: Options, path: Path) -> StudyLocked:
    """Write the lock of a study into a file, in the place of one that is there.

    Raises DataError for a file that is missing here and that the study does not allow to be, EncoderError for a missing
    model, DataError where something else than a lock is in the way, StoreError where nothing can be written."""
    old = read_study_lock(path) if os.path.lexists(path) else None
    resolved = resolve_study(study, catalog_for(study, options), options.roots.data)
    _require_all(resolved, options)
    lock: Lock = files_read(resolved, options.roots).lock
    if not lock.files:
        raise DataError("the study reads no file.", where=str(path))
    write_study_lock(path, lock)
    return StudyLocked(
        path=path,
        files=len(lock.files),
        bytes=sum(entry.bytes for entry in lock.files.values()),
        revisions=len(lock.revisions),
        changes=None if old is None else lock_changes(old.files, lock.files),
    )


def check_locks(names: Iterable[str], options: Options, scale: str | None) -> list[DataCheck]:
    """Compare the studies among `names` that have a lock beside their file with it: a check for each difference, or one
    that says that there is none."""
    found: list[DataCheck] = []
    for name in names:
        if (path := study_lock(name, scale)) is not None:
            found += _lock_checks(load_study(name, scale), options, path)
    return found


def _lock_checks(study: Study, options: Options, path: Path) -> list[DataCheck]:
    locked = read_study_lock(path)
    resolved = resolve_study(study, catalog_for(study, options), options.roots.data)
    try:
        problems = lock_problems(locked, files_read(resolved, options.roots))
    except XstiltsError as error:  # a file that is not what was fetched
        problems = [str(error)]
    if not problems:
        return [DataCheck(task="lock", language=path.name, state="ok", message=plural(len(locked.files), "file"))]
    return [DataCheck(task="lock", language=path.name, state="changed", message=problem) for problem in problems]


def _require_all(resolved: ResolvedStudy, options: Options) -> None:
    """Raise DataError or EncoderError for what is not here and must be."""
    locate_study(resolved, lambda source: require_source(source, options.roots))
    find_encoder(resolved.study.encoder.name, options.roots, packaged_encoders())
    if not resolved.study.allow_missing:
        for name in needed_translators(resolved):
            find_translator(name, options.roots)
