from __future__ import annotations

import pytest

from xstilts.report.topics.gain_by_target import average_without, decompose

GAINS = {"xnli": 1.0, "panx": -2.0, "tatoeba": 10.0, "bucc2018": 3.0}


def test_shares_add_up_to_the_average_and_the_largest_change_comes_first() -> None:
    parts = decompose(GAINS, retrieval=("tatoeba", "bucc2018"))
    assert [(s.target, s.gain, s.share) for s in parts.shares] == [
        ("tatoeba", 10.0, 2.5),
        ("bucc2018", 3.0, 0.75),
        ("panx", -2.0, -0.5),
        ("xnli", 1.0, 0.25),
    ]
    assert parts.average == sum(s.share for s in parts.shares) == 3.0
    assert (parts.targets, parts.missing, parts.rest) == (4, (), None)


def test_the_average_without_retrieval_and_without_the_largest() -> None:
    parts = decompose(GAINS, retrieval=("bucc2018", "tatoeba", "lareqa"))
    assert parts.retrieval == ("tatoeba", "bucc2018")
    assert parts.without_retrieval == -0.5  # of xnli and panx
    assert (parts.largest, parts.without_largest) == ("tatoeba", pytest.approx(2 / 3))


def test_a_loss_can_be_the_largest() -> None:
    parts = decompose({"xnli": 1.0, "panx": -45.0})
    assert (parts.largest, parts.without_largest) == ("panx", 1.0)
    assert (parts.retrieval, parts.without_retrieval) == ((), None)


def test_a_missing_gain_leaves_no_average_unless_it_was_stated() -> None:
    gains = {"qa": 6.0, "xnli": 3.0, "tatoeba": None}
    parts = decompose(gains, retrieval=("tatoeba",))
    assert (parts.average, parts.rest, parts.missing) == (None, None, ("tatoeba",))
    assert [(s.target, s.share) for s in parts.shares] == [("qa", 2.0), ("xnli", 1.0)]  # of three targets, not of two
    assert parts.without_retrieval == 4.5 and parts.without_largest is None
    stated = decompose(gains, retrieval=("tatoeba",), stated=5.0)
    assert (stated.average, stated.rest) == (5.0, 2.0)


def test_what_is_stated_does_not_replace_what_can_be_computed() -> None:
    parts = decompose({"qa": 6.0, "xnli": 3.0}, stated=9.9)
    assert (parts.average, parts.rest) == (4.5, None)


def test_nothing_and_one_target_are_no_errors() -> None:
    empty = decompose({})
    assert (empty.targets, empty.average, empty.shares, empty.largest) == (0, None, (), "")
    alone = decompose({"tatoeba": 2.0}, retrieval=("tatoeba",))
    assert (alone.average, alone.without_retrieval, alone.without_largest) == (2.0, None, None)


@pytest.mark.parametrize(("left_out", "expected"), [((), 3.0), (("tatoeba",), 2 / 3), (tuple(GAINS), None)])
def test_without(left_out: tuple[str, ...], expected: float | None) -> None:
    assert average_without(GAINS, left_out) == (expected if expected is None else pytest.approx(expected))
