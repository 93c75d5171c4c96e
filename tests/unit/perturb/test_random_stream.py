"""Random streams: places that are drawn, and numbers that never change."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from xstilts.perturb.random_stream import RandomStream


@given(st.integers(0, 60), st.floats(0, 1), st.integers(0, 9))
def test_so_many_places_are_drawn_as_the_rate_says_each_once_and_in_order(size, rate, seed):
    places = RandomStream("noise", seed).places(size, rate)
    assert abs(len(places) - rate * size) < 1
    assert places == sorted(set(places))
    assert all(0 <= place < size for place in places)


@given(st.integers(1, 40), st.floats(0, 1), st.integers(0, 9), st.sets(st.integers(0, 39)))
def test_refused_places_are_made_up_for_by_others(size, rate, seed, refused):
    allowed = RandomStream("noise", seed).places(size, rate, lambda place: place not in refused)
    assert not set(allowed) & refused
    free = size - len(refused & set(range(size)))
    assert abs(len(allowed) - min(rate * size, free)) < 1


def test_every_place_is_as_likely_as_another():
    counts = Counter(place for seed in range(4000) for place in RandomStream(seed).places(10, 0.3))
    assert set(counts) == set(range(10))
    assert all(1080 < count < 1320 for count in counts.values())  # 4 deviations of 1200


def test_the_numbers_are_those_of_every_machine_and_version():
    stream = RandomStream("keyboard", 0, "id", "text")
    assert [stream.below(1000) for _ in range(5)] == NUMBERS
    assert RandomStream("keyboard", 1, "id", "text").places(1000, 0.005) == PLACES


NUMBERS = [116, 561, 976, 287, 839]
PLACES = [516, 682, 684, 733, 755]
