"""Rows of questions and forms, and schemas of databases."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from xstilts.core.errors import DataError
from xstilts.data.readers.catalog import JsonList, RowsWith
from xstilts.data.readers.schemas import WithSchemas, WithTables
from xstilts.data.row_makers.parses import ParsesRow
from xstilts.data.source import WHERE, Drop

Put = Callable[..., Path]
ROW: dict[Any, Any] = {WHERE: "a:7", "text": "Wo liegt  'Zum Ritter' (Köln)?", "form": "f(x)"}


@pytest.mark.parametrize(
    ("text", "marks", "words"),
    [
        ("Wo liegt  'Zum Ritter' (Köln)?", False, "Wo|liegt|'Zum|Ritter'|(Köln)?"),
        ("Wo liegt  'Zum Ritter' (Köln)?", True, "Wo|liegt|'|Zum|Ritter|'|(|Köln|)|?"),
        ("Trader Joe's at 12:30, v2.0!", True, "Trader|Joe's|at|12:30|,|v2.0|!"),
        ("名为Bob的歌手有2个？", True, "名为|Bob|的歌手有|2|个|？"),
        ("¿Cómo `x`?", True, "¿|Cómo|`|x|`|?"),
        ("?", True, "?"),
    ],
)
def test_a_question_is_cut_into_words(text: str, marks: bool, words: str):
    made = ParsesRow(marks=marks)({**ROW, "text": text}, 0)
    assert not isinstance(made, Drop) and made.words == tuple(words.split("|"))
    assert (made.form, made.where, made.database) == ("f(x)", "a:7", "")


def test_a_null_form_is_unlabelled_and_a_blank_question_is_an_error():
    made = ParsesRow(lower=True)({**ROW, "form": None}, 0)
    assert not isinstance(made, Drop) and made.form is None and made.words[0] == "wo"
    with pytest.raises(DataError, match="a question without words") as caught:
        ParsesRow()({**ROW, "text": "  "}, 0)
    assert caught.value.where == "a:7"
    with pytest.raises(DataError, match="'form' is not a text"):
        ParsesRow()({**ROW, "form": ["f", "x"]}, 0)


def test_rows_of_other_languages_are_left_out_where_a_file_has_one_a_row(put: Put):
    file = put("q.json", '[{"question": {"ja": "x"}}, {"question": {"es": "y"}}, {"question": {"es": "z"}}]')
    rows = list(RowsWith(read=JsonList(), field="question.es")([file]))
    assert [row["question"]["es"] for row in rows] == ["y", "z"] and str(rows[0][WHERE]).endswith("[1]")
    assert len(list(RowsWith(read=JsonList(), field="question")([file]))) == 3


SCHEMA = {
    "db_id": "band", "table_names_original": ["Singer"],
    "column_names_original": [[-1, "*"], [0, "Name"], [0, "age"], [0, 'a "b"']],
    "column_types": ["text", "text", "number", "boolean"],
}  # fmt: skip


def test_questions_get_the_schema_of_their_database(put: Put):
    files = [put("q.json", json.dumps([{"db_id": "band", "text": "how old", "form": "SELECT age FROM Singer"}])),
             put("t.json", json.dumps([SCHEMA]))]  # fmt: skip
    [row] = WithSchemas()(files)
    made = ParsesRow(more="schema", database="tables")(row, 0)
    assert not isinstance(made, Drop)
    assert made.words[:5] == ("how", "old", "Singer", "singer", "SINGER") and {"Name", "age"} < set(made.words)
    base = sqlite3.connect(":memory:")
    base.executescript(made.database)
    assert [column[1] for column in base.execute("PRAGMA table_info(Singer)")] == ["Name", "age", 'a "b"']


def test_a_database_without_a_schema_is_refused_with_its_question(put: Put):
    files = [put("q.json", json.dumps([{"db_id": "bank"}])), put("t.json", json.dumps([SCHEMA]))]
    with pytest.raises(DataError, match="no schema of the database 'bank'") as caught:
        list(WithSchemas()(files))
    assert str(caught.value.where).endswith("q.json:[0]") and "band" in str(caught.value)


def test_one_database_for_all_questions(put: Put):
    rows = list(WithTables(tables="CREATE TABLE t (x);")([put("q.json", '[{"text": "a"}, {"text": "b"}]')]))
    assert [row["tables"] for row in rows] == ["CREATE TABLE t (x);"] * 2
