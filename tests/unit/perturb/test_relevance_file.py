"""The relevance of words on disk: read back as it was written, and nothing made up for a text that is not there."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xstilts.core.errors import StoreError
from xstilts.perturb.relevance_file import NAME, RelevanceFile, relevance_rows
from xstilts.perturb.word_choice import TextRelevance


def made(sizes: list[int]) -> TextRelevance:
    ends = np.cumsum(sizes, dtype=np.int32)
    return TextRelevance(ends - np.array(sizes, np.int32), ends, np.linspace(-0.5, 1, len(sizes), dtype=np.float32))


@settings(deadline=None, max_examples=30)
@given(st.dictionaries(st.text(max_size=8), st.lists(st.integers(1, 5), max_size=6), max_size=6))
def test_what_is_written_is_read(tmp_path_factory: pytest.TempPathFactory, texts: dict[str, list[int]]):
    folder = tmp_path_factory.mktemp("relevance")
    relevance = [made(sizes) for sizes in texts.values()]
    pq.write_table(relevance_rows(list(texts), relevance), folder / NAME)
    found = RelevanceFile(folder)
    assert len(found) == len(texts)
    for text, one in zip(texts, relevance, strict=True):
        again = found.of(text)
        for name in ("starts_T", "ends_T", "shares_T"):
            assert getattr(again, name).tolist() == getattr(one, name).tolist()


def test_chunks_are_read_as_one_and_no_text_is_in_the_file(tmp_path: Path):
    tables = [relevance_rows([text], [made([2, 3])]) for text in ("secret", "other")]
    with pq.ParquetWriter(tmp_path / NAME, tables[0].schema) as writer:
        for table in tables:
            writer.write_table(table)
    assert RelevanceFile(tmp_path).of("other").ends_T.tolist() == [2, 5]
    assert b"secret" not in (tmp_path / NAME).read_bytes()


def test_a_text_that_is_not_there_and_a_file_that_is_none_are_errors(tmp_path: Path):
    pq.write_table(relevance_rows(["here"], [made([4])]), tmp_path / NAME)
    with pytest.raises(StoreError, match=r"relevance\.parquet: there is no relevance of the words of 'not here'"):
        RelevanceFile(tmp_path).of("not here")
    with pytest.raises(StoreError, match="no relevance of words can be read"):
        RelevanceFile(tmp_path / "nowhere")
    (tmp_path / NAME).write_bytes(b"no parquet")
    with pytest.raises(StoreError, match="no relevance of words can be read"):
        RelevanceFile(tmp_path)
