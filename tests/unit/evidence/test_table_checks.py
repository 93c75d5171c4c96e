"""Claims are checked by the tables of their own paper: where a number stands, and differences computed again."""

from __future__ import annotations

from dataclasses import replace

import pytest

from xstilts.evidence.entailment import entailment_by_words
from xstilts.evidence.findings import findings_of
from xstilts.evidence.page_tables import PrintedRow, PrintedTable
from xstilts.evidence.query import read_question
from xstilts.evidence.review import ReviewInput, review
from xstilts.evidence.source_text import SourceText
from xstilts.evidence.table_checks import recompute_by_tables, table_figures
from xstilts.evidence.verification import UNCALIBRATED, Verifier

TABLE = PrintedTable(
    number="2", caption="", page=5, headers=("XNLI", "POS", "Avg."),
    rows=(
        PrintedRow(label="Baseline", cells=("79.2", "73.8", "76.5")),
        PrintedRow(label="MNLI first", cells=("80.0", "74.9", "77.5")),
        PrintedRow(label="MNLI first + MLM", cells=("79.9", "70.1", "75.0")),
    ),
)  # fmt: skip


@pytest.mark.parametrize(
    ("claim", "said"),
    [
        ("MNLI first improves XNLI by 0.8 points over the baseline.", "0.8 stated, 0.8 computed"),
        ("MNLI first improves the average by 1.0 points over the baseline.", "1 stated, 1 computed"),
        ("MNLI first improves POS by 1.5 % over the baseline.", "1.5 stated, 1.491 computed"),
        ("Of the baseline, XNLI is 5.4 points above POS.", "5.4 stated, 5.4 computed"),
    ],
)
def test_a_difference_of_what_a_claim_names_agrees(claim: str, said: str):
    (again,) = recompute_by_tables(claim, [TABLE])
    assert again.agrees and again.words.endswith(said) and "Table 2, page 5" in again.words


def test_a_difference_that_is_another_is_said_unless_another_table_has_it():
    claim = "MNLI first improves XNLI by 3.8 points over the baseline."
    (again,) = recompute_by_tables(claim, [TABLE])
    assert not again.agrees and again.words == (
        "difference in Table 2, page 5, Baseline and MNLI first, XNLI: 3.8 stated, 0.8 computed"
    )
    other = replace(
        TABLE, number="3", rows=(TABLE.rows[0], PrintedRow(label="MNLI first", cells=("83.0", "1.0", "2.0")))
    )
    assert [one.agrees for one in recompute_by_tables(claim, [TABLE, other])] == [True]


@pytest.mark.parametrize(
    "claim",
    [
        "MNLI first improves XNLI by 0.8 points.",  # over what is not said
        "MNLI first improves results by 0.8 points over the baseline.",  # nor on what
        "MNLI first improves XNLI and POS by 0.8 points over the baseline.",
        "MNLI first, from 79.2 F1 to 80.0 F1, beats the baseline on XNLI.",  # no difference is stated
        "MNLI first beats the baseline on XNLI by 0.8 points with 512 F1 and 11.0 points.",
        "Bananas are 0.8 points better.",
    ],
)
def test_where_it_is_not_clear_what_is_meant_nothing_is_computed(claim: str):
    assert recompute_by_tables(claim, [TABLE]) == ()


def test_two_rows_of_one_name_say_nothing():
    twice = replace(TABLE, rows=(*TABLE.rows, TABLE.rows[0]))
    assert recompute_by_tables("MNLI first improves XNLI by 9.8 points over the baseline.", [twice]) == ()


def test_an_average_is_shown_where_it_is_the_mean_and_never_held_against_a_claim():
    (again,) = recompute_by_tables("MNLI first reaches an average of 77.5 points.", [TABLE])
    assert again.agrees and again.rule == "mean of Table 2, page 5, MNLI first"
    weighted = replace(TABLE, rows=(PrintedRow(label="MNLI first", cells=("80.0", "74.9", "79.9")),))
    assert recompute_by_tables("MNLI first reaches an average of 79.9 points.", [weighted]) == ()


def test_a_number_stands_where_its_row_or_column_is_named():
    (figure,) = table_figures("MNLI first reaches 74.9 F1.", [TABLE])
    assert figure.words == "74.9 stands in Table 2, page 5: MNLI first, POS"
    assert table_figures("Parsing reaches 74.9 F1.", [TABLE]) == ()


def test_the_verifier_reads_the_tables_of_the_same_version_alone():
    claim = "MNLI first improves cross-lingual XNLI by 3.8 points over the baseline."
    abstract = SourceText(work="a", version="v2", origin="abstract", text=claim, source="arxiv")
    question = read_question("Does NLI help cross-lingual transfer?")
    scores = {}
    for version in ("v1", "v2"):
        pdf = SourceText(work="a", version=version, origin="pdf", text="Words.", source="pdf", tables=(TABLE,))
        (finding,) = findings_of([abstract])
        verdict = Verifier([abstract, pdf], entailment_by_words, UNCALIBRATED).verify(finding)
        shown = ReviewInput(question=question, finding=finding, verdict=verdict, title="", same=(), contradictions=())
        scores[version] = review(shown).reviews["numbers"]
    assert scores["v1"].score == 0 and "0 of its 1 numbers" in scores["v1"].reason
    assert scores["v2"].score == 0 and scores["v2"].reason.startswith("difference in Table 2")
