"""Rank stability: an arm far above the others is always best; shares add up; two arms have no table."""

from __future__ import annotations

import numpy as np
import pytest

import fake_study
from xstilts.report.build import compose
from xstilts.report.scores.inputs import Results
from xstilts.report.topics.rank_stability import RANK_STABILITY, _ranks


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    return fake_study.results(tmp_path_factory.mktemp("store"))


def test_an_arm_far_above_is_the_best(results: Results) -> None:
    ranks = compose(fake_study.only(results, targets=("tatoeba",)), topics=()).value(RANK_STABILITY)
    assert ranks is not None and [one.arm for one in ranks] == ["nli", "qa", "none"]
    assert ranks[0].best > 0.9 and (ranks[0].rank, ranks[0].targets) == (1, 1)
    assert sum(one.best for one in ranks) == pytest.approx(1.0)


def test_two_arms_or_one_seed_have_none(results: Results) -> None:
    for part in (
        fake_study.only(results, arms=("none", "nli"), targets=("tatoeba",)),
        fake_study.only(results, seeds=(1,), targets=("tatoeba",)),
    ):
        assert compose(part, topics=(RANK_STABILITY,)).record() == {"ranks": []}


def test_equal_arms_share_the_first_place() -> None:
    truths = np.random.default_rng(0).standard_normal((20_000, 4))
    ranks = _ranks(("a", "b", "c", "d"), np.array([1.0, 2.0, 3.0, 4.0]), truths, 2)
    assert [one.arm for one in ranks] == ["d", "c", "b", "a"]
    assert all(one.best == pytest.approx(0.25, abs=0.02) and (one.first, one.last) == (1, 4) for one in ranks)
