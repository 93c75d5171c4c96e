"""Reading a score artefact: scores.json and the counts behind it, by group."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

from xstilts.core.files import read_json
from xstilts.metrics.bootstrap import GroupCounts, group_counts


@lru_cache(maxsize=4096)
def read_scores(folder: Path) -> dict[str, Any]:
    """`scores.json` of a score artefact. Artefacts never change, so each is read once. Raises StoreError."""
    value: dict[str, Any] = read_json(folder / "scores.json")
    return value


def read_counts(folder: Path, metric: str) -> dict[str, GroupCounts]:
    """Language -> counts of one metric summed by group, from `counts.parquet`."""
    import pyarrow.parquet as pq

    table = pq.read_table(
        folder / "counts.parquet", columns=["language", "group", "counts"], filters=[("metric", "==", metric)]
    ).combine_chunks()
    if not table.num_rows:
        return {}
    counts = table["counts"].combine_chunks().flatten().to_numpy().reshape(table.num_rows, -1)
    groups = table["group"].to_numpy()
    languages = table["language"].to_numpy()
    places = {str(name): languages == name for name in dict.fromkeys(languages)}
    return {name: group_counts(groups[rows], counts[rows]) for name, rows in places.items()}
