"""Read the files of a score artefact: scores.json, and counts.parquet with the counts behind it, by group."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from xstilts.core.files import read_json
from xstilts.metrics.bootstrap import GroupCounts, group_counts
from xstilts.metrics.catalog import METRICS


@dataclass(frozen=True, kw_only=True)
class LanguageNumbers:
    """One metric in one language, in percent.

    headline: the mean of the metric's headline values; None where there is none.
    values: value name -> value ("exact_match", "f1").
    interval: 95 % over test items.
    at_chance: whether the interval reaches the floor; None where that is not known.
    candidates: of retrieval, how many each query searched.
    facets: facet -> part of the test set -> its numbers; {} where the test set has no parts.
    """

    headline: float | None
    values: Mapping[str, float | None]
    n: int | None = None  # examples
    floor: float | None = None
    interval: tuple[float | None, float | None] = (None, None)
    at_chance: bool | None = None
    candidates: int | None = None
    facets: Mapping[str, Mapping[str, LanguageNumbers]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class ScoreRecord:
    """The content of scores.json: metric -> language -> numbers, and language -> why it has none."""

    main: str
    metrics: Mapping[str, Mapping[str, LanguageNumbers]]
    missing: Mapping[str, str]
    dropped: Mapping[str, Mapping[str, int]] = field(default_factory=dict)  # language -> reason -> rows

    def languages(self, metric: str) -> Mapping[str, LanguageNumbers]:
        """Return the numbers of one metric by language; {} for a metric that was not scored."""
        return self.metrics.get(metric, {})


@lru_cache(maxsize=4096)
def read_scores(folder: Path) -> ScoreRecord:
    """Read `scores.json` of a score artefact. Artefacts never change, so each is read once. Raises StoreError."""
    record: dict[str, Any] = read_json(folder / "scores.json")
    return ScoreRecord(
        main=record["main"],
        metrics={
            name: {language: _numbers(entry) for language, entry in metric["languages"].items()}
            for name, metric in record["metrics"].items()
        },
        missing=record.get("missing", {}),
        dropped=record.get("dropped", {}),
    )


def _numbers(entry: Mapping[str, Any]) -> LanguageNumbers:
    low, high = entry.get("interval") or (None, None)
    return LanguageNumbers(
        headline=entry["headline"],
        values=entry.get("values", {}),
        n=entry.get("n"),
        floor=entry.get("floor"),
        interval=(low, high),
        at_chance=entry.get("at_chance"),
        candidates=entry.get("candidates"),
        facets={
            facet: {part: _numbers(numbers) for part, numbers in parts.items()}
            for facet, parts in (entry.get("facets") or {}).items()
        },
    )


@dataclass(frozen=True, eq=False)
class ItemCounts:
    """The counts of one metric in one language, example by example. N examples."""

    ids: np.ndarray  # [N]
    groups: np.ndarray  # [N]
    counts: np.ndarray  # [N, K]

    def only(self, ids: np.ndarray) -> ItemCounts:
        """Return the examples with these ids, in their own order."""
        kept = np.isin(self.ids, ids)
        return ItemCounts(self.ids[kept], self.groups[kept], self.counts[kept])

    def without(self, ids: np.ndarray) -> ItemCounts:
        """Return the examples without these, in their own order."""
        kept = ~np.isin(self.ids, ids)
        return self if kept.all() else ItemCounts(self.ids[kept], self.groups[kept], self.counts[kept])

    @property
    def by_group(self) -> GroupCounts:
        return group_counts(self.groups, self.counts)


def read_counts(
    folder: Path, metric: str, without: Mapping[str, np.ndarray] = MappingProxyType({})
) -> dict[str, GroupCounts]:
    """Return, for each language, the counts of one metric summed by group, from `counts.parquet`: those that the
    metric's headline is made of (retrieval counts the other direction of search behind them). A language of which
    all examples are left out (`without`: language -> ids) is not there."""
    items = read_item_counts(folder, metric)
    kept = {language: of.without(without[language]) if language in without else of for language, of in items.items()}
    return {language: of.by_group for language, of in kept.items() if len(of.ids)}


def read_item_counts(folder: Path, metric: str) -> dict[str, ItemCounts]:
    """Return the same for each example."""
    import pyarrow.parquet as pq

    table = pq.read_table(
        folder / "counts.parquet", columns=["language", "id", "group", "counts"], filters=[("metric", "==", metric)]
    ).combine_chunks()
    if not table.num_rows:
        return {}
    counts = table["counts"].combine_chunks().flatten().to_numpy().reshape(table.num_rows, -1)
    if metric in METRICS:
        counts = counts[:, : len(METRICS[metric].counts) or None]
    ids, groups = table["id"].to_numpy(), table["group"].to_numpy()
    languages = table["language"].to_numpy()
    rows_of = {str(name): languages == name for name in dict.fromkeys(languages)}
    return {name: ItemCounts(ids[rows], groups[rows], counts[rows]) for name, rows in rows_of.items()}
