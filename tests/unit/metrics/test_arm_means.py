from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from xstilts.metrics.arm_means import TargetMeans, TargetScores, mean_of_arms, over_targets
from xstilts.metrics.bootstrap import GroupCounts
from xstilts.metrics.labels import Accuracy
from xstilts.metrics.significance import Axes, Draws, draw


def draws(right: dict[str, np.ndarray], sizes: dict[str, int], seeds: int = 2) -> Draws:
    """Arm -> how many of 10 answers are right in each document; `sizes`: documents of a language, from the first on."""
    cells = {}
    for (arm, counts), seed, (language, size) in product(right.items(), range(seeds), sizes.items()):
        names = np.array([f"{i:03}" for i in range(size)])
        cells[arm, seed, language] = GroupCounts(
            names, np.stack([counts[:size], np.full(size, 10)], axis=1).astype(float)
        )
    return draw(Accuracy(), cells, Axes(tuple(right), range(seeds), tuple(sizes)), np.random.default_rng(0), 4000)


def target(of: Draws, languages: tuple[str, ...], collapsed: np.ndarray | None = None) -> TargetScores:
    shape = of.point.shape[:2]
    return TargetScores(of, languages, np.zeros(shape, dtype=bool) if collapsed is None else collapsed)


def test_languages_count_the_same_whatever_their_size() -> None:
    right = np.array([10] * 10 + [0] * 190)
    found = mean_of_arms([target(draws({"a": right, "b": 10 - right}, {"de": 200, "sw": 10}), ("de", "sw"))])
    assert found.means.value == pytest.approx([(5 + 100) / 2, (95 + 0) / 2], abs=1e-3)


def test_the_variance_over_documents_is_the_unbiased_one_also_with_few() -> None:
    """Exponential weights spread a mean over 8 documents by 7/9 of its variance; the factor makes up for it."""
    rng = np.random.default_rng(4)
    a, b = rng.integers(0, 11, 8), rng.integers(0, 11, 8)
    found = mean_of_arms([target(draws({"a": a, "b": b}, {"de": 8}), ("de",))])
    weights = np.array([1.0, -1.0])
    variance = weights @ found.means.document_covariance @ weights
    assert variance == pytest.approx(np.var(10.0 * (a - b), ddof=1) / 8, rel=0.08)
    assert found.groups == 8


def part(by_seed: list[list[float]], runs: list[int]) -> TargetMeans:
    arms = len(runs)
    return TargetMeans(np.array(by_seed), np.eye(arms), np.zeros(arms), np.array(runs), 50)


def test_a_collapsed_run_is_in_no_mean_and_no_variance() -> None:
    right = np.tile([4, 6, 8], 20)
    of = draws({"a": right, "b": right}, {"de": 60}, seeds=3)
    of.point[1, 2], of.drawn[:, 1, 2] = 5.0, 5.0
    lost = np.array([[False] * 3, [False, False, True]])
    apart, all_runs = (mean_of_arms([target(of, ("de",), mask)]) for mask in (lost, np.zeros_like(lost)))
    assert apart.means.value[0] == apart.means.value[1] and apart.trained.tolist() == [3, 2]
    assert apart.means.seeds is not None and all_runs.means.seeds is not None
    assert apart.means.seeds.squares[1] < 1e-6 < 1000 < all_runs.means.seeds.squares[1]
    assert apart.means.seeds.freedom.tolist() == [2.0, 1.0]


def test_what_can_be_tested() -> None:
    two = [[1.0, 2.0], [3.0, 4.0]]
    assert over_targets(("a", "b"), [part(two, [2, 2])]).can_test(["a", "b"])
    assert not over_targets(("a", "b"), [part(two, [2, 1])]).can_test(["a", "b"])  # one run that trained
    assert not over_targets(("a", "b"), [part(two, [2, 0])]).can_test(["a", "b"])  # none
    assert over_targets(("a", "b"), [part(two, [2, 1]), part(two, [2, 2])]).can_test(["a", "b"])
    assert not over_targets(("a", "b"), [part([[1.0], [2.0]], [1, 1])]).can_test(["a", "b"])  # one seed
