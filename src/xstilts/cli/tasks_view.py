"""Tasks for people: the list, and one task in detail."""

from __future__ import annotations

from pathlib import PurePosixPath
from textwrap import shorten

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from xstilts.app.tasks import SourceFacts, TaskFacts
from xstilts.core.visible_text import visible
from xstilts.evaluate.guessing_check import GuessingCheck
from xstilts.report.elements import formatting

LICENCE_WIDTH = 26


def task_table(tasks: list[TaskFacts]) -> RenderableType:
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("task", style="bold", no_wrap=True, min_width=max(len(task.name) for task in tasks))
    for name, width in (("kind", 14), ("train", 8), ("tests", 8)):
        table.add_column(name, no_wrap=True, min_width=width)
    table.add_column("licence", no_wrap=True)
    for task in tasks:
        languages, available = task.languages(), task.languages(available=True)
        tests = f"{len(available)} of {len(languages)}" if languages else "–"
        licence = ("non-commercial: " if task.noncommercial else "") + task.licence
        table.add_row(task.name, task.kind, task.training(), tests, shorten(licence, LICENCE_WIDTH, placeholder=" …"))
    legend = Text(
        "train: here (a data folder or the store), sample (packaged, cut), to fetch (where there is a network). "
        "tests: languages whose test set is here. `xstilts tasks NAME` says more.",
        style="dim",
    )
    return Group(table, legend)


def own_task_table(tasks: list[TaskFacts]) -> RenderableType:
    """The tasks of a study: what is here of each, how it is scored, and its labels."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("task", style="bold", no_wrap=True)
    for name in ("kind", "train", "tests", "scored by"):
        table.add_column(name, no_wrap=True)
    table.add_column("labels", overflow="fold")
    for task in tasks:
        here, languages = task.languages(available=True), task.languages()
        tests = ", ".join(language if language in here else f"({language})" for language in languages) or "–"
        cells = (task.name, task.kind, task.training(), tests, ", ".join(task.metrics), ", ".join(task.labels))
        table.add_row(*(Text(visible(cell)) for cell in cells))
    legend = "In brackets: languages whose test file is not here; `xstilts tasks NAME --study STUDY` names the file."
    return Group(table, Text(legend, style="dim"))


def task_page(task: TaskFacts) -> RenderableType:
    lines = [
        Text(task.name, style="bold"),
        Text(f"{task.kind}; scored by {', '.join(task.metrics)}"),
        Text(f"licence: {task.licence}{' (non-commercial)' if task.noncommercial else ''}"),
        Text(f"cite: {task.cite}"),
    ]
    if task.labels:
        lines.append(Text(f"labels: {visible(shorten(', '.join(task.labels), 2000, placeholder=' …'))}"))
    if task.home:
        lines.append(Text(f"home: {task.home}"))
    if task.text:
        lines.append(Text(f"text: {task.text}"))
    if task.benchmarks:
        lines.append(Text(f"part of: {', '.join(task.benchmarks)}"))
    if task.scale != "full":
        lines.append(Text(f"scale: {task.scale}", style="yellow"))
    return Group(*lines, _sources(task.sources), *_fetched_from(task.sources))


def guessing_table(check: GuessingCheck) -> RenderableType:
    """The baselines of a task with their intervals and the floor, and what follows."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in ("baseline", "accuracy", "95 % interval", "floor"):
        table.add_column(name, no_wrap=True, justify="left" if name == "baseline" else "right")
    table.add_column("sees", overflow="fold")
    for one in check.baselines:
        between = f"{formatting.number(one.low)} to {formatting.number(one.high)}"
        style = "yellow" if one.is_above_chance else ""
        numbers = (formatting.number(one.accuracy), between, formatting.number(one.floor))
        table.add_row(one.name, *numbers, one.sees, style=style)
    said = "no baseline is above chance" if check.passes else "it can be guessed: a baseline is clearly above its floor"
    head = f"{check.task}: {said} (trained on {check.trained:,} examples, scored on {check.scored:,})"
    return Group(Text(head, style="green" if check.passes else "yellow"), table)


def _sources(sources: tuple[SourceFacts, ...]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in ("use", "language", "here", "size", "file"):
        table.add_column(name, no_wrap=True, justify="right" if name == "size" else "left", overflow="ellipsis")
    table.add_column("note", overflow="fold")
    for source in sources:
        size = formatting.size(source.bytes) if source.bytes else "–"
        if source.examples is not None:
            size = f"{source.examples:,} examples" + (f", {source.dropped:,} rows dropped" if source.dropped else "")
        where = Text(source.here or "missing", style="green" if source.here else "yellow")
        name = PurePosixPath(source.files[0]).name if source.files else ""
        other_files = f" +{len(source.files) - 1}" if len(source.files) > 1 else ""
        table.add_row(source.use, source.language, where, size, name + other_files, source.note)
    return table


def _fetched_from(sources: tuple[SourceFacts, ...]) -> list[Text]:
    """Return where the files come from where there is a network, addresses below one folder in one line."""
    folders: dict[str, int] = {}
    for address in dict.fromkeys(address for source in sources for address in source.fetch):
        folder = address.rpartition("/")[0] + "/" if address.startswith("http") else address
        folders[folder] = folders.get(folder, 0) + 1
    return [
        Text(f"fetched from: {folder}" + (f" ({count} files)" if count > 1 else ""), style="dim")
        for folder, count in list(folders.items())[:12]
    ]
