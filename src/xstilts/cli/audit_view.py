"""The audit of a study's data, as a table for the terminal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from xstilts.app.audit import Audit
from xstilts.report.elements.formatting import count, name_list, plural

if TYPE_CHECKING:
    from rich.console import RenderableType

HEADS = ("test set", "training set", "exact", "normalised", "near", "run", "of", "leaked")


def audit_page(audit: Audit) -> Iterator[RenderableType]:
    """Yield the table of leaks, and what was compared."""
    from rich.table import Table
    from rich.text import Text

    if audit.leaks:
        grid = Table(caption="test rows that training rows repeat; each counts once, in the first column that holds")
        for number, head in enumerate(HEADS):
            grid.add_column(head, justify="right" if number > 1 else "left")
        for row in _lines(audit):
            grid.add_row(*row)
        yield grid
    yield Text(summary(audit), style="bold")
    for name, reason in audit.missing.items():
        yield Text(f"not compared: {name}: {reason}", style="dim")


def _lines(audit: Audit) -> Iterator[tuple[str, ...]]:
    """Yield the lines of a table, the most leaked first."""
    for leak in sorted(audit.leaks, key=lambda leak: -leak.leaked / max(leak.rows, 1)):
        counts = (leak.exact, leak.normalised, leak.near, leak.run)
        share = f"{100 * leak.leaked / leak.rows:.1f} %"
        yield (f"{leak.target} {leak.language}", leak.training, *(f"{n:,}" for n in counts), f"{leak.rows:,}", share)


def summary(audit: Audit) -> str:
    """Say how much was compared and found."""
    tests, trainings = sum(audit.tests.values()), sum(audit.trainings.values())
    compared = (
        f"{count(trainings)} rows of {plural(len(audit.trainings), 'training set')} against {count(tests)} rows of "
        f"{plural(len(audit.tests), 'test set')}"
    )
    if not audit.leaks:
        return f"No test row is in training: {compared}."
    leaked = list(dict.fromkeys(leak.target for leak in audit.leaks))
    return f"Test rows of {name_list(leaked)} are in training, or nearly: {compared}."
