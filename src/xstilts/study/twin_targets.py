"""Targets that are one task under two names, which a mean over targets counts twice."""

from __future__ import annotations

from collections.abc import Mapping

from xstilts.core.canonical import fingerprint
from xstilts.tasks.base import Task


def twin_notes(targets: Mapping[str, Task]) -> dict[str, str]:
    """Return by target what to say of one that has the files of another, read alike."""
    seen: dict[tuple[object, ...], str] = {}
    notes = {}
    for name, task in targets.items():
        content = (fingerprint(task.kind), task.train, task.dev, tuple(task.test.items()), task.pool, task.finetuned_on)
        if (first := seen.setdefault(content, name)) != name:
            notes[name] = f"the same files as {first}, read alike: a mean over targets counts them twice"
    return notes
