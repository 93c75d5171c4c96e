"""The answer for a terminal: a table of arms by targets, one conclusion, the next step."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from xstilts.report.build import Report, compose
from xstilts.report.elements.blocks import Table, TableCell
from xstilts.report.elements.formatting import plural
from xstilts.report.formats.terminal_published import beside_published
from xstilts.report.scores.inputs import Results
from xstilts.report.topics import forgetting
from xstilts.report.topics.benchmark_view import sentences
from xstilts.report.topics.contrasts import beside
from xstilts.report.topics.gain_by_target import lines
from xstilts.report.topics.scores import answer_table

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.text import Text

WIDEST = 5  # columns that fit a terminal of ordinary width with everything in each cell


def summary(results: Results, page: Path | None = None) -> list[RenderableType]:
    """What `xstilts run` prints at its end. `page`: the HTML report, named as the next thing to open."""
    return render(compose(results), page)


def render(report: Report, page: Path | None = None) -> list[RenderableType]:
    """As `summary`, from a report that has been put together already."""
    from rich.text import Text

    board = report.scoreboard
    block = answer_table(board, beside(board, board.comparison.contrasts))
    shown = _full(block) if len(block.columns) <= WIDEST else _compact(block)
    conclusion = Text(" ".join(report.document.answer), style="bold")
    average = [Text(line) for line in sentences(report.headline)]
    taken_apart = [Text(line, style="dim") for line in (*lines(report.gains), *forgetting.sentences(report.changes))]
    published = [part for beside in report.published for part in beside_published(beside)]
    return [*shown, *average, conclusion, *taken_apart, *published, Text(_next(report, page))]


def _full(block: Table) -> list[RenderableType]:
    """Arms down, targets across, everything that is known of a cell in it."""
    from rich import table
    from rich.text import Text

    grid = table.Table(
        caption="mean over languages, then seeds; below: with the training language; difference and 95 % interval"
    )
    for column in block.columns:
        grid.add_column(Text("\n".join((column.label, *column.under))), justify="right" if column.numeric else "left")
    for row in block.rows:
        grid.add_row(*(_cell(entry) for entry in row))
    grid.add_section()
    for row in block.foot:
        grid.add_row(*(_cell(entry) for entry in row))
    return [grid]


def _compact(block: Table) -> list[RenderableType]:
    """Numbers alone, the longer side down; warnings are letters with a legend. The report has the rest."""
    from rich.text import Text

    rows = [*block.rows, *block.foot]
    marks = dict.fromkeys(mark for row in rows for entry in row for mark in _short(entry))
    legend = {mark: chr(ord("a") + i) for i, mark in enumerate(marks)}
    letters = [[entry.text + "".join(legend[m] for m in _short(entry)) for entry in row] for row in rows]
    grid = (_targets_down if len(rows) < len(block.columns) else _arms_down)(block, letters)
    notes = "   ".join(f"{letter}: {mark}" for mark, letter in legend.items())
    return [*grid, Text(notes, style="yellow")] if notes else grid


def _targets_down(block: Table, rows: list[list[str]]) -> list[RenderableType]:
    from rich import table
    from rich.text import Text

    grid = table.Table(caption="mean over languages (see the second column), then seeds; intervals are in the report")
    grid.add_column("target")
    grid.add_column("what")
    for row in rows:
        grid.add_column(Text(row[0]), justify="right")
    for i, column in enumerate(block.columns[1:], 1):
        what = Text(", ".join(column.under), style="dim")
        grid.add_row(Text(column.label), what, *(Text(row[i]) for row in rows))
    return [grid]


def _arms_down(block: Table, rows: list[list[str]]) -> list[RenderableType]:
    """Without lines between the columns, so that nine targets fit 90 characters; what they are stands below."""
    from rich import table
    from rich.text import Text

    grid = table.Table(box=None, pad_edge=False, padding=(0, 1), collapse_padding=True, header_style="bold")
    for i, column in enumerate(block.columns):
        grid.add_column(Text(column.label), justify="right" if i else "left", no_wrap=True)
    for row in rows:
        grid.add_row(*map(Text, row))
    said = "\n".join(f"{column.label}: {', '.join(column.under)}" for column in block.columns[1:])
    return [grid, Text(f"Means over languages, then seeds; intervals are in the report.\n{said}", style="dim")]


def _short(entry: TableCell) -> list[str]:
    """The warnings of a cell without what they are about ("at chance (mnli): 1 of 2 seeds" -> "at chance")."""
    return list(dict.fromkeys(mark.partition(" (")[0] for mark in entry.marks))


def _cell(entry: TableCell) -> Text:
    from rich.text import Text

    styles = {"best": "bold", "missing": "dim italic", "faint": "dim"}
    text = Text(entry.text, style=styles.get(entry.role, ""))
    for mark in entry.marks:
        text.append(f"\n{mark}", style="yellow")
    for line in entry.under:
        text.append(f"\n{line}", style="dim")
    return text


def _next(report: Report, page: Path | None) -> str:
    results = report.scoreboard.results
    failed = sum(step.status == "failed" for step in results.steps)
    if failed:
        return f"Next: {plural(failed, 'step')} failed; mend the cause and run the study again, what is done is kept."
    if any(cell.status == "not run" for cell in results.cells):
        return "Next: run the study; what is done is kept, and what is missing follows."
    if page is not None:
        return f"Next: open {page}"
    return "Next: xstilts report writes the page with every language, curve and cost."
