"""Krippendorff's alpha is what its author publishes, and the calibration error what it is defined to be."""

from __future__ import annotations

import pytest

from xstilts.evidence.agreement import interval, krippendorff_alpha, nominal
from xstilts.evidence.reliability import calibration_error, reliability

# Krippendorff 2011, "Computing Krippendorff's Alpha-Reliability", section C: four observers, twelve units.
OBSERVERS = (
    (1, 2, 3, 3, 2, 1, 4, 1, 2, None, None, None),
    (1, 2, 3, 3, 2, 2, 4, 1, 2, 5, None, 3),
    (None, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, None),
    (1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, None),
)
# The same, section A: two observers, binary values, ten units.
BINARY = ((0, 1, 0, 0, 0, 0, 0, 0, 1, 0), (1, 1, 1, 0, 0, 1, 0, 0, 0, 0))


@pytest.mark.parametrize(
    ("observers", "difference", "alpha"),
    [(OBSERVERS, nominal, 0.743), (OBSERVERS, interval, 0.849), (BINARY, nominal, 0.095)],
)
def test_published_examples(observers, difference, alpha: float):
    units = list(zip(*observers, strict=True))
    assert krippendorff_alpha(units, difference) == pytest.approx(alpha, abs=0.0005)


def test_where_it_is_not_defined():
    assert krippendorff_alpha([]) is None
    assert krippendorff_alpha([(1.0, None), (None, 2.0)]) is None
    assert krippendorff_alpha([(1.0, 1.0), (1.0, 1.0)]) is None
    assert krippendorff_alpha([(0.0, 0.0), (1.0, 1.0)]) == 1.0


def test_the_calibration_error_weighs_bins_by_what_is_in_them():
    bins = reliability([0.95, 0.95, 0.95, 0.55], [True, True, True, False])
    assert [(one.n, one.accuracy) for one in bins] == [(1, 0.0), (3, 1.0)]
    assert calibration_error(bins) == pytest.approx((1 * 0.55 + 3 * 0.05) / 4)
    assert calibration_error(()) == 0.0
    assert reliability([1.0], [True])[0].high == 1.0
