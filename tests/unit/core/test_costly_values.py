"""Costly values: made once, as many as fit, the quickest to make again gone first."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xstilts.core.costly_values import CostlyValues


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The processor's time, as the test sets it."""
    now = [0.0]
    monkeypatch.setattr(time, "thread_time", lambda: now[0])
    return now


def test_a_value_is_made_once_and_one_that_failed_again():
    values, made = CostlyValues[list](room=10.0), []

    def make() -> list:
        made.append(len(made))
        if len(made) == 1:
            raise ValueError("the first time")
        return made

    with pytest.raises(ValueError, match="the first time"):
        values.get("a", 1.0, make)
    assert values.get("a", 1.0, make) is values.get("a", 1.0, make)
    assert made == [0, 1]


@pytest.mark.parametrize(("key", "size"), [(["no hash"], 1.0), ("larger than the room", 11.0)])
def test_what_cannot_be_kept_is_made_each_time(key, size):
    values = CostlyValues[int](room=10.0)
    assert [values.get(key, size, lambda number=number: number) for number in range(3)] == [0, 1, 2]


def test_what_is_quickest_to_make_again_for_its_size_goes_first(clock):
    values = CostlyValues[str](room=10.0)

    def get(name: str, size: float, seconds: float) -> bool:
        """Whether it was made."""
        before = clock[0]
        values.get(name, size, lambda: clock.__setitem__(0, clock[0] + seconds) or name)
        return clock[0] > before

    assert get("slow", 4.0, 8.0) and get("quick", 5.0, 1.0)
    assert get("middle", 4.0, 4.0), "one of the three has to go"
    assert not get("slow", 4.0, 8.0) and not get("middle", 4.0, 4.0) and get("quick", 5.0, 1.0)
    assert not get("slow", 4.0, 8.0), "the new one does not drive out what is worth more"


@given(st.lists(st.tuples(st.integers(0, 9), st.floats(0.0, 12.0)), max_size=40))
def test_values_are_right_and_fit(asked):
    values, sizes = CostlyValues[int](room=10.0), dict[int, float]()
    for key, size in asked:
        size = sizes.setdefault(key, size)
        assert values.get(key, size, lambda key=key: key * key) == key * key
        assert sum(sizes[kept] for kept in values._kept) <= 10.0 + 1e-9
