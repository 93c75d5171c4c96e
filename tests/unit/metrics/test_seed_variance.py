from __future__ import annotations

import numpy as np
import pytest

from xstilts.metrics.seed_variance import SeedVariances, draw_variances, stability_guide


def variances(squares: list[float], freedom: float = 2.0, guide: list[float] | None = None) -> SeedVariances:
    count = len(squares)
    ones = np.ones(count)
    guided = ones if guide is None else np.array(guide)
    return SeedVariances(np.array(squares), freedom * ones, (freedom + 1) * ones, 0.0 * ones, guided)


def medians(seeds: SeedVariances) -> np.ndarray:
    return np.median(draw_variances(seeds, np.random.default_rng(0), 20_000), axis=0)


def test_an_arm_with_little_shown_is_drawn_towards_the_others() -> None:
    lucky, *others = medians(variances([0.002, 2.0, 2.2, 1.8, 2.1, 1.9]))
    assert 0.1 < lucky < min(others) and max(others) < 2.0


def test_an_outlier_stays_large_and_leaves_the_others_alone() -> None:
    *others, wild = medians(variances([2.0, 2.2, 1.8, 2.1, 1.9, 200.0]))
    calm = medians(variances([2.0, 2.2, 1.8, 2.1, 1.9, 2.0]))
    assert wild > 20 and max(others) < 3 * max(calm)


def test_more_arms_leave_fewer_variances_possible() -> None:
    def spread(arms: int) -> float:
        drawn = np.log(draw_variances(variances([2.0] * arms), np.random.default_rng(0), 20_000)[:, 0])
        return float(drawn.std())

    assert spread(12) < spread(6) < spread(3) < spread(2)


def test_an_arm_that_does_not_vary_has_no_variance() -> None:
    drawn = draw_variances(variances([0.0, 2.0, 2.0]), np.random.default_rng(0), 100)
    assert (drawn[:, 0] == 0).all() and (drawn[:, 1:] > 0).all()


def test_the_same_generator_gives_the_same_draws() -> None:
    first, second = (draw_variances(variances([1.0, 2.0]), np.random.default_rng(3), 50) for _ in range(2))
    assert (first == second).all()


def test_targets_say_which_arm_is_unstable_whatever_their_scale() -> None:
    rng = np.random.default_rng(0)
    by_seed = rng.standard_normal((9, 5, 3)) * np.array([1, 1, 1, 1, 4.0])[:, None]
    by_seed *= np.geomspace(0.1, 10, 9)[:, None, None]
    guide = stability_guide(by_seed, np.full(5, 2.0))
    assert guide[4] / np.median(guide[:4]) == pytest.approx(16, rel=0.7)
    assert stability_guide(by_seed[:1], np.full(5, 2.0)).tolist() == [1.0] * 5


def test_a_guide_moves_the_expected_variance() -> None:
    plain = medians(variances([2.0, 2.0, 2.0, 2.0]))
    guided = medians(variances([2.0, 2.0, 2.0, 2.0], guide=[9.0, 1.0, 1.0, 1.0]))
    assert guided[0] > plain[0]
