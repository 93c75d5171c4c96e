"""Tables of pages: cells with their headers where the text says them, and nothing where it does not."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiny_pdfs import tiny_pdf
from xstilts.evidence.duplicates import merge_works
from xstilts.evidence.page_tables import PrintedTable, page_tables
from xstilts.evidence.pdf_pages import can_read_pdfs, pdf_pages
from xstilts.evidence.source_text import pdf_text
from xstilts.evidence.works import WorkRecord

TABLE = """
    First we say what the table is about, in a sentence of one column.

                      Score
    Model         XNLI    POS   Avg.
    None          79.2   73.8   76.5
    English first
    MNLI first    80.0   74.9  77.5*
    SQuAD first   79.4          76.8

    Table 1: Zero-shot scores
    on two tasks.

    Then come other sentences that have nothing to do with it.
"""


def the_table(layout: str) -> PrintedTable:
    (table,), notes = page_tables(layout, 3)
    assert notes == ()
    return table


def test_a_table_above_its_caption():
    table = the_table(TABLE)
    assert (table.number, table.caption, table.name) == ("1", "Zero-shot scores on two tasks.", "Table 1, page 3")
    assert table.headers == ("XNLI", "Score POS", "Avg.")
    assert [(row.label, *row.cells) for row in table.rows] == [
        ("None", "79.2", "73.8", "76.5"), ("English first", "", "", ""), ("MNLI first", "80.0", "74.9", "77.5*"),
        ("SQuAD first", "79.4", "", "76.8"),
    ]  # fmt: skip


def test_a_table_below_its_caption_and_numbers_one_blank_apart():
    layout = "Table A2. Tags.\n\nModel  de   fr\nNone   10.0 20.0\nParse  11.0 21.5\n"
    table = the_table(layout)
    assert table.number == "A2" and table.headers == ("de", "fr")
    assert table.rows[1].cells == ("11.0", "21.5")


def test_two_tables_of_a_page_keep_their_captions():
    one = "A      1.0    2.0\nB      3.0    4.0\nTable 1: One.\n\n"
    tables, _ = page_tables(one + one.replace("1:", "2:").replace("A ", "C "), 1)
    assert [(table.number, table.rows[0].label) for table in tables] == [("1", "A"), ("2", "C")]


def test_a_table_in_one_of_two_columns_does_not_take_the_words_beside_it():
    prose = "and so the words go on here"
    left = ["Model       UAS    LAS", "None       80.0   70.0", "First      81.0   71.5", "", "Table 4: Trees."]
    lines = [f"{prose:<34}{prose}"] * 12 + [f"{cells:<34}{prose}" for cells in left]
    table = the_table("\n".join(lines))
    assert table.caption == "Trees." and table.headers == ("UAS", "LAS") and table.rows[1].cells == ("81.0", "71.5")


def test_a_table_across_both_columns_is_whole():
    prose = "and so the words go on here"
    rows = [f"{'Model':<12}{'UAS':<40}LAS", f"{'None':<12}{'80.0':<40}70.0", f"{'First':<12}{'81.0':<40}71.5", ""]
    caption = "Table 4: A caption that is long enough to go across both of the columns of the page."
    table = the_table("\n".join([f"{prose:<34}{prose}"] * 12 + [*rows, caption]))
    assert table.headers == ("UAS", "LAS") and table.rows[0].cells == ("80.0", "70.0")


def test_cells_that_cannot_be_told_apart_are_left_out_and_said():
    layout = "Model    de     fr\nNone     10.0  20.0\nParse  11.0 21.5  x9\nTable 1: Tags.\n"
    assert page_tables(layout, 2) == ((), ("the columns of Table 1, page 2, cannot be told apart",))


@pytest.mark.parametrize(
    "layout",
    ["", "Table 3 shows that parsing helps by 3 points.\n", "Table 1: A picture.\n\nOne sentence of words.\n",
     "a   1\nTable 1: One row is none.\n", "a   1\nb   2\n\n\n\n\nTable 1: Too far away.\n"],
)  # fmt: skip
def test_what_is_no_table(layout: str):
    assert page_tables(layout, 1) == ((), ())


@given(st.text(alphabet="Table 12:.\nab  −±/9", max_size=300))
def test_no_page_is_too_odd(layout: str):
    tables, _ = page_tables(layout, 1)
    assert all(len(row.cells) == len(table.headers) for table in tables for row in table.rows)


@given(
    st.lists(st.lists(st.integers(0, 999), min_size=2, max_size=5), min_size=2, max_size=6).filter(
        lambda rows: len(set(map(len, rows))) == 1
    )
)
def test_a_table_comes_back_as_it_was_laid_out(rows: list[list[int]]):
    lines = [f"row{number:<6}" + "".join(f"{value / 10:>8.1f}" for value in row) for number, row in enumerate(rows)]
    table = the_table("\n".join(["Table 7: Drawn.", *lines]))
    assert [[float(cell) for cell in row.cells] for row in table.rows] == [
        [value / 10 for value in row] for row in rows
    ]


def test_the_tables_of_a_pdf_are_read_with_it(tmp_path: Path):
    if not can_read_pdfs():
        pytest.skip("pypdf is not installed (the extra `evidence`)")
    rows = [("Model", "XNLI", "POS"), ("None", "79.2", "73.8"), ("MNLI first", "80.0", "74.9")]
    cells = [(x, 600 - 14 * y, text) for y, row in enumerate(rows) for x, text in zip((72, 180, 240), row, strict=True)]
    path = tmp_path / "x.pdf"
    path.write_bytes(
        tiny_pdf([(72, 700, "Words of an introduction. " * 4), *cells, (72, 550, "Table 1: Scores of two.")])
    )
    (work,) = merge_works([WorkRecord(title="T", source="folder", id="1", pdf=str(path))])
    text = pdf_text(work, work.versions[0], pdf_pages(path))
    (table,) = text.tables
    assert (table.name, table.headers) == ("Table 1, page 1", ("XNLI", "POS"))
    assert [(row.label, *row.cells) for row in table.rows] == rows[1:] and "79.2" in text.text
