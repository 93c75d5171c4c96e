"""Exchange rates: target examples that an intermediate example is worth, on curves of known truth."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest

from xstilts.core.errors import DataError
from xstilts.scaling.curve_fit import CurveFit, fit_curve
from xstilts.scaling.exchange import exchange_rates
from xstilts.scaling.records import exchange_record
from xstilts.scaling.sized_scores import SizeCurve, SizedScore

SIZES = (250, 500, 1000, 2000, 4000, 8000)


def fitted(score: Callable[[float], float], name: str = "c", sizes: tuple[int, ...] = SIZES) -> CurveFit:
    rng = np.random.default_rng(3)
    runs = [
        SizedScore(size=n, seed=s, score=float(score(n) + 0.2 * rng.normal())) for n in sizes for s in range(3)
    ]  # fmt: skip
    return fit_curve(SizeCurve(name, tuple(runs)), resamples=300)


def power(size: float) -> float:
    return 80 - 40 * (size / 250) ** -0.5


def test_a_phase_that_is_worth_a_thousand_examples():
    rates = exchange_rates(fitted(power), fitted(lambda n: power(n + 1000)), examples=4000)
    assert [one.size for one in rates] == list(SIZES)
    for one in rates[:4]:
        assert one.equivalent.value == pytest.approx(one.size + 1000, rel=0.1)
        assert one.rate.low < 0.25 < one.rate.high or one.rate.value == pytest.approx(0.25, abs=0.06)


def test_a_phase_that_does_nothing_is_worth_nothing():
    rates = exchange_rates(fitted(power), fitted(power), examples=4000)
    assert all(one.rate.low <= 0 <= one.rate.high for one in rates)


def test_a_score_that_is_never_reached_is_worth_more_than_what_is_read():
    rates = exchange_rates(fitted(power), fitted(lambda n: power(n) + 19.5), examples=100)
    assert math.isinf(rates[-1].equivalent.value) and rates[-1].reach <= 32000
    assert exchange_record(rates)[-1]["equivalent"]["value"] is None


@pytest.mark.parametrize(
    ("without", "says"),
    [(lambda n: 60.0, "flat"), (lambda n: 100 - power(n), "it falls")],
)
def test_where_the_target_gains_nothing_nothing_can_be_counted_in_it(without: Callable, says: str):
    with pytest.raises(DataError, match=rf"not shown to rise.*\({says}\)"):
        exchange_rates(fitted(without, "bare"), fitted(power), examples=10)


def test_curves_need_a_size_in_common_and_a_phase_examples():
    with pytest.raises(DataError, match="no size in common"):
        exchange_rates(fitted(power), fitted(power, sizes=(300, 600, 1200)), examples=10)
    with pytest.raises(DataError, match="0 intermediate examples"):
        exchange_rates(fitted(power), fitted(power), examples=0)
    with pytest.raises(DataError, match="too few sizes"):
        exchange_rates(fitted(power), fitted(power, sizes=(300, 600)), examples=10)
