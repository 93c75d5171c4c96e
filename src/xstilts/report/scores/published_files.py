"""Published rows by the short names that `--against` takes, read from `xstilts/references/*.json`, a benchmark each.

A figure without a source, or one that the words quoted from its source do not hold, raises: nothing enters a report
that a reader cannot look up.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from xstilts.core.catalog import Catalog
from xstilts.core.errors import DataError
from xstilts.core.languages import canonical_code
from xstilts.core.quotations import numbers_in
from xstilts.report.scores.published_rows import (
    Benchmark,
    BenchmarkTask,
    Citation,
    PublishedAverage,
    PublishedRow,
    PublishedScore,
)

SUFFIX = ".json"
TASK_KEYS = ("metric", "said", "languages", "train", "retrieval", "note")
ROW_KEYS = ("model", "parameters", "encoder", "hub", "setting", "over", "figures")
Json = Mapping[str, Any]


@cache
def published() -> Catalog[PublishedRow]:
    """Return every packaged row, by name.

    Raises DataError when a file is not as it should be, StudyError for a name used twice."""
    folder = files("xstilts") / "references"
    paths = {path.name: path for path in folder.iterdir() if path.name.endswith(SUFFIX)}
    names = sorted(paths, key=lambda name: name.removesuffix(SUFFIX))
    rows = [read_rows(json.loads(paths[name].read_text(encoding="utf-8")), name) for name in names]
    return Catalog("published row", *(row for rows_of_file in rows for row in rows_of_file))


def benchmarks() -> tuple[Benchmark, ...]:
    """Return every benchmark that rows are of."""
    return tuple({row.benchmark.name: row.benchmark for row in published().values()}.values())


def rows_named(names: Iterable[str]) -> tuple[PublishedRow, ...]:
    """Return the rows with these names, each once, in the order asked for.

    Raises StudyError for an unknown one, with those there are and the nearest."""
    rows = published()
    return tuple(rows.find(name, where="--against") for name in dict.fromkeys(names))


def read_rows(record: Json, where: str) -> tuple[PublishedRow, ...]:
    """Return the rows of one file. `where`: its name, for errors.

    Raises DataError for a key that is unknown, a figure without source or quote, one that is not in its
    quote, and one given twice."""
    sources = {name: _source(entry, f"{where}: sources.{name}") for name, entry in record["sources"].items()}
    _checked_name(record.get("languages_source"), sources, f"{where}: languages_source")
    benchmark = Benchmark(
        name=record["name"],
        title=record["title"],
        about=record["about"],
        tasks={name: _task(name, entry, sources, f"{where}: tasks.{name}") for name, entry in record["tasks"].items()},
        averages={name: _average(name, entry, record["tasks"], where) for name, entry in record["averages"].items()},
    )
    return tuple(_row(name, record["rows"], benchmark, sources, where) for name in record["rows"])


def _source(entry: Json, where: str) -> Citation:
    for key in ("cite", "address", "place"):
        if not entry.get(key):
            raise DataError(f"this source has no '{key}'.", where=where)
    return Citation(cite=entry["cite"], address=entry["address"], place=entry["place"])


def _task(name: str, entry: Json, sources: Mapping[str, Citation], where: str) -> BenchmarkTask:
    _check_keys(entry, TASK_KEYS, where)
    train = entry.get("train")
    if train is not None:
        _quoted(train["value"], train, sources, f"{where}.train")
    return BenchmarkTask(
        name=name,
        metric=entry["metric"],
        metric_title=entry["said"],
        languages=tuple(canonical_code(code, where) for code in entry["languages"].split()),
        train=train["value"] if train else None,
        retrieval=entry.get("retrieval", False),
        note=entry.get("note", ""),
    )


def _average(name: str, entry: Json, tasks: Json, where: str) -> PublishedAverage:
    for task in entry["tasks"]:
        _checked_name(task, tasks, f"{where}: averages.{name}.tasks", "task")
    return PublishedAverage(name=name, title=entry["said"], tasks=tuple(entry["tasks"]))


def _row(name: str, rows: Json, benchmark: Benchmark, sources: Mapping[str, Citation], where: str) -> PublishedRow:
    entry, where = rows[name], f"{where}: rows.{name}"
    _check_keys(entry, ROW_KEYS, where)
    figures = [
        figure
        for i, group in enumerate(entry["figures"])
        for figure in _figures(group, benchmark, sources, f"{where}.figures[{i}]")
    ]
    keys = [(figure.task, figure.name) for figure in figures]
    if twice := [key for key in keys if keys.count(key) > 1]:
        raise DataError(f"two figures are given for {' '.join(twice[0])}.", where=where)
    parameters = entry.get("parameters")
    if parameters:
        _quoted(numbers_in(parameters["text"])[0], parameters, sources, f"{where}.parameters")
    if entry.get("over"):
        _checked_name(entry["over"], rows, f"{where}.over", "row")
    return PublishedRow(
        name=name,
        benchmark=benchmark,
        model=entry["model"],
        setting=entry["setting"],
        figures=tuple(figures),
        parameters=parameters["text"] if parameters else "",
        encoder=entry.get("encoder", ""),
        hub=entry.get("hub", ""),
        over=entry.get("over", ""),
    )


def _figures(group: Json, benchmark: Benchmark, sources: Mapping[str, Citation], where: str) -> list[PublishedScore]:
    """Return the figures that one quotation holds."""
    figures = []
    for task, values in group["values"].items():
        _checked_name(task, {**benchmark.tasks, **benchmark.averages}, where, "task or average")
        for name, value in values.items():
            source = _quoted(value, group, sources, f"{where}.{task}.{name}")
            figures.append(PublishedScore(task=task, name=name, value=value, quote=group["quote"], source=source))
    return figures


def _quoted(value: float, entry: Json, sources: Mapping[str, Citation], where: str) -> Citation:
    """Return the source of a number; raises DataError unless the quotation holds the number."""
    source = sources[_checked_name(entry.get("source"), sources, where)]
    quote = str(entry.get("quote") or "")
    if value not in numbers_in(quote):
        raise DataError(f"{value:g} does not stand in the quotation '{quote}'.", where=where)
    return source


def _checked_name(name: object, allowed: Mapping[str, object], where: str, noun: str = "source") -> str:
    if not name:
        raise DataError(f"a figure needs a {noun}.", where=where, allowed=allowed)
    if name not in allowed:
        raise DataError(f"there is no {noun} '{name}'.", where=where, value=str(name), allowed=allowed)
    return str(name)


def _check_keys(entry: Json, allowed: tuple[str, ...], where: str) -> None:
    for key in entry:
        if key not in allowed:
            raise DataError(f"there is no key '{key}'.", where=where, value=key, allowed=allowed)
