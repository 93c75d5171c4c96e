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
