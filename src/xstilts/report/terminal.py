"""The answer for a terminal: a table of arms by targets, one conclusion, the next step."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from xstilts.report.blocks import Entry
from xstilts.report.compose import Report, compose
from xstilts.report.differences import beside
from xstilts.report.results import Results
from xstilts.report.tables import answer_table
from xstilts.report.words import plural

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.text import Text


def summary(results: Results, page: Path | None = None) -> list[RenderableType]:
    """What `xstilts run` prints at its end. `page`: the HTML report, named as the next thing to open."""
    return render(compose(results), page)


def render(report: Report, page: Path | None = None) -> list[RenderableType]:
    """As `summary`, from a report that has been put together already."""
    from rich.table import Table
    from rich.text import Text

    board = report.board
    block = answer_table(board, beside(board, board.comparison.contrasts))
    grid = Table(
        caption="mean over languages, then seeds; below: with the training language; difference and 95 % interval"
    )
    for column in block.columns:
        grid.add_column(Text("\n".join((column.label, *column.under))), justify="right" if column.numeric else "left")
    for row in block.rows:
        grid.add_row(*(_cell(entry) for entry in row))
    grid.add_section()
    for row in block.foot:
        grid.add_row(*(_cell(entry) for entry in row))
    conclusion = Text(" ".join(report.document.answer), style="bold")
    return [grid, conclusion, Text(_next(report, page))]


def _cell(entry: Entry) -> Text:
    from rich.text import Text

    styles = {"best": "bold", "missing": "dim italic", "faint": "dim"}
    text = Text(entry.text, style=styles.get(entry.role, ""))
    for mark in entry.marks:
        text.append(f"\n{mark}", style="yellow")
    for line in entry.under:
        text.append(f"\n{line}", style="dim")
    return text


def _next(report: Report, page: Path | None) -> str:
    results = report.board.results
    failed = sum(step.status == "failed" for step in results.steps)
    if failed:
        return f"Next: {plural(failed, 'step')} failed; mend the cause and run the study again, what is done is kept."
    if any(cell.status == "not run" for cell in results.cells):
        return "Next: run the study; what is done is kept, and what is missing follows."
    if page is not None:
        return f"Next: open {page}"
    return "Next: xstilts report writes the page with every language, curve and cost."
