"""F1 of labels against scikit-learn: its documented example, and its own numbers where it is installed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from xstilts.metrics.catalog import METRICS
from xstilts.metrics.label_f1 import MacroF1, MicroF1, WeightedF1
from xstilts.metrics.tallies import headline

NAMES = {"micro": MicroF1, "macro": MacroF1, "weighted": WeightedF1}


def score(average: str, labels: Sequence[str], golds: Sequence[Any], guesses: Sequence[Any]) -> float:
    metric = NAMES[average](tuple(labels))
    counts = np.array([metric.tally(gold, guess, "en") for gold, guess in zip(golds, guesses, strict=True)])
    return float(headline(METRICS[metric.name], counts.sum(axis=0)))


# The example of `f1_score`: y_true = [0, 1, 2, 0, 1, 2], y_pred = [0, 2, 1, 0, 0, 1].
@pytest.mark.parametrize(("average", "expected"), [("macro", 80 / 3), ("micro", 100 / 3), ("weighted", 80 / 3)])
def test_the_example_of_scikit_learn(average: str, expected: float):
    assert score(average, "0123", "012012", "021001") == pytest.approx(expected)


# Its other one: y_true = [[0, 0, 0], [1, 1, 1], [0, 1, 1]], y_pred = [[0, 0, 0], [1, 1, 1], [1, 1, 0]].
@pytest.mark.parametrize(("average", "expected"), [("micro", 80.0), ("macro", 700 / 9), ("weighted", 80.0)])
def test_several_labels_an_example(average: str, expected: float):
    golds, guesses = ([list(labels) for labels in side] for side in (["", "abc", "bc"], ["", "abc", "ab"]))
    assert score(average, "abc", golds, guesses) == pytest.approx(expected)


def test_a_label_that_is_nowhere_is_left_out_and_one_that_is_missed_is_not():
    assert score("macro", "ab", "aab", "aaa") == pytest.approx((80 + 0) / 2)
    assert score("macro", "abcd", "aab", "aab") == 100
    assert np.isnan(score("macro", "ab", [[]], [[]]))  # nothing to score


@pytest.mark.parametrize("average", NAMES)
def test_random_labels_score_as_in_scikit_learn(average: str):
    metrics = pytest.importorskip("sklearn.metrics")
    draw = np.random.default_rng(0)
    for _ in range(5):
        golds, guesses = draw.integers(4, size=(2, 40)).astype(str)
        expected = metrics.f1_score(golds, guesses, average=average, zero_division=np.nan)
        assert score(average, "01234", golds.tolist(), guesses.tolist()) == pytest.approx(100 * expected)
        gold_NC, guess_NC = draw.random((2, 30, 4)) < 0.3
        sets = [[[label for label, has in zip("abcd", row, strict=True) if has] for row in side]
                for side in (gold_NC, guess_NC)]  # fmt: skip
        expected = metrics.f1_score(gold_NC, guess_NC, average=average, zero_division=np.nan)
        assert score(average, "abcd", *sets) == pytest.approx(100 * expected)


def test_counts_without_labels_are_read_with_any_width_by_reports():
    """What reads counts from disk has the catalogue's instance, which knows no labels."""
    from xstilts.metrics.bootstrap import group_counts
    from xstilts.metrics.significance import Axes, draw

    metric = MacroF1(("a", "b"))
    counts = np.array([metric.tally(gold, guess, "en") for gold, guess in zip("aabb", "abbb", strict=True)])
    cells = {(arm, 1, "de"): group_counts(list("1234"), counts) for arm in ("x", "y")}
    axes = Axes(arms=("x", "y"), seeds=(1,), languages=("de",))
    drawn = draw(METRICS["macro_f1"], cells, axes, np.random.default_rng(0), 50)
    assert drawn.point[:, 0, 0] == pytest.approx([100 * (2 / 3 + 4 / 5) / 2] * 2)
