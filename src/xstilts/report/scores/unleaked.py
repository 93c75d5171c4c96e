"""Scores without the test examples that are trained on: the metric's own formula over the counts of the others.

Examples are left out for all arms that any arm trains on, so that arms are still compared on the same ones.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from xstilts.core.leak_levels import LEVELS, SAME
from xstilts.metrics.catalog import METRICS
from xstilts.metrics.tallies import headline
from xstilts.report.scores.inputs import Results, StudyCell, TargetInfo
from xstilts.report.scores.leak_files import read_leaked
from xstilts.report.scores.score_files import ItemCounts, read_item_counts, read_scores

Leaked = Mapping[str, np.ndarray]  # level -> ids
NOTHING_LEFT = "every example is trained on"


@dataclass(frozen=True, kw_only=True)
class Rescored:
    """One score over all test examples, and over fewer.

    unlike: without those that say the same as a training row; unseen: without those that resemble one in any way.
    None: missing, and `reason` says why. n: examples; n_unlike, n_unseen: those that are left.
    """

    arm: str
    target: str
    language: str
    seed: int
    metric: str
    whole: float | None
    unlike: float | None
    unseen: float | None
    n: int
    n_unlike: int
    n_unseen: int
    reason: str = ""


def leaked_ids(results: Results) -> Mapping[tuple[str, str], Leaked]:
    """Return the leaked examples of each (target, language) that has some. Raises StoreError."""
    return {} if results.leaks is None or results.leaks.folder is None else read_leaked(results.leaks.folder)


def rescored(results: Results) -> tuple[Rescored, ...]:
    """Return every score of a target that has leaked examples in some language, in the order of the study. Raises
    StoreError when a score artefact cannot be read."""
    leaked, targets = leaked_ids(results), {target.name: target for target in results.targets}
    concerned = {target for target, _ in leaked}
    return tuple(
        score
        for cell in results.cells
        if cell.target in concerned
        for score in _of_cell(results, cell, targets[cell.target], leaked)
    )


def _of_cell(
    results: Results, cell: StudyCell, target: TargetInfo, leaked: Mapping[tuple[str, str], Leaked]
) -> Iterator[Rescored]:
    metric = target.main or (read_scores(cell.scores).main if cell.scores else "")
    missing = partial(_missing, cell, metric)
    if cell.scores is None:
        yield from (missing(language, cell.outcome) for language in target.languages)
        return
    if metric not in METRICS:
        yield from (missing(language, f"the metric '{metric}' has no formula here") for language in target.languages)
        return
    counts, record = read_item_counts(cell.scores, metric), read_scores(cell.scores)
    whole = results.leaks.whole.get(target.name, "") if results.leaks else ""
    for language in target.languages:
        if language not in counts:
            yield missing(language, record.missing.get(language, "no score"))
        else:
            yield _rescored(cell, metric, language, counts[language], leaked.get((target.name, language), {}), whole)


def _missing(cell: StudyCell, metric: str, language: str, reason: str) -> Rescored:
    return Rescored(
        arm=cell.arm, target=cell.target, language=language, seed=cell.seed, metric=metric, whole=None, unlike=None,
        unseen=None, n=0, n_unlike=0, n_unseen=0, reason=reason,
    )  # fmt: skip


def _rescored(cell: StudyCell, metric: str, language: str, items: ItemCounts, leaked: Leaked, whole: str) -> Rescored:
    """`whole`: why the score of a part says nothing; "" where it does."""
    unlike, unseen = items.without(ids_at(leaked, SAME)), items.without(ids_at(leaked, LEVELS))
    lost = any(len(part.ids) < len(items.ids) for part in (unlike, unseen))
    can = not (whole and lost)
    values = [_headline(metric, part) if can or part is items else None for part in (items, unlike, unseen)]
    empty = NOTHING_LEFT if not len(unlike.ids) else "" if len(unseen.ids) else f"{NOTHING_LEFT}, or nearly"
    return Rescored(
        arm=cell.arm,
        target=cell.target,
        language=language,
        seed=cell.seed,
        metric=metric,
        whole=values[0],
        unlike=values[1],
        unseen=values[2],
        n=len(items.ids),
        n_unlike=len(unlike.ids),
        n_unseen=len(unseen.ids),
        reason=empty if can else whole,
    )


def ids_at(leaked: Leaked, levels: Sequence[str]) -> np.ndarray:
    """Return the ids that are leaked at one of these levels."""
    found = [leaked[level] for level in levels if level in leaked]
    return np.concatenate(found) if found else np.zeros(0, dtype=str)


def _headline(metric: str, items: ItemCounts) -> float | None:
    """Return the score over some examples; None over none, or where it is not defined."""
    if not len(items.ids):
        return None
    value = float(headline(METRICS[metric], items.counts.sum(axis=0)))
    return value if np.isfinite(value) else None
