"""What the shell completes: names of studies, tasks, encoders and arms, as somebody begins them."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from xstilts.core.errors import XstiltsError


def beginning(names: Iterable[str], incomplete: str) -> list[str]:
    """Return the names that begin as somebody has written them."""
    return [name for name in names if name.startswith(incomplete)]


def studies(incomplete: str) -> list[str]:
    """Packaged studies, and study files below the folder that is being written."""
    from xstilts.study.load import packaged_studies

    return [*beginning(packaged_studies(), incomplete), *_files(incomplete)]


def _files(incomplete: str) -> list[str]:
    """Return YAML files, and folders, whose paths begin so."""
    before, slash, _ = incomplete.rpartition("/")
    folder = Path(before or ("/" if slash else "."))
    try:
        below = sorted(folder.iterdir())
    except OSError:
        return []
    shown = [path for path in below if path.suffix in (".yaml", ".yml") or (path.is_dir() and path.name[0] != ".")]
    return beginning((f"{before}{slash}{path.name}{'/' if path.is_dir() else ''}" for path in shown), incomplete)


def tasks(incomplete: str) -> list[str]:
    """Tasks; of several with commas between them, the last one."""
    from xstilts.tasks.catalog import TASKS

    before, comma, last = incomplete.rpartition(",")
    return [f"{before}{comma}{name}" for name in beginning(TASKS, last)]


def encoders(incomplete: str) -> list[str]:
    """Packaged encoders, and those with a short name."""
    from xstilts.models.bundled import packed_folders
    from xstilts.models.named_encoders import NAMED_ENCODERS

    return beginning([*(folder.name for folder in packed_folders()), *NAMED_ENCODERS], incomplete)


def names_of_study(incomplete: str, of: str) -> list[str]:
    """Names in the study of the line: its "arms", "targets" or "scale" profiles; none where there is no study."""
    from xstilts.study.load import load_study

    for word in _words():
        try:
            return beginning(getattr(load_study(word), of), incomplete)
        except (XstiltsError, OSError):
            continue
    return []


def _words() -> list[str]:
    """Return the words of the line, as shells hand them over. They are not parsed yet: an option that has no value so
    far hides what stands before it from the parser."""
    line = os.environ.get("COMP_WORDS") or os.environ.get("_TYPER_COMPLETE_ARGS") or ""
    return [word for word in line.split()[2:] if not word.startswith("-")]
