"""Whether forms are well-formed, whether SQL runs, and whether it finds what the gold does."""

from __future__ import annotations

import numpy as np
import pytest

from xstilts.metrics.catalog import METRICS
from xstilts.metrics.forms import ValidForms, is_valid
from xstilts.metrics.sql import SqlDenotation, run
from xstilts.metrics.tallies import headline

CITIES = """CREATE TABLE CITY (NAME TEXT, STATE TEXT, POPULATION INTEGER);
INSERT INTO CITY VALUES ('austin', 'texas', 345496), ('dallas', 'texas', 904078), ('reno', 'nevada', 100756);"""
EMPTY = CITIES.splitlines()[0]
BIGGEST = "SELECT NAME FROM CITY ORDER BY POPULATION DESC LIMIT 1"


@pytest.mark.parametrize(
    ("language", "form", "valid"),
    [
        ("tree", "[IN:A [SL:B x [IN:C ] ] ]", True),
        ("tree", "[IN:A [IN:B ] ]", False),
        ("tree", "[IN:A ] [IN:A ]", False),
        ("funql", "answer(city('a)b'))", True),
        ("funql", "answer(city('a)b)", False),
        ("funql", "f(x]", False),
        ("funql", "  ", False),
        ("sql", "SELECT ( a", False),
        ("python", "x = [1, 2]", True),
        ("python", "x = [1, 2", False),
        ("python", "x = \0", False),
        ("sparql", "ASK WHERE { ?x0 wdt:P1 M0 }", True),
    ],
)
def test_what_is_well_formed(language: str, form: str, valid: bool):
    assert is_valid(form, language) is valid


def values(metric, pairs: list[tuple[str, str, str]]) -> dict[str, float]:
    rows = [metric.tally({"form": gold, "database": base}, {"form": guess}, "en") for gold, guess, base in pairs]
    return {name: float(value) for name, value in metric.values(np.sum(rows, axis=0)).items()}


def test_valid_forms_are_a_share_and_gold_is_always_valid():
    metric = ValidForms(form_language="python")
    assert values(metric, [("print x", "print x", ""), ("y", "f(", ""), ("y", "y", ""), ("y", "z", "")]) == {
        "valid": 75
    }
    assert headline(METRICS["valid_forms"], np.array([3.0, 4.0])) == 75


def test_a_guess_that_finds_the_same_is_right_however_it_is_written():
    other = "select name from city where population = (select max(population) from city)"
    found = values(SqlDenotation(), [(BIGGEST, other, CITIES), (BIGGEST, "SELECT NAME FROM CITY", CITIES)])
    assert found == {"runs": 100, "denotation": 50}


def test_order_counts_where_the_gold_orders():
    a, b = "SELECT NAME FROM CITY ORDER BY POPULATION", "SELECT NAME FROM CITY ORDER BY POPULATION DESC"
    plain = "SELECT NAME FROM CITY"
    found = values(SqlDenotation(), [(a, b, CITIES), (plain, b, CITIES), (plain, f"{plain} LIMIT 2", CITIES)])
    assert found["denotation"] == pytest.approx(100 / 3)


@pytest.mark.parametrize(
    "guess",
    [
        "", "SELECT", "SELECT NAME FROM TOWN", "SELECT NAME FROM CITY WHERE", "DROP TABLE CITY",
        "DELETE FROM CITY", "ATTACH DATABASE 'x.db' AS y", "SELECT 1; SELECT 2", "SELECT \0", "PRAGMA user_version",
    ],
)  # fmt: skip
def test_sql_that_does_not_run_or_does_more_than_select_is_counted(guess: str, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert values(SqlDenotation(), [(BIGGEST, guess, CITIES), (BIGGEST, BIGGEST, CITIES)]) == {
        "runs": 50,
        "denotation": 50,
    }
    assert not list(tmp_path.iterdir())
    assert run("SELECT count(*) FROM CITY", CITIES) == [(3,)], "nothing was changed"


def test_a_query_without_end_is_stopped():
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
    assert run(endless, CITIES) is None and run(BIGGEST, CITIES) == [("dallas",)]


def test_without_rows_there_is_no_denotation_and_without_a_database_nothing():
    found = values(SqlDenotation(), [(BIGGEST, BIGGEST, EMPTY), (BIGGEST, "SELECT X FROM Y", EMPTY)])
    assert found["runs"] == 50 and np.isnan(found["denotation"])
    assert all(np.isnan(value) for value in values(SqlDenotation(), [("a", "a", "")]).values())


def test_gold_that_does_not_run_is_not_compared_and_is_no_fault_of_its_guess():
    broken = "SELECT NAME FROM CITY GROUP"
    assert values(SqlDenotation(), [(broken, broken, CITIES), (BIGGEST, BIGGEST, CITIES)]) == {
        "runs": 100,
        "denotation": 100,
    }
