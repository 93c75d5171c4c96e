"""The audit of a study's data, as tables for the terminal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from xstilts.app.audit import Audit
from xstilts.core.leak_levels import LEVELS
from xstilts.report.elements.formatting import count, name_list, plural
from xstilts.report.scores.leak_files import LeakCount

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import RenderableType

HEADS = ("test set", "training set", *LEVELS, "of", "leaked")
CAPTION = "test rows that training rows repeat; each counts once, in the first column that holds"
PRETRAINING_CAPTION = "the same of pretraining text, after the leak guard"


def audit_page(audit: Audit) -> Iterator[RenderableType]:
    """Yield the tables of leaks, and what was compared."""
    from rich.text import Text

    if audit.found.leaks:
        yield _table(audit.found.leaks, CAPTION)
    if audit.pretraining.leaks:
        yield _table(audit.pretraining.leaks, PRETRAINING_CAPTION)
    yield Text(summary(audit), style="bold")
    if audit.pretraining.trainings:
        yield Text(pretraining_summary(audit), style="bold")
    if audit.note:
        yield Text(f"not compared: {audit.note}", style="dim")
    for name, reason in audit.missing.items():
        yield Text(f"not compared: {name}: {reason}", style="dim")


def _table(leaks: Sequence[LeakCount], caption: str) -> RenderableType:
    """Lay out leaks, the most leaked first."""
    from rich.table import Table

    grid = Table(caption=caption)
    for number, head in enumerate(HEADS):
        grid.add_column(head, justify="right" if number > 1 else "left")
    for leak in leaks:
        counts = (leak.exact, leak.normalised, leak.near, leak.run, leak.rows)
        share = f"{100 * leak.leaked / leak.rows:.1f} %"
        grid.add_row(f"{leak.target} {leak.language}", leak.training, *map(count, counts), share)
    return grid


def summary(audit: Audit) -> str:
    """Say how much was compared and found."""
    found = audit.found
    tests, trainings = sum(found.tests.values()), sum(found.trainings.values())
    compared = (
        f"{count(trainings)} rows of {plural(len(found.trainings), 'training set')} against {count(tests)} rows of "
        f"{plural(len(found.tests), 'test set')}"
    )
    if not found.leaks:
        return f"No test row is in training: {compared}."
    leaked = list(dict.fromkeys(leak.target for leak in found.leaks))
    return f"Test rows of {name_list(leaked)} are in training, or nearly: {compared}."


def pretraining_summary(audit: Audit) -> str:
    """Say the same of the text that the encoder was pretrained on."""
    text = audit.pretraining
    rows = f"{count(sum(text.trainings.values()))} lines of {name_list(list(text.trainings))}"
    if not text.leaks:
        return f"No test row is in the encoder's pretraining text: {rows}."
    leaked = list(dict.fromkeys(leak.target for leak in text.leaks))
    return f"Test rows of {name_list(leaked)} are in the encoder's pretraining text, or nearly: {rows}."
