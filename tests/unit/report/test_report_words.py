from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from xstilts.report import words


@given(st.floats(-200, 200))
def test_a_signed_number_carries_a_sign_exactly_when_it_is_not_zero(value: float) -> None:
    text = words.signed(value)
    assert (text[0] in "+−") == (abs(float(text.replace("−", "-"))) > 0)
    assert "-" not in text


def test_what_is_not_there_is_called_missing() -> None:
    assert words.number(None) == words.number(math.nan) == words.signed(None) == "missing"
    assert words.interval(None, 3.0) == words.interval(math.nan, math.nan) == "" == words.probability(math.nan)


def test_lists_read_as_sentences_and_end() -> None:
    assert words.listed([]) == ""
    assert words.listed(["a"]) == "a"
    assert words.listed(list("abc")) == "a, b and c"
    assert words.listed(list("abcdef"), most=2) == "a, b and 4 more"


def test_costs_have_units() -> None:
    assert words.seconds(59.4) == "59 s" and words.seconds(3600) == "1 h 0 min" and words.seconds(None) == ""
    assert words.size(999) == "999 B" and words.size(1.1e9) == "1.1 GB" and words.size(5e13) == "50.0 TB"
