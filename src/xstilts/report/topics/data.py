"""The data of a study: every file that was read, its fingerprint, and what was dropped of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from xstilts.report.elements import formatting
from xstilts.report.elements.blocks import Fold, Section, Table, TableCell, TableColumn, TerminalText
from xstilts.report.topics.topic import Topic

_MOST_LINES = 12  # on the terminal


def sections(data: Sequence[Mapping[str, Any]]) -> tuple[Section, ...]:
    fold = Fold(title=f"{formatting.plural(len(data), 'file')} read", blocks=(data_table(data),))
    return (Section(id="data", title="Data", blocks=(fold,)),)


def data_table(data: Sequence[Mapping[str, Any]]) -> Table:
    """Lay out files: rows, what became of them, what was cut, the first 16 digits of the fingerprint, the licence."""
    counts = ("Rows", "Used", "Without gold", "Dropped", "Truncated", "Split")
    labels = ("Task", "Language", "Use", "File", *counts, "SHA-256", "Licence")
    return Table(
        caption="Every file that was read. Each of its rows was used (trained on, scored or searched), has no gold, or "
        "was dropped. Whole fingerprints are in report.json.",
        columns=tuple(TableColumn(label=label, numeric=label in counts) for label in labels),
        rows=tuple(_row(line) for line in data),
    )


def _row(line: Mapping[str, Any]) -> tuple[TableCell, ...]:
    dropped = line.get("dropped") or {}
    first = line.get("first_dropped") or {}
    reasons = tuple(f"{reason}: {formatting.count(n)}{_first(first.get(reason))}" for reason, n in dropped.items())
    blank = line.get("first_without_gold")
    digest = str(line.get("sha256") or "")
    return (
        TableCell(text=str(line.get("task", ""))),
        TableCell(text=str(line.get("language", ""))),
        TableCell(text=str(line.get("use", ""))),
        TableCell(text=str(line.get("file", ""))),
        TableCell(text=formatting.count(line.get("read"))),
        TableCell(text=formatting.count(line.get("rows"))),
        TableCell(text=formatting.count(line.get("without_gold")), small_print=(f"first: {blank}",) if blank else ()),
        TableCell(text=formatting.count(sum(dropped.values())), small_print=reasons),
        TableCell(text=formatting.count(line.get("truncated"))),
        TableCell(text=formatting.count(line.get("split"))),
        TableCell(text=digest[:16], tip=digest, role="code"),
        TableCell(text=str(line.get("licence", ""))),
    )


def _first(place: str | None) -> str:
    return f" (first: {place})" if place else ""


def left_out(data: Sequence[Mapping[str, Any]]) -> tuple[TerminalText, ...]:
    """Say on the terminal which rows of which files were not used, and where the first of them stands."""
    lines = []
    for line in data:
        reasons = {reason: (n, _first((line.get("first_dropped") or {}).get(reason)))
                   for reason, n in (line.get("dropped") or {}).items()}  # fmt: skip
        if n := line.get("without_gold"):
            reasons = {"without gold": (n, _first(line.get("first_without_gold"))), **reasons}
        if reasons:
            parts = ", ".join(f"{formatting.count(n)} {reason}{place}" for reason, (n, place) in reasons.items())
            name = f"{line.get('task')} {line.get('use')} ({line.get('language')})"
            rows = f"{formatting.count(line.get('rows'))} of {formatting.count(line.get('read'))} rows used"
            lines.append(TerminalText(text=f"{name}: {rows}; not used: {parts}.", style="yellow"))
    shown = tuple(lines[:_MOST_LINES])
    others = len(lines) - len(shown)
    more = f"and {formatting.plural(others, 'more file')} with rows that were not used; the report has them all."
    return (*shown, TerminalText(text=more, style="yellow")) if others else shown


DATA = Topic(
    name="data",
    compute=lambda board: board.results.data or None,
    sections=sections,
    terminal=left_out,
    record=lambda data: {"data": [dict(line) for line in data]},
    empty_record={"data": []},
)
