"""SQL that is run: whether a guess runs on the database of its question, and whether it finds what the gold does.

A database is the script that makes it (`CREATE TABLE ...; INSERT ...`), in a SQLite of this process that is only read:
what a guess may do is to select. Results are compared as Spider's test suite does it (Zhong et al. 2020): as multisets
of rows, in their order where the gold form orders them.
"""

from __future__ import annotations

import re
import sqlite3
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar

import numpy as np

from xstilts.metrics.tallies import percent

STEPS = 5_000_000  # of SQLite's machine that one query may take; the largest join of GeoQuery takes 10,000
_ALLOWED = (sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, 33)  # 33: recursive WITH
Rows = list[tuple[Any, ...]]


@dataclass(frozen=True)
class SqlDenotation:
    """In percent of the questions that have a database: `runs`, guesses that SQLite runs (or that are the gold form,
    for some gold does not run there). Of those whose database has rows and whose gold runs: `denotation`, guesses that
    find the same. Undefined where no database has rows."""

    name: ClassVar[str] = "sql_denotation"
    counts: ClassVar[tuple[str, ...]] = ("runs", "total", "same", "comparable")
    headline: ClassVar[tuple[str, ...]] = ("runs",)

    def tally(self, gold: Any, guess: Any, language: str) -> tuple[float, ...]:
        script = gold.get("database", "")
        if not script:
            return 0.0, 0.0, 0.0, 0.0
        found = run(guess["form"], script)
        runs = float(found is not None or guess["form"] == gold["form"])
        if not _has_rows(script) or (expected := run(gold["form"], script)) is None:
            return runs, 1.0, 0.0, 0.0
        is_ordered = re.search(r"\border\s+by\b", gold["form"], re.IGNORECASE) is not None
        return runs, 1.0, float(found is not None and same(found, expected, is_ordered)), 1.0

    def values(self, counts: np.ndarray) -> Mapping[str, np.ndarray]:
        counts = np.asarray(counts, dtype=np.float64)
        return {
            "runs": percent(counts[..., 0], counts[..., 1]),
            "denotation": percent(counts[..., 2], counts[..., 3]),
        }


def same(found: Rows, expected: Rows, is_ordered: bool) -> bool:
    """Return whether two results are equal; numbers are compared as numbers.

    >>> same([(1,), (2.0,)], [(2,), (1,)], False), same([(1,), (2,)], [(2,), (1,)], True)
    (True, False)
    """
    return found == expected if is_ordered else Counter(found) == Counter(expected)


def run(query: str, script: str) -> Rows | None:
    """Return the rows that a query finds in the database of a script; None for a query that does not run, takes too
    long, or does anything but select."""
    connection = _database(script)
    steps = 0

    def count() -> int:
        nonlocal steps
        steps += 1
        return int(steps > STEPS // 10_000)

    connection.set_progress_handler(count, 10_000)
    try:
        cursor = connection.execute(query)
        return None if cursor.description is None else cursor.fetchall()  # nothing, or a comment alone, is no query
    except (sqlite3.Error, sqlite3.Warning, ValueError, OverflowError, MemoryError):
        return None


@lru_cache(maxsize=256)
def _database(script: str) -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:", check_same_thread=False)
    connection.executescript(script)
    connection.text_factory = lambda raw: raw.decode("utf-8", "replace")
    connection.set_authorizer(lambda action, *_: sqlite3.SQLITE_OK if action in _ALLOWED else sqlite3.SQLITE_DENY)
    return connection


@lru_cache(maxsize=256)
def _has_rows(script: str) -> bool:
    return re.search(r"\binsert\b", script, re.IGNORECASE) is not None
