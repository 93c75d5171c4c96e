"""Write the report to disk: page, Markdown, LaTeX, tables for other programs."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from xstilts.core.files import write_atomic, write_json
from xstilts.core.visible_text import visible
from xstilts.report.build import Report, compose
from xstilts.report.formats.html import html
from xstilts.report.formats.latex import latex
from xstilts.report.formats.markdown import markdown
from xstilts.report.formats.records import (
    CONTRAST_FIELDS,
    SCORE_FIELDS,
    arrow_table,
    contrast_records,
    score_records,
)
from xstilts.report.scores.inputs import Results


@dataclass(frozen=True, kw_only=True)
class ReportFiles:
    """The files of one report."""

    html: Path
    markdown: Path
    latex: Path
    scores_csv: Path
    scores_parquet: Path
    contrasts_csv: Path
    json: Path


def report(results: Results, out: Path) -> ReportFiles:
    """Write all forms of the report into the folder `out`, each file atomically; older ones are replaced.

    Raises StoreError when `out` cannot be written.
    """
    return save(compose(results), out)


def save(report: Report, out: Path) -> ReportFiles:
    """Write a report that has been composed already, as `report` does."""
    paths = ReportFiles(
        html=out / "index.html",
        markdown=out / "report.md",
        latex=out / "tables.tex",
        scores_csv=out / "scores.csv",
        scores_parquet=out / "scores.parquet",
        contrasts_csv=out / "contrasts.csv",
        json=out / "report.json",
    )
    scores, contrasts = score_records(report.scoreboard), contrast_records(report.scoreboard)
    write_json(paths.json, report.record())  # first: it says whose folder this is
    write_atomic(paths.html, html(report.document))
    write_atomic(paths.markdown, markdown(report.document))
    write_atomic(paths.latex, latex(report.document))
    write_atomic(paths.scores_csv, _csv(scores, tuple(SCORE_FIELDS)))
    write_atomic(paths.scores_parquet, _parquet(scores, SCORE_FIELDS))
    write_atomic(paths.contrasts_csv, _csv(contrasts, CONTRAST_FIELDS))
    _save_tables(report, out)
    return paths


def _save_tables(report: Report, out: Path) -> None:
    """Write the tables of topics, as CSV and as Parquet; those of an earlier report go where there is nothing to say
    now."""
    for part in report.topics:
        for name, lines_of in part.topic.tables.items():
            lines = lines_of(part.value) if part.value is not None else ()
            text, columns = out / f"{name}.csv", out / f"{name}.parquet"
            if lines:
                write_atomic(text, _csv(lines, tuple(lines[0])))
                write_atomic(columns, _parquet(lines))
            else:
                text.unlink(missing_ok=True)
                columns.unlink(missing_ok=True)


def _csv(lines: Sequence[Mapping[str, Any]], fields: Sequence[str]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=fields, lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: _cell(value) for name, value in line.items()} for line in lines)
    return text.getvalue()


_FORMULA = tuple("=+-@＝＋－＠\t\n")  # a spreadsheet runs a text that begins so, in some places in wide characters too


def _cell(value: Any) -> Any:
    """Return a value as a spreadsheet shows it and runs nothing: text that would be a formula begins with "'".

    >>> _cell("=1+1"), _cell("a"), _cell(-1.5)
    ("'=1+1", 'a', -1.5)
    """
    if not isinstance(value, str):
        return value
    shown = visible(value)
    return f"'{shown}" if shown.startswith(_FORMULA) else shown


def _parquet(lines: Sequence[Mapping[str, Any]], fields: Mapping[str, type] | None = None) -> bytes:
    """Return the bytes of a table (see `arrow_table`)."""
    import pyarrow.parquet as pq

    sink = io.BytesIO()
    pq.write_table(arrow_table(lines, fields), sink)
    return sink.getvalue()
