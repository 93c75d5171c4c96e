"""Row makers of minimal pairs: pairs of sentences, and items of suites with predictions about regions."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

from xstilts.core.errors import DataError
from xstilts.data.examples import ChoiceExample, PairExample, RegionsExample
from xstilts.data.fields import field_value, text_field
from xstilts.data.row_makers.base import RowMakerBase
from xstilts.data.source import WHERE, Drop, Row
from xstilts.data.syntax.region_formulas import WHOLE, read_formula

SAME = "both sentences are the same"


@dataclass(frozen=True, kw_only=True)
class MinimalPairRow(RowMakerBase):
    """A minimal pair.

    Arguments
        good, bad: fields of the sentence that should be likelier, and of the other.
        phenomenon, paradigm: fields that name the broad and the fine part of the suite; of several the first that a row
            has a value in. () : "".
    """

    good: str = "good"
    bad: str = "bad"
    phenomenon: tuple[str, ...] = ()
    paradigm: tuple[str, ...] = ()

    def __call__(self, row: Row, number: int) -> PairExample | Drop:
        if drop := self.dropped(row):
            return drop
        good, bad = text_field(row, self.good).strip(), text_field(row, self.bad).strip()
        if good == bad:
            return Drop(SAME)
        return PairExample(
            **self.names(row, number),
            good=good,
            bad=bad,
            phenomenon=_first(row, self.phenomenon),
            paradigm=_first(row, self.paradigm),
        )


@dataclass(frozen=True, kw_only=True)
class PairChoiceRow(MinimalPairRow):
    """A minimal pair as a choice between its two sentences; a hash of them says which comes first."""

    def __call__(self, row: Row, number: int) -> ChoiceExample | Drop:  # type: ignore[override]
        pair = super().__call__(row, number)
        if isinstance(pair, Drop):
            return pair
        answer = zlib.crc32(f"{pair.good} / {pair.bad}".encode()) & 1
        options = (pair.bad, pair.good) if answer else (pair.good, pair.bad)
        return ChoiceExample(
            id=pair.id, group=pair.group, where=pair.where, prompts=("", ""), options=options, answer=answer
        )


@dataclass(frozen=True, kw_only=True)
class SuiteItemRow(RowMakerBase):
    """An item of a SyntaxGym suite, as `readers.SyntaxGym` gives it. `circuits`: (beginning of a suite's name, what
    Hu et al. 2020 call such suites together), the phenomenon."""

    circuits: tuple[tuple[str, str], ...] = ()

    def __call__(self, row: Row, number: int) -> RegionsExample | Drop:
        if drop := self.dropped(row):
            return drop
        suite = text_field(row, "suite")
        conditions = tuple(
            (name, tuple(" ".join(text.split()) for text in regions)) for name, regions in row["conditions"]
        )
        predictions = tuple(field_value(row, "predictions"))
        _check_regions(row, {name: len(regions) for name, regions in conditions}, predictions)
        return RegionsExample(
            **self.names(row, number),
            conditions=conditions,
            predictions=predictions,
            phenomenon=next((circuit for start, circuit in self.circuits if suite.startswith(start)), ""),
            paradigm=suite,
        )


def _first(row: Row, fields: Sequence[str]) -> str:
    """Return the first value that a row has under these names. Raises DataError where it has none of the fields."""
    for path in fields:
        if isinstance(row.get(path), str) and row[path].strip():
            return str(row[path]).strip()
    return text_field(row, fields[-1]).strip() if fields else ""


def _check_regions(row: Row, sizes: dict[str, int], predictions: Sequence[str]) -> None:
    """Raise DataError for a prediction about a condition or a region that the item does not have."""
    for text in predictions:
        try:
            regions = read_formula(text).regions
        except DataError as error:
            raise error.moved(row[WHERE]) from error
        for condition, region in sorted(regions):
            if condition not in sizes:
                problem = f"a prediction names the condition '{condition}', which the item does not have"
                raise DataError(problem, where=row[WHERE], value=condition, allowed=sizes)
            if region != WHOLE and not 1 <= region <= sizes[condition]:
                problem = f"a prediction names region {region} of '{condition}', which has {sizes[condition]}"
                raise DataError(problem, where=row[WHERE], value=str(region))
