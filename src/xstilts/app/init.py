"""Init: a first study, made of flags or answers, checked, and written where nothing is."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from xstilts.app.own_task import OwnTask
from xstilts.core.errors import DataError, StoreError, StudyError
from xstilts.core.files import write_atomic
from xstilts.data.locate import Roots
from xstilts.data.read import place_to_fetch
from xstilts.pipeline.options import Options
from xstilts.pipeline.session import catalog_for
from xstilts.study.first_study import FirstStudy, study_text, task_lines
from xstilts.study.load import study_from_text
from xstilts.study.needs import needed_sources
from xstilts.study.resolve import resolve_study

TEST_ALONE = "tatoeba"  # the target of a study whose own task has no test file: packaged, and needs no training


@dataclass(frozen=True, kw_only=True)
class StartedStudy:
    """A study that was written, or is to be shown.

    Attributes:
        seen: what was seen in a data file, and guessed of it.
        notes: what somebody should know before it is run.
        to_fetch, missing: sources that are not here: of those that can be fetched, and of the others.
    """

    text: str
    seen: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    to_fetch: int = 0
    missing: int = 0

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain values: what `xstilts init --json` prints."""
        return {
            "study": self.text,
            "seen": list(self.seen),
            "notes": list(self.notes),
            "to_fetch": self.to_fetch,
            "missing": self.missing,
        }


def start_study(first: FirstStudy, options: Options, own: OwnTask | None = None) -> StartedStudy:
    """Return the study, which was read as any study is, so that it can be planned as it stands.

    Raises StudyError for an unknown task, encoder language or number, DataError for a task whose files cannot be used.
    """
    known = catalog_for(None, options)
    notes: list[str] = []
    if own is not None:
        if own.name in known:
            own = replace(own, name=f"my-{own.name}")
        first, notes = _with_own(first, own)
    if not first.targets:
        raise StudyError("A study needs a target.", where="--target", hint="`xstilts tasks` lists the tasks.")
    for flag, names in (("--target", first.targets), ("--through", first.through)):
        for name in names:
            if own is None or name != own.name:
                known.find(name, flag)
    text = study_text(first)
    study = study_from_text(text, first.file)
    folders = (own.folder, *options.data) if own is not None else options.data
    resolved = resolve_study(study, catalog_for(study, options), folders)
    to_fetch, missing = _not_here(needed_sources(resolved), replace(options.roots, data=tuple(folders)))
    return StartedStudy(
        text=text,
        seen=own.seen if own else (),
        notes=tuple(notes),
        to_fetch=to_fetch,
        missing=missing,
    )


def section_text(own: OwnTask) -> str:
    """Return the section `tasks` alone, for a study that somebody has."""
    return "\n".join(task_lines({own.name: own.keys}, {own.name: own.seen})) + "\n"


def check_new_file(path: Path) -> None:
    """Raise StoreError where something is there already: nobody's study is overwritten."""
    if os.path.lexists(path):
        raise StoreError("this is there already.", where=str(path), hint="Choose another name, or delete it.")


def write_study(path: Path, text: str) -> None:
    """Write a study into a new file. Raises StoreError where there is one, or none can be written."""
    check_new_file(path)
    write_atomic(path, text)


def _with_own(first: FirstStudy, own: OwnTask) -> tuple[FirstStudy, list[str]]:
    """Return the study with a task of somebody's own, as a target where it has a test file, else before one."""
    notes: list[str] = []
    targets, through = first.targets, first.through
    if own.can_be_target:
        targets = (own.name, *targets)
    elif not own.can_be_trained:
        raise DataError(f"none of the files of '{own.name}' is trained or tested on.", where="--from-data")
    else:
        through = (own.name, *through)
        targets = targets or (TEST_ALONE,)
        notes.append(
            f"'{own.name}' has no test file, so that it is an intermediate task before {', '.join(targets)}; give one "
            "more file with --from-data to score on it"
        )
    changed = replace(
        first, targets=targets, through=through, tasks={own.name: own.keys}, comments={own.name: own.seen}
    )
    return changed, notes


def _not_here(sources: Sequence[Any], roots: Roots) -> tuple[int, int]:
    """Return how many sources are to be fetched, and how many can neither be found nor fetched."""
    to_fetch = missing = 0
    for source in sources:
        try:
            to_fetch += place_to_fetch(source, roots) is not None
        except DataError:
            missing += 1
    return to_fetch, missing
