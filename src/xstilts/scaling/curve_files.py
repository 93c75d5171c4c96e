"""Curve files: a user's own scores by size, as CSV or TSV, one line a run.

Columns: `size`, `seed` and `score`; any of `curve`, `target` and `language`, which together name the curve of a line;
and `n`, the test examples behind a score. The first line names them, in any order.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from io import StringIO
from pathlib import Path

from xstilts.core.errors import DataError, shortened
from xstilts.core.files import file_text
from xstilts.scaling.sized_scores import LARGEST_SIZE, SizeCurve, SizedScore, curves_by_name

NAMES = ("curve", "target", "language")
NEEDED = ("size", "score")
COLUMNS = (*NAMES, "size", "seed", "score", "n")


@dataclass(frozen=True, kw_only=True)
class CurveFile:
    """The curves of a file. are_shares: whether its scores are shares of one there, and percentages here."""

    curves: tuple[SizeCurve, ...]
    are_shares: bool


def read_curves(path: Path) -> CurveFile:
    """Read the curves of a file. Scores that all lie within 0 to 1 are taken as shares of one.

    Raises DataError with file:line for a column that is unknown, twice or missing, a line of another length, a size
    that is no whole number of 1 or more, a score that is no number of 0 to 100, and a run that stands twice."""
    text = file_text(path)
    delimiter = "\t" if "\t" in text.partition("\n")[0] else ","
    lines = _lines(text, delimiter, path)
    _, header = next(lines, (0, []))
    columns = _columns([name.strip().lower() for name in header], f"{path}:1")
    runs = []
    for number, cells in lines:
        where = f"{path}:{number}"
        if len(cells) != len(columns):
            raise DataError(f"This line has {len(cells)} fields, and the first one names {len(columns)}.", where=where)
        runs.append(_run(dict(zip(columns, cells, strict=True)), where))
    if not runs:
        raise DataError("This file has no scores.", where=str(path))
    are_shares = all(run.score <= 1 for _, run in runs) and any(run.score % 1 for _, run in runs)
    if are_shares:
        runs = [(name, replace(run, score=100 * run.score)) for name, run in runs]
    return CurveFile(curves=curves_by_name(runs), are_shares=are_shares)


def _lines(text: str, delimiter: str, path: Path) -> Iterator[tuple[int, list[str]]]:
    """Yield each line that is not empty, with its number."""
    reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield reader.line_num, cells
    except csv.Error as error:
        raise DataError(f"This is no line of a table ({error}).", where=f"{path}:{reader.line_num}") from error


def _columns(names: list[str], where: str) -> list[str]:
    for i, name in enumerate(names):
        if name not in COLUMNS:
            raise DataError(f"There is no column '{shortened(name)}'.", where=where, value=name, allowed=COLUMNS)
        if name in names[:i]:
            raise DataError(f"The column '{name}' stands here twice.", where=where)
    for name in NEEDED:
        if name not in names:
            raise DataError(f"The column '{name}' is missing.", where=where, hint=f"Columns: {', '.join(COLUMNS)}.")
    return names


def _run(cells: Mapping[str, str], where: str) -> tuple[str, SizedScore]:
    name = " · ".join(filter(None, (cells.get(column, "").strip() for column in NAMES)))
    score = _number(cells, "score", where)
    if not math.isfinite(score) or not 0 <= score <= 100:
        raise DataError(
            f"The score '{shortened(cells['score'].strip())}' is no percentage, 0 to 100, and no share of one.",
            where=where,
            hint="Leave out the line of a run without a score.",
        )
    examples = _whole(cells, "n", where, 1) if cells.get("n", "").strip() else None
    seed = _whole(cells, "seed", where, 0) if "seed" in cells else 0
    return name or "all", SizedScore(
        size=_whole(cells, "size", where, 1), seed=seed, score=score, examples=examples, place=where
    )


def _number(cells: Mapping[str, str], column: str, where: str) -> float:
    text = cells[column].strip()
    try:
        return float(text)
    except ValueError:
        raise DataError(f"The {column} '{shortened(text)}' is no number.", where=where) from None


def _whole(cells: Mapping[str, str], column: str, where: str, least: int) -> int:
    value = _number(cells, column, where)
    if not math.isfinite(value) or value != int(value) or not least <= value <= LARGEST_SIZE:
        text = shortened(cells[column].strip())
        raise DataError(f"The {column} '{text}' is no whole number of {least} or more.", where=where)
    return int(value)
