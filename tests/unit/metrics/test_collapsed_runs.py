from __future__ import annotations

import numpy as np
import pytest

from xstilts.metrics.collapsed_runs import collapsed_runs

NONE = np.zeros((3, 3), dtype=bool)


def found(scores: list[list[float]], floor: float = 33.3, failed: np.ndarray = NONE) -> list[tuple[int, int]]:
    return [tuple(x) for x in np.argwhere(collapsed_runs(np.array(scores, dtype=float), failed, floor)).tolist()]


GOOD = [[70.0, 71.0, 69.5], [72.0, 71.0, 72.5], [68.0, 69.0, 70.0]]


def test_runs_that_differ_a_little_are_none() -> None:
    assert found(GOOD) == []
    assert found([[70.0, 64.0, 69.0], *GOOD[1:]]) == []  # six points are luck, not another kind of event


@pytest.mark.parametrize("lost", [33.0, 36.0, 45.0])
def test_a_run_at_the_floor_or_far_below_its_arm_is_collapsed(lost: float) -> None:
    assert found([[70.0, lost, 69.5], *GOOD[1:]]) == [(0, 1)]


def test_many_at_the_floor_are_all_seen() -> None:
    assert found([[70.0, 34.0, 69.0], [33.0, 71.0, 33.5], [68.0, 34.0, 70.0]]) == [(0, 1), (1, 0), (1, 2), (2, 1)]


def test_an_arm_that_varies_like_the_others_is_left_alone() -> None:
    wild = [[70.0, 45.0, 60.0], [40.0, 66.0, 72.0], [71.0, 58.0, 42.0]]
    assert found(wild, floor=0.0) == []


def test_a_known_failure_counts_whatever_its_score() -> None:
    failed = NONE.copy()
    failed[2, 0] = True
    assert found(GOOD, failed=failed) == [(2, 0)]


def test_where_nothing_learns_nothing_is_collapsed() -> None:
    assert found([[33.0, 34.0, 33.5]] * 3, failed=np.ones((3, 3), dtype=bool)) == []


def test_missing_runs_are_no_collapsed_ones() -> None:
    assert found([[70.0, np.nan, 69.5], *GOOD[1:]]) == []
    assert found([[np.nan] * 3] * 3) == []
