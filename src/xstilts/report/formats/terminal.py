"""A report for a terminal: what each topic prints, then the next step."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from xstilts.report.build import Report, compose
from xstilts.report.elements.blocks import Table, TableCell, TerminalTable
from xstilts.report.elements.formatting import plural
from xstilts.report.scores.inputs import Results

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.text import Text

MAX_COLUMNS = 5  # columns that fit a terminal of ordinary width with everything in each cell


def summary(results: Results, page: Path | None = None) -> list[RenderableType]:
    """Compose a report and render it."""
    return render(compose(results), page)


def render(report: Report, page: Path | None = None) -> list[RenderableType]:
    """Return what `xstilts run` prints at its end. `page`: the HTML report, named as the next thing to open."""
    from rich.text import Text

    return [*render_topics(report), Text(_next_step(report, page))]


def render_topics(report: Report) -> list[RenderableType]:
    """Return what the topics of a report print."""
    from rich.text import Text

    parts: list[RenderableType] = []
    for block in report.terminal():
        parts += _table(block) if isinstance(block, TerminalTable) else [Text(block.text, style=block.style)]
    return parts


def _table(block: TerminalTable) -> list[RenderableType]:
    if len(block.table.columns) <= MAX_COLUMNS or not block.compact_caption:
        return _full(block.table, block.caption)
    return compact(block)


def _full(table: Table, caption: str) -> list[RenderableType]:
    """Print everything that is known of a cell in it."""
    from rich import table as rich_table
    from rich.text import Text

    grid = rich_table.Table(caption=caption)
    for column in table.columns:
        grid.add_column(
            Text("\n".join((column.label, *column.small_print))), justify="right" if column.numeric else "left"
        )
    for row in table.rows:
        grid.add_row(*(_cell(entry) for entry in row))
    grid.add_section()
    for row in table.foot:
        grid.add_row(*(_cell(entry) for entry in row))
    return [grid]


def compact(block: TerminalTable) -> list[RenderableType]:
    """Print numbers alone, the longer side down; warnings are letters with a legend. The report has the rest."""
    from rich.text import Text

    rows = [*block.table.rows, *block.table.foot]
    marks = dict.fromkeys(mark for row in rows for cell in row for mark in _short_marks(cell))
    legend = {mark: chr(ord("a") + i) for i, mark in enumerate(marks)}
    texts = [[cell.text + "".join(legend[m] for m in _short_marks(cell)) for cell in row] for row in rows]
    grid = (_columns_down if len(rows) < len(block.table.columns) else _rows_down)(block, texts)
    notes = "   ".join(f"{letter}: {mark}" for mark, letter in legend.items())
    return [*grid, Text(notes, style="yellow")] if notes else grid


def _columns_down(block: TerminalTable, rows: list[list[str]]) -> list[RenderableType]:
    from rich import table
    from rich.text import Text

    grid = table.Table(caption=block.turned_caption)
    grid.add_column("target")
    grid.add_column("what")
    for row in rows:
        grid.add_column(Text(row[0]), justify="right")
    for i, column in enumerate(block.table.columns[1:], 1):
        measure = Text(", ".join(column.small_print), style="dim")
        grid.add_row(Text(column.label), measure, *(Text(row[i]) for row in rows))
    return [grid]


def _rows_down(block: TerminalTable, rows: list[list[str]]) -> list[RenderableType]:
    """Leave out lines between the columns, so that nine targets fit 90 characters; what they are is printed below."""
    from rich import table
    from rich.text import Text

    grid = table.Table(box=None, pad_edge=False, padding=(0, 1), collapse_padding=True, header_style="bold")
    for i, column in enumerate(block.table.columns):
        grid.add_column(Text(column.label), justify="right" if i else "left", no_wrap=True)
    for row in rows:
        grid.add_row(*map(Text, row))
    measures = [f"{column.label}: {', '.join(column.small_print)}" for column in block.table.columns[1:]]
    return [grid, Text("\n".join([block.compact_caption, *measures]), style="dim")]


def _short_marks(cell: TableCell) -> list[str]:
    """Return the warnings of a cell without what they are about ("at chance (mnli): 1 of 2 seeds" -> "at chance")."""
    return list(dict.fromkeys(mark.partition(" (")[0] for mark in cell.marks))


def _cell(cell: TableCell) -> Text:
    from rich.text import Text

    styles = {"best": "bold", "missing": "dim italic", "faint": "dim"}
    text = Text(cell.text, style=styles.get(cell.role, ""))
    for mark in cell.marks:
        text.append(f"\n{mark}", style="yellow")
    for line in cell.small_print:
        text.append(f"\n{line}", style="dim")
    return text


def _next_step(report: Report, page: Path | None) -> str:
    results = report.scoreboard.results
    failed = sum(step.status == "failed" for step in results.steps)
    if failed:
        return f"Next: {plural(failed, 'step')} failed; mend the cause and run the study again, what is done is kept."
    if any(cell.status == "not run" for cell in results.cells):
        return "Next: run the study; what is done is kept, and what is missing follows."
    if page is not None:
        return f"Next: open {page}"
    return "Next: xstilts report writes the page with every language, curve and cost."
