"""Tallies: a metric is a vector of counts for each example and a formula over their sum.

Counts add: over batches, languages, processes, bootstrap resamples. The formula never sees an example, so a
mean of means cannot happen by accident. All scores are percentages (0 to 100).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np


class Metric(Protocol):
    """A frozen dataclass.

    name: unique, the field's standard term ("accuracy", "seqeval_f1", "squad").
    counts: what the vector's K entries are called ("correct", "total"). What an option of a metric counts besides comes
        last: the formula of the headline reads the same first entries with and without it. Where a task's labels are
        counted, () without labels, as in the catalogue: the formula then reads as many as there are.
    headline: the value names whose mean is the score of a task (QA: ("exact_match", "f1")).
    """

    @property
    def name(self) -> str: ...
    @property
    def counts(self) -> tuple[str, ...]: ...
    @property
    def headline(self) -> tuple[str, ...]: ...

    def tally(self, gold: Any, guess: Any, language: str) -> Sequence[float]:
        """Return the counts of one example, length K."""
        ...

    def values(self, counts: np.ndarray) -> Mapping[str, np.ndarray]:
        """Return each value, [...], of sums of counts [..., K], in percent; nan where undefined."""
        ...


def headline(metric: Metric, counts: np.ndarray) -> np.ndarray:
    """Return the one number of a metric: the mean of its headline values, shape [...]."""
    values = metric.values(counts)
    return np.mean([values[name] for name in metric.headline], axis=0)


def percent(part: np.ndarray, total: np.ndarray, empty: float = np.nan) -> np.ndarray:
    """Return 100 * part / total, shape [...]; `empty` where the total is 0."""
    part, total = np.broadcast_arrays(np.asarray(part, dtype=np.float64), np.asarray(total, dtype=np.float64))
    ratio = np.full(total.shape, empty)
    return np.divide(100.0 * part, total, out=ratio, where=total != 0)
