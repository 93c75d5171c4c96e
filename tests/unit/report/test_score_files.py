"""Counts of a score artefact: those behind a metric's headline, whatever else is counted beside them."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from xstilts.report.scores.score_files import read_counts


def test_counts_of_the_other_direction_of_search_are_not_the_headlines(tmp_path: Path):
    rows = {
        "language": ["de", "de"], "id": ["1", "2"], "group": ["a", "b"], "metric": ["retrieval_accuracy"] * 2,
        "counts": [[1.0, 1.0, 0.0, 1.0], [0.0, 1.0, 1.0, 1.0]],
    }  # fmt: skip
    pq.write_table(pa.table(rows), tmp_path / "counts.parquet")
    assert read_counts(tmp_path, "retrieval_accuracy")["de"].counts.tolist() == [[1.0, 1.0], [0.0, 1.0]]
