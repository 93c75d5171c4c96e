"""The data of a study: every file that was read, its fingerprint, and what was dropped of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from xstilts.report.elements import formatting
from xstilts.report.elements.blocks import Fold, Section, Table, TableCell, TableColumn
from xstilts.report.topics.topic import Topic


def sections(data: Sequence[Mapping[str, Any]]) -> tuple[Section, ...]:
    fold = Fold(title=f"{formatting.plural(len(data), 'file')} read", blocks=(data_table(data),))
    return (Section(id="data", title="Data", blocks=(fold,)),)


def data_table(data: Sequence[Mapping[str, Any]]) -> Table:
    """Lay out files: rows, what was dropped or cut, the first 16 digits of the fingerprint, the licence."""
    labels = ("Task", "Language", "Use", "File", "Rows kept", "Dropped", "Truncated", "Split", "SHA-256", "Licence")
    return Table(
        caption="Every file that was read. Whole fingerprints are in report.json.",
        columns=tuple(TableColumn(label=label, numeric=label in labels[4:8]) for label in labels),
        rows=tuple(_row(line) for line in data),
    )


def _row(line: Mapping[str, Any]) -> tuple[TableCell, ...]:
    dropped = line.get("dropped") or {}
    reasons = tuple(f"{reason}: {formatting.count(n)}" for reason, n in dropped.items())
    digest = str(line.get("sha256") or "")
    return (
        TableCell(text=str(line.get("task", ""))),
        TableCell(text=str(line.get("language", ""))),
        TableCell(text=str(line.get("use", ""))),
        TableCell(text=str(line.get("file", ""))),
        TableCell(text=formatting.count(line.get("rows"))),
        TableCell(text=formatting.count(sum(dropped.values())), small_print=reasons),
        TableCell(text=formatting.count(line.get("truncated"))),
        TableCell(text=formatting.count(line.get("split"))),
        TableCell(text=digest[:16], tip=digest, role="code"),
        TableCell(text=str(line.get("licence", ""))),
    )


DATA = Topic(
    name="data",
    compute=lambda board: board.results.data or None,
    sections=sections,
    record=lambda data: {"data": [dict(line) for line in data]},
    empty_record={"data": []},
)
