"""Verdicts: intervals and verdicts agree, equivalence is two one-sided tests, denials turn a verdict around."""

from __future__ import annotations

from math import inf

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xstilts.claims.claim import ClaimPredicate
from xstilts.claims.comparisons import COMPARISONS, Conditions, ScoreCondition, conditions_of
from xstilts.claims.judge import bounds, judge, judge_numbers, judge_untested
from xstilts.metrics.simultaneous import ErrorDraws

CELLS = {"xnli": ("de", "sw"), "panx": ("de",), "tatoeba": ("de", "sw")}


def normal(spread: float, k: int = 1) -> ErrorDraws:
    """Errors of one standard deviation, drawn for K conditions apart."""
    rng = np.random.default_rng(0)
    return ErrorDraws(np.full((50, k), spread), rng.standard_normal((4000, k)) * spread)


def between(low: float, high: float, k: int = 1, denied: bool = False) -> Conditions:
    return Conditions(tuple(ScoreCondition(str(i), {}, low, high) for i in range(k)), denied=denied)


def predicate(comparison: str, **keys: object) -> ClaimPredicate:
    return ClaimPredicate(arm="nli", over=("none",), comparison=comparison, **keys)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("estimate", "verdict"), [(3.0, "supported"), (1.0, "inconclusive"), (-1.0, "inconclusive"), (-3.0, "contradicted")]
)
def test_an_arm_that_is_above_another(estimate: float, verdict: str) -> None:
    found = judge(between(0.0, inf), np.array([estimate]), normal(1.0))
    assert found.verdict == verdict and found.level == 95
    assert found.low is not None and found.high is not None
    assert found.high - found.low == pytest.approx(2 * 1.96, abs=0.01)


def test_the_probability_is_the_share_of_truths_in_which_the_claim_holds() -> None:
    assert judge(between(0.0, inf), np.array([1.0]), normal(1.0)).probability == pytest.approx(0.841, abs=0.02)
    assert judge(between(-1.0, 1.0), np.array([0.0]), normal(1.0)).probability == pytest.approx(0.683, abs=0.02)
    assert judge(between(0.0, inf, denied=True), np.array([1.0]), normal(1.0)).probability == pytest.approx(
        0.159, abs=0.02
    )


def test_equivalence_is_two_one_sided_tests() -> None:
    """At 0.6 standard errors' slack: within ±2.25 by the interval at 90 % (1.645), not by the one at 95 %."""
    found = judge(between(-2.25, 2.25), np.array([0.5]), normal(1.0))
    assert found.verdict == "supported" and found.level == 90
    assert judge(between(-2.0, 2.0), np.array([0.5]), normal(1.0)).verdict == "inconclusive"
    assert judge(between(-2.0, 2.0), np.array([4.0]), normal(1.0)).verdict == "contradicted"


def test_a_wide_interval_around_zero_is_no_equivalence() -> None:
    assert judge(between(-1.0, 1.0), np.array([0.0]), normal(3.0)).verdict == "inconclusive"


def test_a_denial_is_supported_where_some_condition_is_contradicted() -> None:
    errors = normal(1.0, 3)
    assert judge(between(0.0, inf, 3, denied=True), np.array([9.0, 9.0, -9.0]), errors).verdict == "supported"
    assert judge(between(0.0, inf, 3, denied=True), np.array([9.0, 9.0, 9.0]), errors).verdict == "contradicted"
    assert judge(between(0.0, inf, 3, denied=True), np.array([9.0, 9.0, 0.0]), errors).verdict == "inconclusive"


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.floats(-20, 20), min_size=1, max_size=4),
    st.floats(0.0, 5.0),
    st.tuples(st.floats(-10, 10), st.floats(0, 10)) | st.none(),
    st.booleans(),
)
def test_no_verdict_disagrees_with_the_intervals_beside_it(
    estimates: list[float], spread: float, box: tuple[float, float] | None, denied: bool
) -> None:
    low, high = (0.0, inf) if box is None else (box[0], box[0] + box[1])
    found = judge(between(low, high, len(estimates), denied), np.array(estimates), normal(spread, len(estimates)))
    inside = all(x.low > low and x.high < high for x in found.conditions)  # type: ignore[operator]
    outside = any(x.low >= high or x.high <= low for x in found.conditions)  # type: ignore[operator]
    expected = "supported" if inside else "contradicted" if outside else "inconclusive"
    turned = {"supported": "contradicted", "contradicted": "supported", "inconclusive": "inconclusive"}
    assert found.verdict == (turned[expected] if denied else expected)
    assert found.probability is not None and 0.0 <= found.probability <= 1.0
    shown = next(x for x in found.conditions if x.label == found.about)
    assert (found.estimate, found.low, found.high) == (shown.estimate, shown.low, shown.high)


def test_the_condition_that_decides_is_shown() -> None:
    errors = normal(1.0, 3)
    assert judge(between(0.0, inf, 3), np.array([9.0, 5.0, 7.0]), errors).about == "1"
    assert judge(between(0.0, inf, 3), np.array([9.0, -5.0, -7.0]), errors).about == "2"


def test_numbers_of_a_table_are_judged_by_arithmetic() -> None:
    assert judge_numbers(between(7.2, 9.2), [8.2]).verdict == "supported"
    assert judge_numbers(between(8.2, 8.2), [8.2]).verdict == "supported"  # as they were printed
    assert judge_numbers(between(0.0, inf, 2), [3.0, -1.0]).verdict == "contradicted"
    assert judge_numbers(between(0.0, inf), [0.0]).verdict == "inconclusive"  # rounding may have hidden either sign
    found = judge_numbers(between(0.0, inf), [3.0])
    assert (found.low, found.high, found.probability, found.level) == (None, None, None, None)


def test_what_cannot_be_tested_has_an_estimate_and_no_interval() -> None:
    found = judge_untested(between(0.0, inf), np.array([9.0]), "one seed")
    assert (found.verdict, found.estimate, found.low, found.probability) == ("inconclusive", 9.0, None, None)


def test_conditions_of_each_comparison() -> None:
    assert len(conditions_of(predicate("greater"), CELLS).each) == 1
    assert [c.label for c in conditions_of(predicate("consistent across", across="targets"), CELLS).each] == list(CELLS)
    by_language = conditions_of(predicate("consistent across", across="languages"), CELLS)
    assert [c.label for c in by_language.each] == ["de", "sw"]
    german = next(iter(by_language.each[0].weights)).unit
    assert german.cells == (("xnli", ("de",)), ("panx", ("de",)), ("tatoeba", ("de",)))
    most = conditions_of(predicate("most on", on=("tatoeba",)), CELLS)
    assert [c.label for c in most.each] == ["tatoeba over xnli", "tatoeba over panx"]
    assert sorted(most.each[0].weights.values()) == [-1.0, -1.0, 1.0, 1.0]
    assert conditions_of(predicate("not consistent across", across="targets"), CELLS).denied
    rivals = ClaimPredicate(arm="all", over=("nli", "qa"), comparison="best among")
    assert [c.label for c in conditions_of(rivals, CELLS).each] == ["over nli", "over qa"]
    (no_difference,) = conditions_of(predicate("no difference", margin=1.5), CELLS).each
    assert bounds(no_difference) == "−1.5 to 1.5"
    assert all(
        abs(sum(c.weights.values())) < 1e-12
        for name in ("greater", "less")
        for c in conditions_of(predicate(name), CELLS).each
    )


def test_every_comparison_says_what_it_is() -> None:
    assert all(one.says for one in COMPARISONS.values())
