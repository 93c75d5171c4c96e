"""Rows written and read again."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer

from xstilts.core.errors import DataError, StoreError
from xstilts.data.examples import Example, TagExample, TextExample
from xstilts.data.source import Key
from xstilts.kinds import tokenized
from xstilts.kinds.base import Encoded
from xstilts.kinds.classification import Classification
from xstilts.kinds.tagging import Tagging
from xstilts.kinds.tokenized import TokenizedRows, write


@dataclass(frozen=True)
class Given:
    """A kind whose rows are given: rows[i] are the ids of the rows of example i."""

    rows: tuple[tuple[tuple[int, ...], ...], ...]

    def check(self, example: Any) -> None: ...

    def encode(self, examples: Sequence[Any], tokenizer: Any, max_length: int) -> Encoded:
        made = [(i, list(ids)) for i, e in enumerate(examples) for ids in self.rows[int(e.id)]]
        columns = {"example": [i for i, _ in made], "ids": [ids for _, ids in made]}
        columns["gold"] = [[n] if n % 2 else [] for n in map(len, columns["ids"])]
        return Encoded(columns=columns, split=1, truncated=2, notes={"odd": len(made)})


def examples(n: int) -> list[Example]:
    return [Example(id=str(i), group=f"g{i // 2}") for i in range(n)]


IDS = st.integers(-(2**31), 2**31 - 1)
ROWS = st.lists(st.lists(st.lists(IDS, max_size=5).map(tuple), max_size=3).map(tuple), max_size=9).map(tuple)


@settings(max_examples=40, deadline=None)
@given(ROWS, st.integers(1, 4))
def test_every_row_comes_back(rows: Any, chunk: int) -> None:
    with tempfile.TemporaryDirectory() as name, pytest.MonkeyPatch.context() as patch:
        patch.setattr(tokenized, "CHUNK", chunk)
        out = Path(name)
        meta = write(examples(len(rows)), Given(rows), None, 64, out)  # type: ignore[arg-type]
        read = TokenizedRows(out)
        flat = [(i, list(ids)) for i, of in enumerate(rows) for ids in of]
        assert [(r["example"], r["ids"].tolist()) for r in map(read.row, range(len(read)))] == flat
        assert read.lengths.tolist() == [len(ids) for _, ids in flat]
        assert read.keys == [Key(e.id, e.group) for e in examples(len(rows))]
        assert read.labelled.tolist() == [row for row, (_, ids) in enumerate(flat) if len(ids) % 2]
        wanted = list(range(len(rows)))[::-2]
        expected = [row for i in wanted for row, (example, _) in enumerate(flat) if example == i]
        assert read.rows_of(wanted).tolist() == expected
        numbers, columns = read.part(wanted)
        assert numbers.tolist() == expected
        assert [columns["ids"][i].tolist() for i in range(len(expected))] == [flat[row][1] for row in expected]
        assert [wanted[i] for i in columns["example"]] == [flat[row][0] for row in expected]
        assert (meta["rows"], meta["tokens"]) == (len(flat), sum(len(ids) for _, ids in flat))
        assert meta == read.meta and meta["notes"].get("odd", 0) == len(flat)


def test_real_kinds_come_back_as_they_were_encoded(tmp_path: Path, tokenizer: Tokenizer) -> None:
    kind = Tagging(labels=("O", "B-LOC"))
    given = [
        TagExample(id=str(i), group="g", words=("Ulm", "Köln", "signed") * (i + 1), tags=("O", "B-LOC", "O") * (i + 1))
        for i in range(7)
    ]
    done: list[tuple[float, float]] = []
    write(given, kind, tokenizer, 20, tmp_path, lambda n, of, unit="", text="": done.append((n, of)))
    read, encoded = TokenizedRows(tmp_path), kind.encode(given, tokenizer, 20)
    for row in range(len(encoded)):
        assert {k: np.asarray(v).tolist() for k, v in read.row(row).items()} == {
            k: column[row] for k, column in encoded.columns.items()
        }
    assert read.meta["split"] == encoded.split > 0 and read.meta["max_length"] == 20
    assert done[-1] == (7, 7)


def test_a_bad_gold_stops_the_writing(tmp_path: Path, xlmr: Tokenizer) -> None:
    bad = TextExample(id="1", group="1", text="a", label="maybe", where="x.tsv:1")
    with pytest.raises(DataError, match=r"x\.tsv:1: label 'maybe'"):
        write([bad], Classification(labels=("yes", "no")), xlmr, 16, tmp_path)


def test_a_folder_without_rows_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=str(tmp_path)):
        TokenizedRows(tmp_path)
    (tmp_path / "meta.json").write_text("{}")
    (tmp_path / "rows.arrow").write_bytes(b"not arrow")
    with pytest.raises(StoreError, match="no prepared rows can be read"):
        TokenizedRows(tmp_path)


def test_rows_are_slices_of_the_file(tmp_path: Path) -> None:
    rows = tuple((tuple(range(100)),) for _ in range(5000))
    write(examples(5000), Given(rows), None, 128, tmp_path)  # type: ignore[arg-type]
    read = TokenizedRows(tmp_path)
    row = read.row(4321)
    assert not row["ids"].flags.owndata and not row["ids"].flags.writeable
