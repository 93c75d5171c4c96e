"""Published rows beside a study's scores, for a terminal: the numbers as a table, what differs below it as lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xstilts.report.topics.gain_by_target import lines
from xstilts.report.topics.published import PublishedComparison
from xstilts.report.topics.published_view import against_table, left_out

if TYPE_CHECKING:
    from rich.console import RenderableType


def beside_published(beside: PublishedComparison) -> list[RenderableType]:
    """The table without what differs, which would squeeze the numbers, then one line for each thing that does."""
    from rich import table
    from rich.text import Text

    parts: list[RenderableType] = []
    if beside.lines:
        block = against_table(beside)
        grid = table.Table(caption=f"means over all languages that {beside.benchmark.title} has and that are here")
        for column in block.columns[:-1]:
            grid.add_column(
                Text("\n".join((column.label, *column.under))), justify="right" if column.numeric else "left"
            )
        for row in (*block.rows, *block.foot):
            heading = Text(", ".join((row[0].text, *row[0].under)))
            grid.add_row(heading, *(Text("\n".join((entry.text, *entry.marks))) for entry in row[1:-1]))
        parts.append(grid)
    targets = [f"{target}: {'; '.join(said)}." for target, said in beside.by_target.items() if said]
    said = (*beside.remarks, *targets, *left_out(beside), *lines(beside.gains))
    return [*parts, *(Text(line, style="dim") for line in said)]
