from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from xstilts.report.elements import formatting


@given(st.floats(-200, 200))
def test_a_signed_number_carries_a_sign_exactly_when_it_is_not_zero(value: float) -> None:
    text = formatting.signed(value)
    assert (text[0] in "+−") == (abs(float(text.replace("−", "-"))) > 0)
    assert "-" not in text


@given(st.floats(0, 1) | st.floats(0.0499, 0.0501))
def test_a_printed_p_is_below_5_per_cent_exactly_when_it_is(p: float) -> None:
    text = formatting.probability(p)
    assert (text == "< 0.001" or float(text) < 0.05) == (p < 0.05)


@given(st.floats(1e-9, 100), st.floats(0, 100), st.sampled_from((1, -1)))
def test_a_printed_interval_leaves_out_zero_exactly_when_it_does(near: float, width: float, side: int) -> None:
    ends = sorted((side * near, side * (near + width)))
    low, high = (float(end.replace("−", "-")) for end in formatting.interval(*ends).strip("()").split(" to "))
    assert low * side > 0 and high * side > 0


def test_what_is_not_there_is_called_missing() -> None:
    assert formatting.number(None) == formatting.number(math.nan) == formatting.signed(None) == "missing"
    assert (
        formatting.interval(None, 3.0)
        == formatting.interval(math.nan, math.nan)
        == ""
        == formatting.probability(math.nan)
    )


def test_lists_read_as_sentences_and_end() -> None:
    assert formatting.name_list([]) == ""
    assert formatting.name_list(["a"]) == "a"
    assert formatting.name_list(list("abc")) == "a, b and c"
    assert formatting.name_list(list("abcdef"), limit=2) == "a, b and 4 more"


def test_costs_have_units() -> None:
    assert (
        formatting.seconds(59.4) == "59 s"
        and formatting.seconds(3600) == "1 h 0 min"
        and formatting.seconds(None) == ""
    )
    assert formatting.size(999) == "999 B" and formatting.size(1.1e9) == "1.1 GB" and formatting.size(5e13) == "50.0 TB"
