"""Files of minimal pairs: what is malformed is refused with file and line."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from xstilts.core.errors import DataError
from xstilts.data.readers.catalog import JudgedLines, SyntaxGym
from xstilts.data.row_makers.catalog import MinimalPairRow, PairChoiceRow, SuiteItemRow
from xstilts.data.source import WHERE, Drop

Put = Callable[[str, str | bytes], Path]


def test_two_lines_are_a_pair(put: Put):
    [row] = JudgedLines(prefix="clams-")([put("clams-simple.txt", "True\ta b\nFalse\ta c\n")])
    assert (row["good"], row["bad"], row["paradigm"]) == ("a b", "a c", "simple")


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("True\ta\nTrue\tb\n", 2, "'False' is expected"),
        ("False\ta\nTrue\tb\n", 1, "'True' is expected"),
        ("True\ta\nFalse\tb\nTrue\tc\n", 3, "no partner"),
        ("true\ta\n", 1, "Did you mean 'True'"),
        ("True a\n", 1, "1 fields, expected 2"),
    ],
)
def test_lines_out_of_turn_are_refused_at_their_place(put: Put, text: str, line: int, said: str):
    path = put("x.txt", text)
    with pytest.raises(DataError, match=said) as caught:
        list(JudgedLines()([path]))
    assert caught.value.where == f"{path}:{line}"


def suite(**changes: Any) -> str:
    regions = [{"region_number": i, "content": text} for i, text in enumerate(("the dog", " ", "barks"), start=1)]
    item = {"item_number": 4, "conditions": [{"condition_name": "a", "regions": regions}]}
    value = {"meta": {"name": "s", "metric": "sum"}, "predictions": [{"formula": "(1;%a%) > (3;%a%)"}], "items": [item]}
    return json.dumps(value | changes)


def test_an_item_of_a_suite(put: Put):
    [row] = SyntaxGym()([put("s.json", suite())])
    example = SuiteItemRow(id="id", circuits=(("s", "circuit"),))(row, 0)
    assert not isinstance(example, Drop)
    assert example.id == "s 4" and example.conditions == (("a", ("the dog", "", "barks")),)
    assert example.texts == ("the dog barks",) and (example.phenomenon, example.paradigm) == ("circuit", "s")


@pytest.mark.parametrize(
    ("formula", "said"),
    [("(1;%b%) > 1", "condition 'b'"), ("(4;%a%) > 1", "region 4"), ("(1;%a%)", "compares nothing")],
)
def test_a_prediction_about_what_is_not_there_is_refused(put: Put, formula: str, said: str):
    path = put("s.json", suite(predictions=[{"formula": formula}]))
    [row] = SyntaxGym()([path])
    with pytest.raises(DataError, match=said) as caught:
        SuiteItemRow(id="id")(row, 0)
    assert caught.value.where == f"{path}:items[0]"


@pytest.mark.parametrize("changes", [{"meta": {"name": "s", "metric": "mean"}}, {"items": 3}, {"predictions": [{}]}])
def test_what_is_no_suite_is_refused(put: Put, changes: dict[str, Any]):
    with pytest.raises(DataError):
        list(SyntaxGym()([put("s.json", suite(**changes))]))


def test_pairs_whose_sentences_are_the_same_are_dropped_and_the_first_value_counts():
    make = MinimalPairRow(paradigm=("Paradigm", "paradigm"))
    row = {"good": "a b ", "bad": "a c", "paradigm": "low", "Paradigm": "high", WHERE: "f:1"}
    made = make(row, 0)
    assert not isinstance(made, Drop) and (made.good, made.paradigm) == ("a b", "high")
    assert isinstance(make({**row, "bad": "a b"}, 0), Drop)


def test_of_a_choice_either_sentence_may_come_first_and_the_answer_is_the_good_one():
    rows = [{"good": f"good {i}", "bad": f"bad {i}", WHERE: "f:1"} for i in range(40)]
    made = [PairChoiceRow()(row, i) for i, row in enumerate(rows)]
    examples = [example for example in made if not isinstance(example, Drop)]
    assert {example.answer for example in examples} == {0, 1}
    assert all(example.options[example.answer or 0].startswith("good") for example in examples)
