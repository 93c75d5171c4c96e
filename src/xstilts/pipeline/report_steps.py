"""Steps that a report asks for: no goals of a study, made when a report is and kept in the store."""

from __future__ import annotations

from pathlib import Path

from xstilts.engine.execute import Resources, run_one
from xstilts.engine.step import Progress, Step
from xstilts.engine.store import Store


def say_nothing(done: float, total: float, unit: str = "", text: str = "") -> None:
    """The progress of a step that a report waits for."""


def made(
    step: Step, store: Store, does: str, *, progress: Progress = say_nothing, wait: bool = False
) -> tuple[Path | None, str]:
    """Make the artefact of a step, unless the store has it; return its folder, or None and why there is none.

    does: what the step does, for that reason ("counts them"). wait: for another process that makes it.
    """
    result = run_one(step, store, Resources(progress=progress), wait=wait)
    if result.status in ("done", "reused"):
        return store.path(step), ""
    return None, result.error or f"the step that {does} is {result.status}"
