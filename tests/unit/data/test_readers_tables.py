"""Tables and records: what splits a line, what splits a file, and what a malformed row says."""

from __future__ import annotations

import gzip

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from xstilts.core.errors import DataError
from xstilts.data.readers.catalog import Csv, Jsonl, JsonList, Lines, Parquet, Tsv
from xstilts.data.source import WHERE


def without_where(rows):
    return [{name: value for name, value in row.items() if name is not WHERE} for row in rows]


@pytest.mark.parametrize("odd", ["\u0085", "\u2028", "\u2029", "\x1c", "\x0b", "\x0c", "\r"])
def test_a_line_ends_at_newline_only(put, odd):
    path = put("a.tsv", f"one{odd}two\tx\nthree\ty\n")
    assert without_where(Tsv(columns=("a", "b"))([path])) == [
        {"a": f"one{odd}two", "b": "x"},
        {"a": "three", "b": "y"},
    ]


def test_one_carriage_return_before_the_newline_is_dropped(put):
    assert without_where(Lines()([put("a.txt", "one\r\ntwo\r\r\nthree\r")])) == [
        {"text": "one"},
        {"text": "two\r"},
        {"text": "three"},
    ]


def test_the_last_line_needs_no_newline_and_gz_is_known_by_its_bytes(put):
    path = put("misnamed.tsv", gzip.compress(b"a\tb\nc\td"))
    rows = list(Tsv(columns=("x", "y"))([path]))
    assert [row["x"] for row in rows] == ["a", "c"]
    assert [row[WHERE] for row in rows] == [f"{path}:1", f"{path}:2"]


def test_tsv_knows_no_quotes(put):
    path = put("a.tsv", '"I said\tno"\n"\t"\n')
    assert without_where(Tsv(columns=("a", "b"))([path])) == [{"a": '"I said', "b": 'no"'}, {"a": '"', "b": '"'}]


def test_tsv_names_from_header_from_columns_and_by_number(put):
    path = put("a.tsv", "p\tq\n1\t2\n")
    assert without_where(Tsv(header=True)([path])) == [{"p": "1", "q": "2"}]
    assert without_where(Tsv(header=True, columns=("a", "b"))([path])) == [{"a": "1", "b": "2"}]
    assert without_where(Tsv()([path])) == [{"0": "p", "1": "q"}, {"0": "1", "1": "2"}]


def test_a_short_row_names_place_and_both_numbers(put):
    path = put("a.tsv", "a\tb\tc\na\tb\n")
    with pytest.raises(DataError, match=rf"{path}:2: the row has 2 fields, expected 3"):
        list(Tsv(columns=("x", "y", "z"))([path]))


def test_a_byte_order_mark_is_no_part_of_the_first_name(put):
    assert without_where(Tsv(header=True)([put("a.tsv", "\ufeffa\tb\n1\t2\n")])) == [{"a": "1", "b": "2"}]
    assert without_where(Csv()([put("a.csv", "\ufeffa,b\n1,2\n")])) == [{"a": "1", "b": "2"}]


@pytest.mark.versions
def test_csv_cells_hold_line_breaks_commas_and_quotes(put):
    path = put("a.csv", ',text,label\r\n0,"two\r\nlines, ""quoted""",1\r\n1,plain,0\r\n')
    rows = list(Csv()([path]))
    assert without_where(rows) == [
        {"": "0", "text": 'two\r\nlines, "quoted"', "label": "1"},
        {"": "1", "text": "plain", "label": "0"},
    ]
    assert [row[WHERE] for row in rows] == [f"{path}:2", f"{path}:4"]  # the line a row begins on


def test_csv_with_another_delimiter_and_no_header(put):
    path = put("a.csv", "a;b\nc;d\n")
    assert without_where(Csv(delimiter=";", columns=("x", "y"), header=False)([path]))[1] == {"x": "c", "y": "d"}


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("a,b\n1,2\n3\n", 3, "1 fields, expected 2"),
        ('a,b\n1,"2\n', 2, "not valid CSV"),
        ("a,a\n1,2\n", 1, "column name 'a' occurs twice"),
    ],
)
def test_malformed_csv_names_its_line(put, text, line, what):
    path = put("a.csv", text)
    with pytest.raises(DataError, match=rf":{line}: .*{what}"):
        list(Csv()([path]))


@pytest.mark.versions
def test_jsonl_passes_over_blank_lines_and_counts_them(put):
    path = put("a.jsonl", '{"a": 1}\n\n{"a": 2}\n')
    assert [(row["a"], row[WHERE]) for row in Jsonl()([path])] == [(1, f"{path}:1"), (2, f"{path}:3")]


@pytest.mark.parametrize(("line", "what"), [('{"a": ', "not valid JSON"), ("[1]", "found a list"), ("3", "a number")])
def test_malformed_jsonl_names_its_line(put, line, what):
    path = put("a.jsonl", '{"a": 1}\n' + line + "\n")
    with pytest.raises(DataError, match=rf"{path}:2: .*{what}"):
        list(Jsonl()([path]))


def test_a_json_list_below_a_path(put):
    path = put("a.json", '{"data": {"items": [{"a": 1}, {"a": 2}]}}')
    rows = list(JsonList(at="data.items")([path]))
    assert [(row["a"], row[WHERE]) for row in rows][1] == (2, f"{path}:data.items[1]")
    with pytest.raises(DataError, match="Did you mean 'items'"):
        list(JsonList(at="data.item")([path]))
    with pytest.raises(DataError, match="found an object"):
        list(JsonList(at="data")([path]))


@pytest.mark.versions
def test_parquet_row_groups_and_nested_columns(tmp_path):
    path = tmp_path / "a.parquet"
    table = pa.table(
        {"id": ["a", "b", "c"], "tokens": [["x", "y"], [], ["z"]], "answers": [{"start": [i]} for i in range(3)]}
    )
    pq.write_table(table, path, row_group_size=2)
    rows = list(Parquet()([path]))
    assert without_where(rows) == table.to_pylist()
    assert rows[2][WHERE] == f"{path}:3"
    assert without_where(Parquet(columns=("id",))([path])) == [{"id": "a"}, {"id": "b"}, {"id": "c"}]
    with pytest.raises(DataError, match="Did you mean 'tokens'"):
        list(Parquet(columns=("token",))([path]))


def test_what_is_no_parquet_is_said_to_be_none(put):
    with pytest.raises(DataError, match="not Parquet"):
        list(Parquet()([put("a.parquet", "plain text")]))


def test_several_files_are_read_one_after_the_other(put):
    first, second = put("a.tsv", "n\n1\n"), put("b.tsv", "n\n2\n")
    assert [row["n"] for row in Tsv(header=True)([first, second])] == ["1", "2"]


def test_damaged_files_are_named(put, tmp_path):
    whole = gzip.compress(b"line\n" * 1000)
    for path, what in (
        (put("cut.gz", whole[:-12]), "cannot be read"),
        (put("latin.txt", "é\n".encode("latin-1")), "not UTF-8"),
        (tmp_path / "none.txt", "no such file"),
    ):
        with pytest.raises(DataError, match=f"{path}:.*{what}"):
            list(Lines()([path]))
