"""Checks of claims by tables: where a claim's number stands in a table of its own paper, and differences of two rows or
columns that the claim names, computed again."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from statistics import fmean
from typing import NamedTuple

from xstilts.evidence.page_tables import CellNumber, PrintedTable, number_in
from xstilts.evidence.quantities import SCORES, Quantity, quantities_of
from xstilts.evidence.recompute import Recomputed, change_of
from xstilts.evidence.words import stems_of

_MEAN = re.compile(r"\b(?:avg|average|mean|macro)\b\.?", re.IGNORECASE)
_FEWEST_PARTS = 2  # of a mean


@dataclass(frozen=True, kw_only=True)
class TableFigure:
    """A number of a claim that stands in a table of the same version of its paper, in a row or column that the claim
    names. row, column: what stands beside and above it."""

    value: float
    table: str
    row: str
    column: str

    @property
    def words(self) -> str:
        """ "81.4 stands in Table 2, page 5: MNLI first, Avg"."""
        place = ", ".join(part for part in (self.row, self.column) if part)
        return f"{self.value:g} stands in {self.table}: {place}"


class _Figure(NamedTuple):
    row: str
    column: str
    number: CellNumber


def table_figures(text: str, tables: Sequence[PrintedTable]) -> tuple[TableFigure, ...]:
    """Return where each number of a claim stands: the first cell of that number in a row or column that it names."""
    words = set(stems_of(text))
    return tuple(
        TableFigure(value=one.value, table=place.name, row=figure.row, column=figure.column)
        for one in quantities_of(text)
        if one.digits and (found := _first_place(one, words, tables)) is not None
        for place, figure in (found,)
    )


def _first_place(one: Quantity, words: set[str], tables: Sequence[PrintedTable]) -> tuple[PrintedTable, _Figure] | None:
    for table in tables:
        for figure in _figures(table):
            named = _is_named(figure.row, words) or _is_named(figure.column, words)
            if named and figure.number.digits >= one.digits and _near(one.value, figure.number.value, one.rounding):
                return table, figure
    return None


def recompute_by_tables(text: str, tables: Sequence[PrintedTable]) -> tuple[Recomputed, ...]:
    """Return what tables give of a claim's numbers.

    A difference is computed where the claim names two rows and one column (or two columns and one row), and states one
    number of points or percent that is neither of the two scores. Of a column of averages the mean of the row's other
    scores is shown where it is the stated number; where it is another, the average may be a weighted one, and nothing
    is said. Where one table gives the number, another one's that does not is passed over.
    """
    found = [one for table in tables for one in (*_differences(text, table), *_row_means(text, table))]
    return tuple(one for one in found if one.agrees) or tuple(found)


def _differences(text: str, table: PrintedTable) -> Iterator[Recomputed]:
    words, figures = set(stems_of(text)), list(_figures(table))
    by_place = {(one.row, one.column): one.number for one in figures}
    rows, columns = (_named_labels(labels, words) for labels in zip(*by_place, strict=True)) if by_place else ((), ())
    columns = columns or _columns_meant(text, [column for _, column in by_place])
    if {len(rows), len(columns)} != {1, 2}:
        return
    places = [(row, column) for row in rows for column in columns]
    if not all(place in by_place for place in places):
        return
    first, second = (by_place[place] for place in places)
    stated = [one for one in quantities_of(text) if one.unit in SCORES and not _is_either(one, first, second)]
    if len(stated) == 1:
        place = f"{table.name}, {' and '.join(rows)}, {' and '.join(columns)}"
        slack = stated[0].rounding + 0.5 * (10.0**-first.digits + 10.0**-second.digits)
        orders = ((first.value, second.value), (second.value, first.value))  # words do not say which comes first
        changes = [change_of(stated[0], before, after, slack, place) for before, after in orders]
        yield max(changes, key=lambda one: (one.agrees, one.computed))


def _row_means(text: str, table: PrintedTable) -> Iterator[Recomputed]:
    figures, words = list(_figures(table)), set(stems_of(text))
    for one in quantities_of(text):
        for figure in figures:
            stands = one.digits and _near(one.value, figure.number.value, one.rounding)
            if not (stands and _MEAN.search(figure.column) and _is_named(figure.row, words)):
                continue
            others = [each for each in figures if each.row == figure.row and not _MEAN.search(each.column)]
            mean = fmean(each.number.value for each in others) if len(others) >= _FEWEST_PARTS else float("nan")
            if _near(
                one.value, mean, one.rounding + max((0.5 * 10.0**-each.number.digits for each in others), default=0)
            ):
                yield Recomputed(
                    rule=f"mean of {table.name}, {figure.row}", stated=one.value, computed=mean, agrees=True
                )


def _figures(table: PrintedTable) -> Iterator[_Figure]:
    """Yield the numbers of a table; of two rows or columns of one name none, for nobody could say which is meant."""
    labels = [row.label for row in table.rows]
    for row in table.rows:
        for column, cell in zip(table.headers, row.cells, strict=True):
            number = number_in(cell)
            if number is not None and labels.count(row.label) == 1 and table.headers.count(column) == 1:
                yield _Figure(row.label, column, number)


def _named_labels(labels: Sequence[str], words: set[str]) -> tuple[str, ...]:
    """Return the labels that a claim names, without those whose words are all in another one's that it names."""
    named = [one for one in dict.fromkeys(labels) if _is_named(one, words)]
    within = {
        one for one, other in combinations(named, 2) if set(stems_of(one)) <= set(stems_of(other))
    } | {other for one, other in combinations(named, 2) if set(stems_of(other)) < set(stems_of(one))}  # fmt: skip
    return tuple(one for one in named if one not in within)


def _columns_meant(text: str, columns: Sequence[str]) -> tuple[str, ...]:
    """Return the column that is meant where none is named: the only one, or the only one of averages."""
    known = tuple(dict.fromkeys(columns))
    means = tuple(one for one in known if _MEAN.search(one))
    if _MEAN.search(text) and len(means) == 1:
        return means
    return known if len(known) == 1 else ()


def _is_named(label: str, words: set[str]) -> bool:
    stems = set(stems_of(label))
    return bool(stems) and stems <= words


def _is_either(one: Quantity, first: CellNumber, second: CellNumber) -> bool:
    return any(_near(one.value, each.value, one.rounding) for each in (first, second))


def _near(one: float, other: float, slack: float) -> bool:
    return abs(abs(one) - abs(other)) <= slack + 1e-9
