"""Gains word by word: how arms do on words of one kind (near their head, unseen in training), and their differences.

A score is the share of right words of one value of a facet, in percent: counted over all words of a language, then
averaged over languages. Differences are paired: the words of all arms are the same, and what is resampled is the same
for all of them (blocks of test items; see `pipeline/steps/words`).
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from xstilts.core.files import read_json
from xstilts.metrics.arm_means import TargetScores, mean_of_arms
from xstilts.metrics.bootstrap import GroupCounts
from xstilts.metrics.labels import Accuracy
from xstilts.metrics.significance import Axes, draw
from xstilts.metrics.word_facets import order_distance
from xstilts.report.scores.group_gains import Gain, gains
from xstilts.report.scores.inputs import Results, WordCounts
from xstilts.report.scores.target_draws import TargetDraws

FEWEST_WORDS = 50  # of a kind in a language, below which the language is left out
RESAMPLES = 400
FACETS = ("distance", "direction", "depth", "length", "word")
_VALUES = (
    *("root", "left", "right", "1", "2", "3", "4", "5", "6", "3-6", "7-..."),
    *("1-10", "11-20", "21-30", "31-40", "41-...", "seen", "unseen"),
)


@dataclass(frozen=True, kw_only=True)
class WordRow:
    """Words of one kind on one target.

    words: how many there are, over `languages`. scores: arm -> percent, the mean over languages, then over the runs
    that trained; an arm that lacks a score is not there. gains: title of a contrast -> its difference there.
    """

    target: str
    measure: str
    facet: str
    value: str
    words: int
    languages: tuple[str, ...]
    scores: Mapping[str, float]
    gains: Mapping[str, Gain]


class _Counted(NamedTuple):
    """Words of one kind in one language, by block: names [B], words [B], right [B, cells]."""

    blocks: np.ndarray
    words: np.ndarray
    right: np.ndarray


_Kind = tuple[str, str, str]  # measure, facet, value


def word_rows(results: Results, counts: WordCounts, draws: TargetDraws) -> list[WordRow]:
    """Return every kind of words of one target, in the order of facets and values. Kinds that have fewer than
    `FEWEST_WORDS` words in every language are left out."""
    if counts.counts is None:
        return []
    found = []
    for kind, by_language in sorted(_read(counts.counts).items(), key=lambda item: _place(item[0], counts.measures)):
        chosen = {x: by_language[x] for x in _languages(counts, draws, by_language)}
        if chosen:
            found.append(_row(results, counts, draws, kind, chosen))
    return found


def _place(kind: _Kind, measures: Sequence[str]) -> tuple[int, int, str, int, str]:
    measure, facet, value = kind
    by_facet = FACETS.index(facet) if facet in FACETS else len(FACETS)
    by_value = _VALUES.index(value) if value in _VALUES else len(_VALUES)
    return measures.index(measure), by_facet, facet, by_value, value


def _languages(counts: WordCounts, draws: TargetDraws, by_language: Mapping[str, _Counted]) -> list[str]:
    """Return the languages other than the one trained in, all where there are no others, that have enough words."""
    expected = [x for x in draws.target.languages if x != draws.target.train_language] or draws.target.languages
    return [x for x in expected if x in by_language and by_language[x].words.sum() >= FEWEST_WORDS]


def _row(
    results: Results, counts: WordCounts, draws: TargetDraws, kind: _Kind, chosen: Mapping[str, _Counted]
) -> WordRow:
    measure, facet, value = kind
    salt = repr((counts.target, *kind))
    cells = {(*cell, x): _cell(of, i) for x, of in chosen.items() for i, cell in enumerate(counts.cells)}
    axes = Axes(results.arms, results.seeds, tuple(chosen))
    drawn = draw(Accuracy(), cells, axes, np.random.default_rng(zlib.crc32(salt.encode())), RESAMPLES)
    collapsed = draws.collapsed if draws.draws is not None else np.zeros(drawn.point.shape[:2], dtype=bool)
    parts = [TargetScores(drawn, tuple(chosen), collapsed)]
    by_name = gains(parts, results.contrasts, salt)
    complete = np.isfinite(drawn.point).all(axis=(1, 2)).any()
    means = mean_of_arms(parts) if complete else None
    return WordRow(
        target=counts.target,
        measure=measure,
        facet=facet,
        value=value,
        words=int(sum(of.words.sum() for of in chosen.values())),
        languages=tuple(chosen),
        scores=dict(zip(means.arms, means.means.value.tolist(), strict=True)) if means else {},
        gains={spec.title: by_name[spec.name] for spec in results.contrasts if spec.name in by_name},
    )


def _cell(of: _Counted, number: int) -> GroupCounts:
    return GroupCounts(of.blocks, np.stack([of.right[:, number], of.words], axis=1).astype(np.float64))


def _read(path: Path) -> dict[_Kind, dict[str, _Counted]]:
    """Read `words.parquet`: kind of words -> language -> counts by block."""
    import pyarrow.parquet as pq

    table = pq.read_table(path).combine_chunks()
    right = table["right"].combine_chunks().flatten().to_numpy().reshape(table.num_rows, -1)
    words = table["words"].to_numpy()
    blocks = np.array([f"{block:03d}" for block in table["block"].to_pylist()])
    names = zip(*(table[name].to_pylist() for name in ("measure", "facet", "value", "language")), strict=True)
    rows: dict[tuple[str, str, str, str], list[int]] = {}
    for row, name in enumerate(names):
        rows.setdefault(name, []).append(row)
    found: dict[_Kind, dict[str, _Counted]] = {}
    for (measure, facet, value, language), chosen in rows.items():
        ordered = sorted(chosen, key=lambda row: str(blocks[row]))
        of = _Counted(blocks[ordered], words[ordered], right[ordered])
        found.setdefault((measure, facet, value), {})[language] = of
    return found


def order_distances(counts: WordCounts) -> dict[str, float]:
    """Return language -> the word-order distance of its test treebank from the training treebank; {} without trees."""
    if counts.orders is None:
        return {}
    orders = {
        language: {relation: (float(share), int(n)) for relation, (share, n) in of.items()}
        for language, of in read_json(counts.orders).items()
    }
    trained = orders.pop("", {})
    return dict(_distances(trained, orders))


def _distances(
    trained: Mapping[str, tuple[float, int]], orders: Mapping[str, Mapping[str, tuple[float, int]]]
) -> Iterator[tuple[str, float]]:
    for language, of in orders.items():
        if (distance := order_distance(trained, of)) is not None:
            yield language, distance
