from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from xstilts.metrics.gatekeeping import Family, Verdict, hierarchical_tests, verdict
from xstilts.metrics.simultaneous import ErrorDraws, simultaneous


def family(values: list[float], deviation: float = 1.0, seed: int = 0, shared: float = 0.5) -> Family:
    """Contrasts with normal errors that share a part."""
    rng, count = np.random.default_rng(seed), len(values)
    common = rng.standard_normal((20_000, 1)) * shared**0.5
    errors = deviation * (common + rng.standard_normal((20_000, count)) * (1 - shared) ** 0.5)
    draws = ErrorDraws(np.full((10, count), deviation), errors)
    return Family(np.array(values), draws, np.ones(count, dtype=bool))


def agrees(found: Verdict) -> bool:
    """Significant where the interval leaves out zero, p is below 5 %, and all is within 100 points."""
    leaves_out_zero = found.low > 0 or found.high < 0
    return found.significant == leaves_out_zero == (found.p < 0.05) and -100 <= found.low <= found.high <= 100


VALUES = some.lists(some.floats(-8, 8), min_size=1, max_size=6)


@settings(max_examples=25, deadline=None)
@given(VALUES, some.data())
def test_sentence_star_p_and_interval_never_disagree(values: list[float], data: some.DataObject) -> None:
    target = some.lists(some.floats(-100, 100), min_size=len(values), max_size=len(values))
    targets = [family(data.draw(target), deviation=2.0, seed=i + 1) for i in range(3)]
    outcomes = hierarchical_tests(family(values), targets)
    every = [v for verdicts in (outcomes.mean, *outcomes.targets) for v in verdicts if v is not None]
    assert len(every) == 4 * len(values) and all(map(agrees, every))
    for of_target in outcomes.targets:
        for above, below in zip(outcomes.mean, of_target, strict=True):
            assert above is not None and below is not None
            assert below.p >= above.p and (above.significant or not below.significant)


@given(some.floats(-100, 100, allow_subnormal=False), some.floats(0, 300), some.floats(0, 1))
def test_an_interval_follows_its_p_even_where_they_were_given_apart(value: float, reach: float, p: float) -> None:
    found = verdict(value, reach, p)
    assert found.significant == (found.low > 0 or found.high < 0)
    assert -100 <= found.low <= value <= found.high <= 100


def test_a_gate_that_is_shut_hides_any_target() -> None:
    outcomes = hierarchical_tests(family([0.1]), [family([50.0], seed=1), family([-49.8], seed=2)])
    assert [v.significant for (v,) in outcomes.targets if v is not None] == [False, False]
    assert all(v is not None and v.low <= 0 <= v.high for (v,) in outcomes.targets)


def test_p_is_of_all_questions_and_not_of_one() -> None:
    """Ten contrasts: one alone at 2.5 standard errors would have a star."""
    draws = family([2.5] + [0.0] * 9, shared=0.0)
    (first, *_) = hierarchical_tests(draws, []).mean
    alone = float(draws.errors.tail(draws.values)[0])
    assert first is not None and alone < 0.05 < first.p
    assert first.p == pytest.approx(1 - (1 - alone) ** 10, abs=0.01)  # independent: Sidak's
    (single,) = hierarchical_tests(family([2.5]), []).mean
    assert single is not None and single.p == pytest.approx(alone, abs=0.003)


def test_contrasts_that_say_the_same_cost_nothing() -> None:
    same = family([2.2] * 5, shared=1.0)
    (first, *_) = hierarchical_tests(same, []).mean
    assert first is not None and first.significant and first.p == pytest.approx(0.028, abs=0.004)


def test_where_a_mean_is_missing_its_targets_are_asked_with_its_share() -> None:
    mean, target = family([0.0, 5.0]), family([5.0, 5.0], seed=1)
    untested = Family(mean.values, mean.errors, np.array([False, True]))
    outcomes = hierarchical_tests(untested, [target])
    assert outcomes.mean[0] is None and outcomes.targets[0][0] is not None
    assert outcomes.targets[0][0].p == pytest.approx(2 * float(target.errors.tail(target.values)[0]), rel=1e-6)
    (alone,) = hierarchical_tests(family([2.1]), []).mean
    half = hierarchical_tests(
        Family(np.array([0.0, 2.1]), family([0.0, 2.1]).errors, np.array([False, True])), [family([1.0, 1.0])]
    ).mean[1]
    assert alone is not None and half is not None and half.p == pytest.approx(2 * alone.p, rel=0.1)


def test_few_documents_give_no_star() -> None:
    few = family([9.0])
    (found,) = hierarchical_tests(Family(few.values, few.errors, few.testable, least_p=2.0**-3), []).mean
    assert found is not None and found.p == 0.125 and found.low <= 0


def test_official_corrections(shared_golden: Path) -> None:
    """Within a gate that is open p is Sidak's, times the families that alpha was divided among (Bonferroni)."""
    from scipy.special import ndtri

    folder = shared_golden / "statistics"
    tables = json.loads((folder / "tables.json").read_text("utf-8"))["p_values"]
    official = json.loads((folder / "official.json").read_text("utf-8"))["corrections"]
    for p_values, row in zip(tables, official, strict=True):
        values = -ndtri(np.array(p_values) / 2)
        errors = ErrorDraws(np.ones((1, len(values))), np.ones((1, len(values))))
        of = Family(values, errors, np.ones(len(values), dtype=bool))
        sidak = [of.gated(i, 0.0, 1, len(values)).p for i in range(len(values))]
        bonferroni = [of.gated(i, 0.0, len(values), 1).p for i in range(len(values))]
        assert sidak == pytest.approx(row["sidak"]["adjusted"], rel=1e-9)
        assert bonferroni == pytest.approx(row["bonferroni"]["adjusted"], rel=1e-9)


def test_identical_arms_differ_by_nothing() -> None:
    nothing = ErrorDraws(np.zeros((4, 2)), np.zeros((100, 2)))
    found = simultaneous(np.zeros(2), nothing)
    assert found.p.tolist() == [1.0, 1.0] and found.reach.tolist() == [0.0, 0.0]
