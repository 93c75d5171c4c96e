"""Published rows beside a study's scores, as blocks of the report and as plain values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from xstilts.report.elements.blocks import Block, Fold, Items, Section, Table, TableCell, TableColumn
from xstilts.report.elements.formatting import MISSING, listed, number
from xstilts.report.topics.gain_by_target import shares_table
from xstilts.report.topics.published import MeasureComparison, PublishedComparison


def against_sections(found: Sequence[PublishedComparison]) -> tuple[Section, ...]:
    """One section a benchmark."""
    return tuple(
        Section(
            id=f"against-{beside.benchmark.name}",
            title=f"Beside published numbers: {beside.benchmark.title}",
            blocks=_blocks(beside),
        )
        for beside in found
    )


def _blocks(beside: PublishedComparison) -> tuple[Block, ...]:
    blocks: list[Block] = [Items(items=beside.remarks)]
    if beside.lines:
        blocks.append(against_table(beside))
    if left := left_out(beside):
        blocks.append(Items(items=left))
    if beside.gains:
        caption = "What a published average gain is made of, in points; as for the averages of this study."
        blocks.append(shares_table(beside.gains, caption))
    blocks.append(Fold(title="Where the published numbers were read", blocks=(sources_table(beside),)))
    return tuple(blocks)


def against_table(beside: PublishedComparison) -> Table:
    """Targets down; our arms, then the published rows, then what differs."""
    rows = [row.name for row in beside.rows]
    columns = (
        TableColumn(label="Target", numeric=False),
        *(TableColumn(label=arm, under=("ours",)) for arm in beside.arms),
        *(TableColumn(label=name, under=("published",)) for name in rows),
        TableColumn(label="What differs", numeric=False),
    )
    return Table(
        caption=f"Scores in percent, each as {beside.benchmark.title} takes it: the mean over all its test languages, "
        "the one trained in among them (so that ours are not the zero-shot means above), over those that are here.",
        columns=columns,
        rows=tuple(_row(beside, line) for line in beside.lines if line.target),
        foot=tuple(_row(beside, line) for line in beside.lines if not line.target),
    )


def left_out(beside: PublishedComparison) -> tuple[str, ...]:
    """What does not stand in the table, and why."""
    title = beside.benchmark.title
    said = [f"Not set side by side: {other}." for other in beside.others]
    if beside.absent:
        said.append(f"Of {title}, this study does not have {listed(beside.absent)}.")
    if beside.outside:
        said.append(f"{title} does not have {listed(beside.outside)}.")
    return tuple(said)


def sources_table(beside: PublishedComparison) -> Table:
    """Each row with its model and every place that its figures were read at."""
    labels = ("Row", "Model", "Parameters", "Encoder", "Trained on", "Source")
    return Table(
        caption=f"{beside.benchmark.title}: {beside.benchmark.about}. The words quoted from each source stand in the "
        "package, in references/.",
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
            for row in beside.rows
        ),
    )


def against_json(found: Sequence[PublishedComparison]) -> list[dict[str, Any]]:
    """The same as plain values, with every figure's source and quotation."""
    return [
        {
            "benchmark": beside.benchmark.name,
            "rows": {
                row.name: {
                    "model": row.model,
                    "parameters": row.parameters,
                    "encoder": row.encoder,
                    "setting": row.setting,
                    "figures": [asdict(figure) for figure in row.figures],
                }
                for row in beside.rows
            },
            "lines": [asdict(line) for line in beside.lines],
            "remarks": list(beside.remarks),
            "differences": {target: list(said) for target, said in beside.by_target.items()},
            "not_side_by_side": list(beside.others),
            "not_in_study": list(beside.absent),
            "not_in_benchmark": list(beside.outside),
            "gains": [asdict(gain) for gain in beside.gains],
        }
        for beside in found
    ]


def _row(beside: PublishedComparison, line: MeasureComparison) -> tuple[TableCell, ...]:
    ours = [_ours(line, arm) for arm in beside.arms]
    published = [_published(line.published[row.name]) for row in beside.rows]
    # The measures of a target differ in the same, which is said once.
    first = next(one for one in beside.lines if one.target == line.target)
    differs = beside.by_target.get(line.target, ()) if line is first else ()
    heading = TableCell(text=line.target, under=(line.measure,)) if line.target else TableCell(text=line.measure)
    return (heading, *ours, *published, TableCell(text="; ".join(differs)))


def _ours(line: MeasureComparison, arm: str) -> TableCell:
    score = line.ours[arm]
    if score.value is None:
        return TableCell(text=MISSING, tip=score.reason, role="missing")
    lacking = (f"without {listed(score.lacking, 4)}",) if score.lacking else ()
    return TableCell(text=number(score.value), marks=(*score.marks, *lacking))


def _published(value: float | None) -> TableCell:
    return (
        TableCell(text=MISSING, role="missing", tip="not published") if value is None else TableCell(text=number(value))
    )
