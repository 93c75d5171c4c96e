from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import t as student

from xstilts.metrics.bootstrap import GroupCounts, interval
from xstilts.metrics.chunks import ChunkF1
from xstilts.metrics.labels import Accuracy
from xstilts.metrics.proportions import score_interval, wilson


def test_official_wilson_intervals(shared_golden: Path) -> None:
    tables, official = (
        json.loads((shared_golden / "statistics" / f"{name}.json").read_text("utf-8"))["proportions"]
        for name in ("tables", "official")
    )
    for (successes, n), row in zip(tables, official, strict=True):
        assert wilson(successes, n) == pytest.approx(row["wilson"], abs=1e-12)


def counts(right: np.ndarray, of: int = 1) -> GroupCounts:
    return GroupCounts(np.arange(len(right)), np.stack([right, np.full(len(right), of)], axis=1).astype(float))


@pytest.mark.parametrize(("right", "inside"), [(1, 92.0), (0, 8.0)])
def test_all_right_or_all_wrong_has_an_interval(right: int, inside: float) -> None:
    low, high = score_interval(Accuracy(), counts(np.full(50, right)), np.random.default_rng(0))
    assert low < inside + 2 and high > inside - 2 and high - low == pytest.approx(7.5, abs=0.4)
    assert (high == 100.0) if right else (low == 0.0)


def test_near_the_end_the_interval_holds_the_truth() -> None:
    """At n = 50 and a true 98 %, percentiles of resamples hold it in 60 of 100 test sets."""
    rng, studies, held, plain = np.random.default_rng(1), 400, 0, 0
    for _ in range(studies):
        table = counts(rng.random(50) < 0.98)
        low, high = score_interval(Accuracy(), table, rng, resamples=200)
        held += low <= 98.0 <= high
        low, high = interval(Accuracy(), table, rng, resamples=200)
        plain += low <= 98.0 <= high
    assert held / studies >= 0.92 and plain / studies < 0.75


def test_clusters_make_the_interval_wider() -> None:
    """Twenty questions on each of 50 documents, all right or all wrong together, are worth 50."""
    rng = np.random.default_rng(2)
    document = rng.random(50) < 0.8
    clustered = score_interval(Accuracy(), counts(document * 20, 20), rng)
    spread = score_interval(Accuracy(), counts(np.full(50, 16), 20), rng)
    assert clustered[1] - clustered[0] == pytest.approx(22, abs=3)
    assert spread[1] - spread[0] < clustered[1] - clustered[0]


def test_other_scores_stay_within_their_range_and_a_single_document_has_none() -> None:
    table = GroupCounts(np.arange(30), np.tile([3.0, 3.0, 3.0], (30, 1)))
    low, high = score_interval(ChunkF1(), table, np.random.default_rng(0))
    assert 80 < low < 95 and high == 100.0
    assert all(np.isnan(x) for x in score_interval(Accuracy(), counts(np.ones(1)), np.random.default_rng(0)))


def test_with_few_documents_the_variance_is_the_unbiased_one() -> None:
    """With as many questions right of each of G documents, n is p (1 - p) over the unbiased variance of their mean."""
    right = np.array([2, 8, 5, 9])
    low, high = score_interval(Accuracy(), counts(right, 10), np.random.default_rng(0), resamples=20_000)
    p, variance = right.mean() / 10, np.var(right / 10, ddof=1) / len(right)
    expected = wilson(p * p * (1 - p) / variance, p * (1 - p) / variance, float(student.ppf(0.975, len(right) - 1)))
    assert (low, high) == pytest.approx((100 * expected[0], 100 * expected[1]), abs=1.0)
