"""Correlations as sums of counts against scipy's."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from xstilts.data.examples import TextExample
from xstilts.kinds.regression import Regression
from xstilts.metrics.correlation import Pearson, Spearman
from xstilts.metrics.tallies import headline

KIND = Regression(lowest=0, highest=100)


def scores(golds: np.ndarray, guesses: np.ndarray) -> tuple[float, float]:
    examples = [TextExample(id=str(i), group=str(i), text="x", label=str(gold)) for i, gold in enumerate(golds)]
    counts = (KIND.count(metric, examples, guesses.tolist(), "en").sum(axis=0) for metric in (Pearson(), Spearman()))
    pearson, spearman = counts
    return float(headline(Pearson(), pearson)), float(headline(Spearman(), spearman))


@pytest.mark.parametrize("seed", range(4))
def test_both_are_those_of_scipy(seed: int):
    draw = np.random.default_rng(seed)
    golds = np.round(draw.random(200) * 5, seed) * 20  # with few digits many are equal
    guesses = np.round(golds / 3 + draw.normal(size=200) * (seed + 1) * 5, seed) + 1000 * (seed == 3)
    pearson, spearman = scores(golds, guesses)
    assert pearson == pytest.approx(100 * stats.pearsonr(golds, guesses).statistic, abs=1e-6)
    assert spearman == pytest.approx(100 * stats.spearmanr(golds, guesses).statistic, abs=1e-9)


def test_what_does_not_vary_has_no_correlation():
    assert scores(np.array([1.0, 2.0, 3.0]), np.full(3, 0.1)) == (0.0, 0.0)
    assert scores(np.full(3, 7.0), np.array([1.0, 2.0, 3.0])) == (0.0, 0.0)
    assert scores(np.array([1.0, 2.0]), np.array([2.0, 1.0])) == (-100.0, -100.0)
