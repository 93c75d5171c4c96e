"""Dev scores: when a model is no better than guessing."""

from __future__ import annotations

import math
from pathlib import Path
from types import SimpleNamespace

import pytest

from xstilts.core.errors import DataError
from xstilts.train.dev_scores import DevScore, DevSet


@pytest.mark.parametrize(
    ("low", "at_chance"),
    [(45.0, True), (50.0, True), (55.0, False), (math.nan, False)],
    ids=["the interval holds the floor", "it begins there", "it is above", "a single group has no interval"],
)
def test_a_score_above_the_floor_is_at_chance_where_its_interval_is_not(low: float, at_chance: bool) -> None:
    assert DevScore(score=60.0, low=low, high=75.0, floor=50.0).at_chance is at_chance


def test_a_single_group_is_at_chance_by_its_score() -> None:
    assert DevScore(score=50.0, low=math.nan, high=math.nan, floor=50.0).at_chance


def test_a_part_of_which_nothing_is_held_out_is_refused_in_these_words() -> None:
    part = SimpleNamespace(name="t", dev=Path(), dev_indices=(), dev_examples=[])
    with pytest.raises(DataError, match="nothing of 't' is held out to steer selection"):
        DevSet(part, None)  # type: ignore[arg-type]
