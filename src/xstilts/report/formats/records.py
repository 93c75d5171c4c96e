"""Flat records of scores and contrasts for other programs: the lines of the CSV and Parquet files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from xstilts.report.scores.contrast_scopes import Contrast
from xstilts.report.scores.inputs import StudyCell, TargetInfo
from xstilts.report.scores.score_files import LanguageNumbers, read_scores
from xstilts.report.scores.scoreboard import Scoreboard

if TYPE_CHECKING:
    import pyarrow

Record = dict[str, Any]

SCORE_FIELDS: dict[str, type] = {
    "arm": str,
    "target": str,
    "seed": int,
    "language": str,
    "train_language": str,
    "metric": str,
    "main": bool,  # the target's main metric
    "value_name": str,  # "headline": the mean of the metric's headline values
    "value": float,  # percent; empty where missing
    "low": float,  # 95 % interval over test items; of the headline alone
    "high": float,
    "floor": float,  # of the headline alone
    "n": int,  # examples
    "candidates": int,  # of retrieval: how many each query searched
    "at_chance": bool,
    "note": str,  # what is read in the place of this language's test set, or which part of it
    "status": str,  # "done", or why not
    "reason": str,
}
CONTRAST_FIELDS = (*(field.name for field in fields(Contrast)), "level", "significant")


def score_records(board: Scoreboard) -> list[Record]:
    """Return one record for each arm, target, seed, language, metric and value name. A missing score has a record too,
    without a value, with its status and reason."""
    targets = {target.name: target for target in board.results.targets}
    return [record for cell in board.results.cells for record in _cell_records(cell, targets[cell.target])]


def contrast_records(board: Scoreboard) -> list[Record]:
    """Return one record a contrast; lists are joined with spaces."""
    records = []
    for contrast in board.comparison.contrasts:
        record = contrast.to_dict()
        record["target"] = contrast.target or "all"
        record["weights"] = "; ".join(f"{arm} {weight:+g}" for arm, weight in contrast.weights.items())
        for name in ("targets", "languages", "by_seed"):
            record[name] = " ".join(str(x) for x in record[name])
        records.append(record)
    return records


def arrow_table(lines: Sequence[Mapping[str, Any]], fields: Mapping[str, type] | None = None) -> pyarrow.Table:
    """Return lines as a table: of `fields`, name -> type, where they are given, else as the lines have them."""
    import pyarrow as pa

    types = {str: pa.string(), int: pa.int64(), float: pa.float64(), bool: pa.bool_()}
    schema = pa.schema([(name, types[kind]) for name, kind in fields.items()]) if fields else None
    return pa.Table.from_pylist([dict(line) for line in lines], schema=schema)


def _cell_records(cell: StudyCell, target: TargetInfo) -> Iterator[Record]:
    key: Record = {"arm": cell.arm, "target": cell.target, "seed": cell.seed, "train_language": target.train_language}
    if cell.scores is None:
        for language in target.languages:
            line = {**key, "language": language, "metric": target.main, "main": True}
            yield _missing({**line, "note": target.test_notes.get(language, "")}, cell.status, cell.reason)
        return
    scored = read_scores(cell.scores)
    for name, by_language in scored.metrics.items():
        for language in target.languages:
            main = name == (target.main or scored.main)
            line = {**key, "language": language, "metric": name, "main": main}
            line["note"] = target.test_notes.get(language, "")
            numbers = by_language.get(language)
            if numbers is None:
                yield _missing(line, "missing", scored.missing.get(language, "no score"))
            else:
                yield from _values({**line, "status": "done", "reason": ""}, numbers)


def _values(line: Record, numbers: LanguageNumbers) -> Iterator[Record]:
    low, high = numbers.interval
    line = {**line, "n": numbers.n, "candidates": numbers.candidates, "at_chance": numbers.at_chance}
    headline = {"value_name": "headline", "value": numbers.headline, "low": low, "high": high, "floor": numbers.floor}
    yield {**line, **headline}
    for name, value in numbers.values.items():
        yield {**line, "value_name": name, "value": value}


def _missing(line: Record, status: str, reason: str) -> Record:
    return {**line, "value_name": "headline", "status": status, "reason": reason}
