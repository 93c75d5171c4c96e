"""Read the files of an audit artefact: leaks.json, and leaked.parquet with the test examples that are trained on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from xstilts.core.files import read_json


@dataclass(frozen=True, kw_only=True)
class LeakCount:
    """How many rows of one test set a training set holds, each counted once, at the strongest level that holds.

    rows: of the test set. sample: the text of one of the leaked rows.
    """

    target: str
    language: str
    training: str
    rows: int
    exact: int
    normalised: int
    near: int
    run: int
    sample: str

    @property
    def leaked(self) -> int:
        return self.exact + self.normalised + self.near + self.run

    def to_dict(self) -> dict[str, Any]:
        """Return plain values."""
        return {**asdict(self), "leaked": self.leaked}


@dataclass(frozen=True, kw_only=True)
class LeakRecord:
    """The outcome of an audit. leaks: those with any leaked row, the most leaked first. tests: (target, language) ->
    rows; trainings: name -> rows."""

    leaks: tuple[LeakCount, ...]
    tests: Mapping[tuple[str, str], int]
    trainings: Mapping[str, int]

    @property
    def named_tests(self) -> dict[str, int]:
        """Return the rows of each test set by what it is called."""
        return {f"{target} {language}": rows for (target, language), rows in self.tests.items()}


@lru_cache(maxsize=64)
def read_leaks(folder: Path) -> LeakRecord:
    """Read the counts of an audit. Artefacts never change, so each is read once. Raises StoreError."""
    record: dict[str, Any] = read_json(folder / "leaks.json")
    leaks = [LeakCount(**leak) for leak in record["leaks"]]
    return LeakRecord(
        leaks=tuple(sorted(leaks, key=lambda leak: -leak.leaked / max(leak.rows, 1))),
        tests={(test["target"], test["language"]): test["rows"] for test in record["tests"]},
        trainings=record["trainings"],
    )


@lru_cache(maxsize=64)
def read_leaked(folder: Path) -> Mapping[tuple[str, str], Mapping[str, np.ndarray]]:
    """Return the ids of the test examples that are trained on: (target, language) -> level -> ids."""
    import pyarrow.parquet as pq

    found: dict[tuple[str, str], dict[str, list[str]]] = {}
    for line in pq.read_table(folder / "leaked.parquet").to_pylist():
        found.setdefault((line["target"], line["language"]), {}).setdefault(line["level"], []).append(line["id"])
    return {key: {level: np.array(ids) for level, ids in of.items()} for key, of in found.items()}
