"""Score predictions on disk: scores and counts. Needs neither torch nor a GPU.

`scores.json` holds, for each metric and language: the number of examples and groups, every value, the headline, the
floor (the best guess that ignores the input, scored the same way), a 95 % interval over groups, whether it reaches the
floor, of retrieval how many candidates each query searched, and of kinds whose test sets have parts each part's score.
`counts.parquet` holds each example's counts, so that any contrast can be computed later.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from xstilts.core.errors import DataError, StoreError
from xstilts.core.files import write_json
from xstilts.core.path_names import inside
from xstilts.data.examples import Example
from xstilts.kinds.base import Kind
from xstilts.metrics.bootstrap import group_counts
from xstilts.metrics.proportions import score_interval
from xstilts.metrics.tallies import Metric, headline

_COMPARED = 200  # examples that tell which of several answers is the best


@dataclass(frozen=True, kw_only=True)
class LanguageSet:
    """One language's test set: its examples, and what reading them dropped."""

    examples: Sequence[Example]
    dropped: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class LanguageCounts:
    """Counts of the examples that a score counts, for one metric and language."""

    language: str
    metric: Metric
    examples: Sequence[Example]
    counts: np.ndarray  # [N, K]
    floor: float
    candidates: int | None = None  # of retrieval: how many each query searches
    facets: Mapping[str, Sequence[str]] = field(default_factory=dict)  # facet -> the value of each example, [N]


def score(
    kind: Kind,
    metrics: Sequence[Metric],
    sets: Mapping[str, LanguageSet],
    predictions: Path,
    out: Path,
    missing: Mapping[str, str] | None = None,
) -> None:
    """Write `scores.json` and `counts.parquet` into the folder `out`, from `<language>.parquet` (id, group, guess as
    JSON text) in the folder `predictions`. The first metric is the main one; `missing` gives the reason for each
    expected language without a set.

    Raises DataError for a test set that is empty or has examples without gold; StoreError for predictions that are
    not about exactly these examples.
    """
    results = []
    for language, language_set in sets.items():
        read = partial(read_guesses, predictions, language)
        results += score_language(kind, metrics, language_set.examples, read, language)
    entries: dict[str, dict[str, Any]] = {metric.name: {} for metric in metrics}
    for scored in results:
        entries[scored.metric.name][scored.language] = _entry(scored)
    record = {
        "main": metrics[0].name,
        "metrics": {m.name: {"headline": list(m.headline), "languages": entries[m.name]} for m in metrics},
        "missing": dict(missing or {}),
        "dropped": {language: dict(language_set.dropped) for language, language_set in sets.items()},
    }
    write_counts(out / "counts.parquet", results)
    write_json(out / "scores.json", record)


def score_language(
    kind: Kind,
    metrics: Sequence[Metric],
    examples: Sequence[Example],
    read: Callable[[Sequence[Example]], list[Any]],
    language: str,
) -> list[LanguageCounts]:
    """Count one language for each metric; `read` returns the guess for each example, and is called only when the gold
    is fit to be scored. Errors as in `score`."""
    counted = np.array([example.scored for example in examples], dtype=bool)
    if not counted.any():
        raise DataError(f"the test set of language '{language}' is empty: there is nothing to score")
    scored_examples = [example for example in examples if example.scored]
    golds = [kind.gold(example) for example in scored_examples]
    if blank := [example for example, gold in zip(scored_examples, golds, strict=True) if gold is None]:
        raise DataError(
            f"blank gold labels: {len(blank)} of {len(scored_examples)} examples of language '{language}' have none, "
            f"first '{blank[0].id}'. An unlabelled file cannot be scored.",
            where=blank[0].where or None,
            hint="Give a labelled test file, or take the language out of the task.",
        )
    guesses = read(examples)
    blind = kind.blind_answers(golds)
    results = []
    for metric in metrics:
        counts = kind.count(metric, examples, guesses, language)[counted]
        chance = floor(kind, metric, scored_examples, blind, language)
        results.append(
            LanguageCounts(
                language=language,
                metric=metric,
                examples=scored_examples,
                counts=counts,
                floor=chance,
                candidates=kind.searched(examples),
                facets=_facets(kind, scored_examples),
            )
        )
    return results


def _facets(kind: Kind, examples: Sequence[Example]) -> dict[str, list[str]]:
    """Return facet -> the value of each example, for facets that divide them."""
    values = [kind.facets(example) for example in examples]
    columns = {name: [row[name] for row in values] for name in (values[0] if values else {})}
    return {name: column for name, column in columns.items() if len(set(column)) > 1}


def floor(
    kind: Kind, metric: Metric, examples: Sequence[Example], blind: Sequence[Sequence[Any]], language: str
) -> float:
    """Return the score of the best of several answers that ignore the input. Where there are several, examples at even
    distances tell which is best, and that one is scored on all."""

    def value(answers: Sequence[Any], chosen: Sequence[int]) -> float:
        counts = kind.count(metric, [examples[i] for i in chosen], [answers[i] for i in chosen], language)
        return float(headline(metric, counts.sum(axis=0)))

    every = range(len(examples))
    some = every[:: max(1, len(examples) // _COMPARED)]
    best = blind[0] if len(blind) == 1 else max(blind, key=lambda answers: np.nan_to_num(value(answers, some)))
    return value(best, every)


def read_guesses(predictions: Path, language: str, examples: Sequence[Example]) -> list[Any]:
    """Read the guess for each example of a language, paired by id, from the folder `predictions`. Raises StoreError
    naming the first id that lacks a partner."""
    import pyarrow.parquet as pq

    path = inside(predictions, f"{language}.parquet")
    table = pq.read_table(path, columns=["id", "guess"])
    ids = table["id"].to_pylist()
    texts = dict(zip(ids, table["guess"].to_pylist(), strict=True))
    example_ids = [example.id for example in examples]
    problems = (
        ("two predictions", _repeated(ids)),
        ("two examples", _repeated(example_ids)),
        ("no prediction", next((id for id in example_ids if id not in texts), None)),
        ("a prediction but no example", next(iter(texts.keys() - set(example_ids)), None)),
    )
    for problem, id in problems:
        if id is not None:
            raise StoreError(
                f"there is {problem} for '{id}': predictions and test set do not belong together",
                where=str(path),
                hint="Predict again with the test set as it is now.",
            )
    return [json.loads(texts[id]) for id in example_ids]


def _repeated(ids: Sequence[str]) -> str | None:
    seen: set[str] = set()
    return next((id for id in ids if id in seen or seen.add(id)), None)  # type: ignore[func-returns-value]


def _entry(scored: LanguageCounts) -> dict[str, Any]:
    """Return the entry of `scores.json`. A number that is not defined is null."""
    groups = [example.group for example in scored.examples]
    table = group_counts(groups, scored.counts)
    value = float(headline(scored.metric, table.total))
    low, high = score_interval(scored.metric, table, np.random.default_rng(0))
    reached = value if math.isnan(low) else low
    searched = {} if scored.candidates is None else {"candidates": scored.candidates}
    facets = {name: _facet_entry(scored, column, groups) for name, column in scored.facets.items()}
    return {
        **searched,
        "n": len(scored.examples),
        "groups": len(table.groups),
        "values": {name: _number(v) for name, v in scored.metric.values(table.total).items()},
        "headline": _number(value),
        "floor": _number(scored.floor),
        "interval": [_number(low), _number(high)],
        "at_chance": reached <= scored.floor + 1e-9,
        **({"facets": facets} if facets else {}),
    }


def _facet_entry(scored: LanguageCounts, column: Sequence[str], groups: Sequence[str]) -> dict[str, Any]:
    """Return value of a facet -> {"n", "headline", "interval"}, in the order of the values' names."""
    rows_of: dict[str, list[int]] = {}
    for row, value in enumerate(column):
        rows_of.setdefault(value, []).append(row)
    entries = {}
    for value, rows in sorted(rows_of.items()):
        table = group_counts([groups[row] for row in rows], scored.counts[rows])
        low, high = score_interval(scored.metric, table, np.random.default_rng(0))
        entries[value] = {
            "n": len(rows),
            "headline": _number(headline(scored.metric, table.total)),
            "interval": [_number(low), _number(high)],
        }
    return entries


def _number(value: float | np.ndarray) -> float | None:
    return float(value) if math.isfinite(float(value)) else None


def write_counts(path: Path, results: Sequence[LanguageCounts]) -> None:
    """Write one line an example and metric: language, id, group, metric, counts (list of doubles)."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = pa.schema(
        [(name, pa.string()) for name in ("language", "id", "group", "metric")] + [("counts", pa.list_(pa.float64()))]
    )
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for scored in results:
            n, width = scored.counts.shape
            offsets = pa.array(np.arange(n + 1, dtype=np.int32) * width)
            columns = [
                pa.array([scored.language] * n),
                pa.array([example.id for example in scored.examples]),
                pa.array([example.group for example in scored.examples]),
                pa.array([scored.metric.name] * n),
                pa.ListArray.from_arrays(offsets, pa.array(scored.counts.ravel())),
            ]
            writer.write_table(pa.Table.from_arrays(columns, schema=schema))
