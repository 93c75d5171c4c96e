"""Tables of published rows next to a study's scores, for the page, for the terminal and as plain values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

from xstilts.report.elements.blocks import (
    Block,
    Fold,
    Items,
    Section,
    Table,
    TableCell,
    TableColumn,
    TerminalBlock,
    TerminalTable,
    TerminalText,
)
from xstilts.report.elements.formatting import MISSING, name_list, number
from xstilts.report.topics import gain_by_target
from xstilts.report.topics.published.comparison import MeasureComparison, PublishedComparison


def sections(comparisons: Sequence[PublishedComparison]) -> tuple[Section, ...]:
    """Return one section a benchmark."""
    return tuple(
        Section(
            id=f"against-{comparison.benchmark.name}",
            title=f"Beside published numbers: {comparison.benchmark.title}",
            blocks=_blocks(comparison),
        )
        for comparison in comparisons
    )


def _blocks(comparison: PublishedComparison) -> tuple[Block, ...]:
    blocks: list[Block] = [Items(items=comparison.remarks)]
    if comparison.measures:
        blocks.append(comparison_table(comparison))
    if remarks := not_compared(comparison):
        blocks.append(Items(items=remarks))
    if comparison.gains:
        caption = "What a published average gain is made of, in points; as for the averages of this study."
        blocks.append(gain_by_target.shares_table(comparison.gains, caption))
    blocks.append(Fold(title="Where the published numbers were read", blocks=(sources_table(comparison),)))
    return tuple(blocks)


def comparison_table(comparison: PublishedComparison) -> Table:
    """Lay out targets down; our arms, then the published rows, then what differs."""
    rows = [row.name for row in comparison.rows]
    columns = (
        TableColumn(label="Target", numeric=False),
        *(TableColumn(label=arm, small_print=("ours",)) for arm in comparison.arms),
        *(TableColumn(label=name, small_print=("published",)) for name in rows),
        TableColumn(label="What differs", numeric=False),
    )
    return Table(
        caption=f"Scores in percent, each as {comparison.benchmark.title} takes it: the mean over all its test "
        "languages, the one trained in among them (so that ours are not the zero-shot means above), over those "
        "that are here.",
        columns=columns,
        rows=tuple(_row(comparison, measure) for measure in comparison.measures if measure.target),
        foot=tuple(_row(comparison, measure) for measure in comparison.measures if not measure.target),
    )


def not_compared(comparison: PublishedComparison) -> tuple[str, ...]:
    """Say what is not in the table, and why."""
    title = comparison.benchmark.title
    remarks = [f"Not set side by side: {figure}." for figure in comparison.not_compared]
    if comparison.missing_tasks:
        remarks.append(f"Of {title}, this study does not have {name_list(comparison.missing_tasks)}.")
    if comparison.other_targets:
        remarks.append(f"{title} does not have {name_list(comparison.other_targets)}.")
    return tuple(remarks)


def sources_table(comparison: PublishedComparison) -> Table:
    """Lay out each row with its model and every place that its figures were read at."""
    labels = ("Row", "Model", "Parameters", "Encoder", "Trained on", "Source")
    return Table(
        caption=f"{comparison.benchmark.title}: {comparison.benchmark.about}. The words quoted from each source "
        "stand in the package, in references/.",
        columns=tuple(TableColumn(label=label, numeric=False) for label in labels),
        rows=tuple(
            (
                TableCell(text=row.name),
                TableCell(text=row.model),
                TableCell(text=row.parameters or "not said"),
                TableCell(text=row.encoder or "not said"),
                TableCell(text=row.setting),
                TableCell(text="; ".join(f"{source.cite}, {source.address}: {source.place}" for source in row.sources)),
            )
            for row in comparison.rows
        ),
    )


def terminal(comparisons: Sequence[PublishedComparison]) -> tuple[TerminalBlock, ...]:
    """Return, for each benchmark, the numbers as a table and what differs as lines below it."""
    return tuple(block for comparison in comparisons for block in _terminal_blocks(comparison))


def _terminal_blocks(comparison: PublishedComparison) -> list[TerminalBlock]:
    blocks: list[TerminalBlock] = []
    if comparison.measures:
        caption = f"means over all languages that {comparison.benchmark.title} has and that are here"
        blocks.append(TerminalTable(table=_without_remarks(comparison_table(comparison)), caption=caption))
    targets = [f"{target}: {'; '.join(texts)}." for target, texts in comparison.target_caveats.items() if texts]
    lines = (*comparison.remarks, *targets, *not_compared(comparison))
    return [
        *blocks,
        *(TerminalText(text=line, style="dim") for line in lines),
        *gain_by_target.terminal(comparison.gains),
    ]


def _without_remarks(table: Table) -> Table:
    """Drop the last column, which says what differs and would squeeze the numbers; headings become one line."""
    rows = [
        (TableCell(text=", ".join((row[0].text, *row[0].small_print))), *row[1:-1])
        for row in (*table.rows, *table.foot)
    ]
    return replace(table, columns=table.columns[:-1], rows=tuple(rows), foot=())


def record(comparisons: Sequence[PublishedComparison]) -> list[dict[str, Any]]:
    """Return the same as plain values, with every figure's source and quotation."""
    return [
        {
            "benchmark": comparison.benchmark.name,
            "rows": {
                row.name: {
                    "model": row.model,
                    "parameters": row.parameters,
                    "encoder": row.encoder,
                    "setting": row.setting,
                    "figures": [asdict(figure) for figure in row.figures],
                }
                for row in comparison.rows
            },
            "lines": [asdict(measure) for measure in comparison.measures],
            "remarks": list(comparison.remarks),
            "differences": {target: list(texts) for target, texts in comparison.target_caveats.items()},
            "not_side_by_side": list(comparison.not_compared),
            "not_in_study": list(comparison.missing_tasks),
            "not_in_benchmark": list(comparison.other_targets),
            "gains": [asdict(gain) for gain in comparison.gains],
        }
        for comparison in comparisons
    ]


def _row(comparison: PublishedComparison, measure: MeasureComparison) -> tuple[TableCell, ...]:
    ours = [_our_cell(measure, arm) for arm in comparison.arms]
    published = [_published_cell(measure.published[row.name]) for row in comparison.rows]
    # The measures of a target differ in the same, which is said once.
    first = next(other for other in comparison.measures if other.target == measure.target)
    caveats = comparison.target_caveats.get(measure.target, ()) if measure is first else ()
    if measure.target:
        heading = TableCell(text=measure.target, small_print=(measure.measure,))
    else:
        heading = TableCell(text=measure.measure)
    return (heading, *ours, *published, TableCell(text="; ".join(caveats)))


def _our_cell(measure: MeasureComparison, arm: str) -> TableCell:
    score = measure.ours[arm]
    if score.value is None:
        return TableCell(text=MISSING, tip=score.reason, role="missing")
    lacking = (f"without {name_list(score.lacking, 4)}",) if score.lacking else ()
    return TableCell(text=number(score.value), marks=(*score.marks, *lacking))


def _published_cell(value: float | None) -> TableCell:
    if value is None:
        return TableCell(text=MISSING, role="missing", tip="not published")
    return TableCell(text=number(value))
