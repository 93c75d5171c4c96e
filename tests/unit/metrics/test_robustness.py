"""What a score loses when its input is perturbed."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xstilts.metrics import robustness
from xstilts.metrics.robustness import (
    agreement,
    area_under_curve,
    consistency,
    corruption_error,
    relative_corruption_error,
    relative_drop,
    worst_quartile,
)

SCORES = st.floats(0, 100, allow_nan=False)


@given(st.dictionaries(st.sampled_from([0.0, 0.05, 0.1, 0.2, 0.3, 1.0]), SCORES, min_size=1))
def test_an_area_lies_between_the_lowest_and_the_highest_point(curve):
    assert min(curve.values()) - 1e-9 <= area_under_curve(curve) <= max(curve.values()) + 1e-9


@given(SCORES, SCORES)
def test_a_straight_line_has_the_area_of_its_middle(start, end):
    curve = {rate: start + (end - start) * rate / 0.3 for rate in (0.0, 0.05, 0.1, 0.3)}
    assert area_under_curve(curve) == pytest.approx((start + end) / 2)


def test_unevenly_spaced_rates_do_not_weigh_more():
    assert area_under_curve({0.0: 0.0, 0.01: 0.0, 0.02: 0.0, 1.0: 0.0, 2.0: 100.0}) == pytest.approx(25.0)
    with pytest.raises(ValueError, match="a point"):
        area_under_curve({})


@given(SCORES, SCORES, st.floats(0, 50))
def test_a_relative_drop_counts_what_lies_above_the_floor(clean, perturbed, floor):
    share = relative_drop(clean, perturbed, floor)
    if clean <= floor:
        assert share is None
    elif share is not None and clean - floor > 1e-3:
        assert share * (clean - floor) / 100 == pytest.approx(robustness.drop(clean, perturbed), abs=1e-6)


@given(st.lists(SCORES, min_size=1, max_size=9))
def test_the_worst_quartile_is_between_the_lowest_and_the_mean(scores):
    assert min(scores) - 1e-9 <= worst_quartile(scores) <= sum(scores) / len(scores) + 1e-9


def test_the_worst_quartile_of_four_is_the_lowest_of_five_the_lowest_two():
    assert worst_quartile([4.0, 3.0, 2.0, 1.0]) == 1.0
    assert worst_quartile([5.0, 4.0, 3.0, 2.0, 1.0]) == 1.5


@given(st.lists(st.floats(0, 99), min_size=1, max_size=5))
def test_a_baseline_has_a_corruption_error_of_a_hundred(scores):
    assert corruption_error(scores, scores) == pytest.approx(100.0)


def test_corruption_errors_without_an_error_to_compare_with():
    assert corruption_error([90.0], [100.0]) is None
    assert relative_corruption_error(80.0, [70.0], 60.0, [60.0]) is None
    assert relative_corruption_error(80.0, [70.0, 50.0], 80.0, [60.0, 40.0]) == pytest.approx(200 * 40 / 120)
    with pytest.raises(ValueError, match="1 and 2"):
        corruption_error([1.0], [1.0, 2.0])


def test_agreement_of_tags_is_by_word_and_of_labels_all_or_nothing():
    assert agreement([], []) == 1.0
    assert agreement(["A", "B", "C"], ["A", "C", "C"]) == pytest.approx(2 / 3)
    assert agreement(["A"], ["A", "B"]) == 0.0
    assert agreement("entailment", "neutral") == 0.0


def test_consistency_is_over_the_examples_that_both_have():
    found = consistency({"1": "a", "2": "b", "3": "c"}, {"1": "a", "2": "x", "9": "c"})
    assert found is not None and math.isclose(found, 50.0)
    assert consistency({"1": "a"}, {"2": "a"}) is None
