"""Tasks for people: the list, and one task in detail."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from xstilts.cli.plan_view import amount
from xstilts.inventory import SourceFacts, TaskFacts


def task_table(tasks: list[TaskFacts]) -> RenderableType:
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("task", style="bold")
    for name in ("kind", "train", "test languages here", "metrics", "licence"):
        table.add_column(name, overflow="fold")
    for task in tasks:
        every, here = task.languages(), task.languages(here=True)
        tests = f"{len(here)} of {len(every)}" if every else "–"
        licence = task.licence + (" (non-commercial)" if task.noncommercial else "")
        table.add_row(task.name, task.kind, task.training(), tests, ", ".join(task.metrics), licence)
    legend = Text(
        "train: here (a data folder or the store), sample (packaged, cut), to fetch (where there is a network). "
        "`xstilts tasks NAME` says more.",
        style="dim",
    )
    return Group(table, legend)


def task_page(task: TaskFacts) -> RenderableType:
    lines = [
        Text(task.name, style="bold"),
        Text(f"{task.kind}; scored by {', '.join(task.metrics)}"),
        Text(f"licence: {task.licence}{' (non-commercial)' if task.noncommercial else ''}"),
        Text(f"cite: {task.cite}"),
    ]
    if task.home:
        lines.append(Text(f"home: {task.home}"))
    if task.text:
        lines.append(Text(f"text: {task.text}"))
    if task.benchmarks:
        lines.append(Text(f"part of: {', '.join(task.benchmarks)}"))
    if task.scale != "full":
        lines.append(Text(f"scale: {task.scale}", style="yellow"))
    return Group(*lines, _sources(task.sources))


def _sources(sources: tuple[SourceFacts, ...]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in ("use", "language", "here", "size", "files", "or from", "note"):
        table.add_column(name, overflow="fold", justify="right" if name == "size" else "left")
    for one in sources:
        size = f"{one.examples:,} examples" if one.examples is not None else (amount(one.bytes, "B") if one.bytes else "–")
        where = Text(one.here or "missing", style="green" if one.here else "yellow")
        table.add_row(one.use, one.language, where, size, ", ".join(one.files), "; ".join(one.fetch), one.note)
    return table
