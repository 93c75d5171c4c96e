"""Readers of minimal pairs: CLAMS's lines of judged sentences, and the suites of SyntaxGym."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from xstilts.core.errors import DataError
from xstilts.data.readers.json_records import parse_json_file
from xstilts.data.source import WHERE, Row
from xstilts.data.text_lines import expect_fields, numbered_lines

JUDGEMENTS = ("True", "False")


@dataclass(frozen=True, kw_only=True)
class JudgedLines:
    """Lines `True TAB sentence` and `False TAB sentence` by turns (CLAMS, Mueller et al. 2020): each two are a pair.

    One row a pair: good, bad, paradigm (the file's name without `prefix` and ending); `where` is the first line.
    """

    prefix: str = ""

    def __call__(self, paths: Sequence[Path]) -> Iterator[Row]:
        for path in paths:
            paradigm = path.name.partition(".")[0].removeprefix(self.prefix)
            waiting: Row | None = None
            for number, line in numbered_lines(path):
                where = f"{path}:{number}"
                expect_fields(cells := line.split("\t"), 2, where)
                judgement, sentence = cells
                if judgement not in JUDGEMENTS:
                    raise DataError(f"'{judgement}' is no judgement", where=where, value=judgement, allowed=JUDGEMENTS)
                if (judgement == "True") is not (waiting is None):
                    expected = "True" if waiting is None else "False"
                    problem = f"'{judgement}' stands where '{expected}' is expected: a pair is two lines"
                    raise DataError(problem, where=where)
                if waiting is None:
                    waiting = {"good": sentence, "paradigm": paradigm, WHERE: where}
                else:
                    yield {**waiting, "bad": sentence}
                    waiting = None
            if waiting is not None:
                raise DataError("the last sentence has no partner", where=waiting[WHERE])


@dataclass(frozen=True, kw_only=True)
class SyntaxGym:
    """Suites of SyntaxGym (Gauthier et al. 2020), one JSON file each, whose `metric` is "sum" and whose predictions are
    formulas.

    One row an item: id ("suite item"), suite, conditions (list of (name, contents of the regions in order)),
    predictions (list of formulas).
    """

    def __call__(self, paths: Sequence[Path]) -> Iterator[Row]:
        for path in paths:
            suite = parse_json_file(path)
            name = _member(suite, ("meta", "name"), str, str(path))
            if (metric := _member(suite, ("meta", "metric"), str, str(path))) != "sum":
                raise DataError("only sums over a region are read", where=str(path), value=metric, allowed=("sum",))
            predictions = [
                _member(prediction, ("formula",), str, f"{path}:predictions[{i}]")
                for i, prediction in enumerate(_member(suite, ("predictions",), list, str(path)))
            ]
            for i, item in enumerate(_member(suite, ("items",), list, str(path))):
                where = f"{path}:items[{i}]"
                number = _member(item, ("item_number",), int, where)
                conditions = [_condition(one, where) for one in _member(item, ("conditions",), list, where)]
                row = {"id": f"{name} {number}", "suite": name, "conditions": conditions, "predictions": predictions}
                yield {**row, WHERE: where}


def _condition(value: Any, where: str) -> tuple[str, list[str]]:
    """Return the name and the regions of a condition; its regions are numbered from 1, in order."""
    name = _member(value, ("condition_name",), str, where)
    regions = _member(value, ("regions",), list, where)
    numbers = [_member(region, ("region_number",), int, where) for region in regions]
    if numbers != list(range(1, len(regions) + 1)):
        raise DataError(f"the regions of '{name}' are not numbered 1 to {len(regions)}", where=where)
    return name, [_member(region, ("content",), str, where) for region in regions]


def _member(value: Any, path: Sequence[str], kind: type, where: str) -> Any:
    for name in path:
        if not isinstance(value, dict) or name not in value:
            known = value if isinstance(value, dict) else {}
            raise DataError(f"a SyntaxGym suite has '{'.'.join(path)}' here", where=where, value=name, allowed=known)
        value = value[name]
    if not isinstance(value, kind) or isinstance(value, bool):
        raise DataError(f"'{'.'.join(path)}' has another type than a SyntaxGym suite gives it", where=where)
    return value
