"""The data of a study: every file that was read, its fingerprint, and what was dropped of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from xstilts.report.elements import formatting
from xstilts.report.elements.blocks import Fold, Section, Table, TableCell, TableColumn, TerminalText
from xstilts.report.topics.topic import Topic

_MOST_LINES = 6  # on the terminal


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
        TableCell(text=formatting.count(line.get("rows")), small_print=_perturbed(line)),
        TableCell(text=formatting.count(line.get("without_gold")), small_print=(f"first: {blank}",) if blank else ()),
        TableCell(text=formatting.count(sum(dropped.values())), small_print=reasons),
        TableCell(text=formatting.count(line.get("truncated"))),
        TableCell(text=formatting.count(line.get("split"))),
        TableCell(text=digest[:16], tip=digest, role="code"),
        TableCell(text=str(line.get("licence", ""))),
    )


def _perturbed(line: Mapping[str, Any]) -> tuple[str, ...]:
    """Say how many training rows have other texts than the file, and why others that were to have, or were to be
    translated, stay as they are."""
    perturbed = () if line.get("perturbed") is None else (f"{formatting.count(line['perturbed'])} perturbed",)
    kept = (f"{formatting.count(n)} as they are: {reason}" for reason, n in (line.get("kept") or {}).items())
    return *perturbed, *kept


def _first(place: str | None) -> str:
    return f" (first: {place})" if place else ""


def dropped_rows(lines: Sequence[Mapping[str, Any]]) -> tuple[Counter[str], dict[str, str | None]]:
    """Return, for each reason for which rows of these files were dropped, how many, and where the first one stands."""
    numbers: Counter[str] = Counter()
    places: dict[str, str | None] = {}
    for line in lines:
        for reason, n in (line.get("dropped") or {}).items():
            numbers[reason] += n
            places.setdefault(reason, (line.get("first_dropped") or {}).get(reason))
    return numbers, places


def left_out(data: Sequence[Mapping[str, Any]]) -> tuple[TerminalText, ...]:
    """Say on the terminal how many rows of each task were not used, in one line for all its languages: the commonest
    reason, and where the first such row stands. The report has them all."""
    groups: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for line in data:
        if line.get("dropped") or line.get("without_gold"):
            groups.setdefault((str(line.get("task")), str(line.get("use"))), []).append(line)
    lines = [TerminalText(text=_left_out_of(*key, of), style="yellow") for key, of in groups.items()]
    shown = tuple(lines[:_MOST_LINES])
    others = len(lines) - len(shown)
    more = f"Rows of {formatting.plural(others, 'other task')} were not used either; the report has them all."
    return (*shown, TerminalText(text=more, style="yellow")) if others else shown


def _left_out_of(task: str, use: str, lines: Sequence[Mapping[str, Any]]) -> str:
    """Return "reviews test (de, sw): 95 of 300 rows not used: 57 no label (first: de.tsv:7) and 2 other reasons."."""
    numbers, places = dropped_rows(lines)
    for line in lines:
        if n := line.get("without_gold"):
            numbers["without gold"] += n
            places.setdefault("without gold", line.get("first_without_gold"))
    [(reason, n)] = numbers.most_common(1)
    others = f" and {formatting.plural(len(numbers) - 1, 'other reason')}" if len(numbers) > 1 else ""
    languages = formatting.name_list([str(line.get("language")) for line in lines[:4]])
    if len(lines) > 4:
        languages = f"{len(lines)} languages"
    read = formatting.count(sum(line.get("read") or 0 for line in lines))
    total = formatting.count(sum(numbers.values()))
    return (
        f"{task} {use} ({languages}): {total} of {read} rows not used: "
        f"{formatting.count(n)} {reason}{_first(places[reason])}{others}."
    )


DATA = Topic(
    name="data",
    compute=lambda board: board.results.data or None,
    sections=sections,
    terminal=left_out,
    record=lambda data: {"data": [dict(line) for line in data]},
    empty_record={"data": []},
)
