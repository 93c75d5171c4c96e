from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from xstilts.metrics.roles import HeadRoles, SpanRoles, arguments, judge

Span = tuple[int, int, str]


def made(*spans: Span) -> list[tuple]:
    return [(a.label, a.start, a.end, a.places) for a in arguments(spans)]


def test_a_continuation_goes_on_with_the_last_argument_of_its_label() -> None:
    assert made((0, 1, "A1"), (2, 3, "A1"), (5, 6, "C-A1"), (7, 8, "C-A1")) == [
        ("A1", 0, 1, []),
        ("A1", 2, 8, [(2, 3), (5, 6), (7, 8)]),
    ]
    assert made((0, 1, "V"), (3, 4, "C-V")) == [("V", 0, 4, [(0, 1), (3, 4)])]


def test_a_continuation_of_nothing_is_an_argument() -> None:
    assert made((0, 1, "C-A1"), (2, 3, "C-A1")) == [("A1", 0, 3, [(0, 1), (2, 3)])]
    assert made((0, 1, "C-A0"), (2, 3, "A1")) == [("A0", 0, 1, []), ("A1", 2, 3, [])]


def test_a_reference_is_a_label_of_its_own() -> None:
    assert made((0, 1, "A0"), (2, 3, "R-A0"), (4, 5, "C-R-A0")) == [("A0", 0, 1, []), ("R-A0", 2, 5, [(2, 3), (4, 5)])]


def test_a_span_inside_a_span_is_a_piece_of_it() -> None:
    assert made((0, 6, "A1"), (1, 5, "A2"), (2, 3, "A3")) == [
        ("A1", 0, 6, [(1, 5)]),
        ("A2", 1, 5, [(2, 3)]),
        ("A3", 2, 3, []),
    ]
    assert made((0, 2, "A0"), (0, 2, "A1")) == [("A1", 0, 2, [])]
    inner = made((0, 6, "A1"), (1, 2, "A2"), (4, 5, "C-A2"))  # the piece grows with the argument that it is
    assert inner == [("A1", 0, 6, [(1, 5), (4, 5)]), ("A2", 1, 5, [(1, 2), (4, 5)])]


def numbers(gold: list[Span], guess: list[Span]) -> tuple[int, int, int]:
    return judge(gold, guess).numbers()


@pytest.mark.parametrize(
    ("gold", "guess", "expected"),
    [
        ([(0, 2, "A0")], [(0, 2, "A0")], (1, 0, 0)),
        ([(0, 2, "A0")], [(0, 2, "A1")], (0, 1, 1)),
        ([(0, 2, "A0")], [(0, 3, "A0")], (0, 1, 1)),
        ([(0, 2, "A0")], [], (0, 0, 1)),
        ([(0, 1, "V")], [(0, 1, "V")], (0, 0, 0)),  # the predicate itself is not scored
        ([(0, 1, "V")], [(0, 1, "A0")], (0, 1, 0)),
        ([(0, 1, "A0")], [(0, 1, "V")], (0, 0, 1)),
        ([(0, 1, "A1"), (4, 5, "C-A1")], [(0, 1, "A1"), (4, 5, "C-A1")], (1, 0, 0)),
        ([(0, 1, "A1"), (4, 5, "C-A1")], [(0, 1, "A1")], (0, 1, 1)),  # half of it is nothing
        ([(0, 1, "A1"), (4, 5, "C-A1")], [(0, 2, "A1"), (4, 5, "C-A1")], (0, 1, 1)),  # the same ends, other pieces
        ([(0, 5, "A1")], [(0, 1, "A1"), (4, 5, "C-A1")], (0, 1, 1)),
        ([(0, 1, "A1"), (4, 5, "A1")], [(0, 1, "A1"), (4, 5, "C-A1")], (0, 1, 2)),
        ([(0, 1, "A0"), (2, 3, "R-A0")], [(0, 1, "A0"), (2, 3, "A0")], (1, 1, 1)),
    ],
)
def test_what_is_right(gold: list[Span], guess: list[Span], expected: tuple[int, int, int]) -> None:
    assert numbers(gold, guess) == expected


@some.composite
def flat(draw: some.DrawFn) -> list[Span]:
    """Spans beside each other, as a column of brackets without nesting."""
    spans, at = [], 0
    for _ in range(draw(some.integers(0, 5))):
        start = at + draw(some.integers(0, 2))
        at = start + draw(some.integers(1, 3))
        spans.append((start, at, draw(some.sampled_from(["A0", "A1", "C-A1", "R-A0", "V"]))))
    return spans


@given(flat(), flat())
def test_arguments_are_judged_once_and_the_other_way_round(gold: list[Span], guess: list[Span]) -> None:
    correct, excess, missed = numbers(gold, guess)
    assert numbers(guess, gold) == (correct, missed, excess)
    assert correct + missed == sum(a.label != "V" for a in arguments(gold))
    assert numbers(gold, gold)[1:] == (0, 0)


def one(metric: Any, gold: list[dict], guess: list[dict]) -> dict[str, float]:
    return {k: float(v) for k, v in metric.values(np.asarray(metric.tally(gold, guess, "en"))).items()}


def test_span_f1_counts_gold_predicates() -> None:
    gold = [{"predicate": 1, "spans": [(0, 1, "A0"), (2, 4, "A1")]}, {"predicate": 5, "spans": [(6, 7, "A1")]}]
    guess = [
        {"predicate": 1, "spans": [(0, 1, "A0"), (2, 3, "A1")]},
        {"predicate": 3, "spans": [(6, 7, "A1")]},  # no predicate in gold: passed over, as the official scorer does
    ]
    expected = {"f1": 100 * 2 / 5, "precision": 50.0, "recall": 100 / 3, "perfect": 0.0}
    assert one(SpanRoles(), gold, guess) == pytest.approx(expected)
    assert one(SpanRoles(), gold, [gold[1]])["perfect"] == 50.0
    assert one(SpanRoles(), [], []) == {"f1": 0.0, "precision": 0.0, "recall": 0.0, "perfect": 0.0}


def frame(predicate: int, sense: str | None, *heads: tuple[int, str]) -> dict[str, Any]:
    return {"predicate": predicate, "sense": sense, "heads": heads}


def test_head_f1_counted_by_hand() -> None:
    """Three arguments and two senses in gold, three and two in the guess; two arguments and one sense are right. The
    arguments of the first predicate count although its sense is wrong."""
    gold = [frame(1, "come.03", (0, "A0"), (3, "A1")), frame(4, "go.01", (5, "AM-TMP"))]
    guess = [frame(1, "come.01", (0, "A0"), (3, "A2")), frame(4, "go.1", (5, "AM-TMP"))]
    found = one(HeadRoles(), gold, guess)
    assert found["f1"] == pytest.approx(100 * 3 / 5) and found["precision"] == found["recall"] == found["f1"]
    assert found["arguments_f1"] == pytest.approx(100 * 2 / 3)


def test_a_guessed_predicate_costs_precision() -> None:
    gold = [frame(1, "come.03", (0, "A0"))]
    guess = [*gold, frame(2, "be.01", (0, "A1"), (3, "A2"))]
    found = one(HeadRoles(), gold, guess)
    assert (found["precision"], found["recall"]) == pytest.approx((100 * 2 / 5, 100.0))
    assert (found["arguments_precision"], found["arguments_recall"]) == pytest.approx((100 / 3, 100.0))


def test_a_word_may_have_two_roles_and_a_predicate_no_sense() -> None:
    gold = [frame(1, None, (0, "A0"), (0, "A1"))]
    found = one(HeadRoles(), gold, [frame(1, None, (0, "A1"), (0, "A1"))])
    assert (found["arguments_precision"], found["arguments_recall"]) == (100.0, 50.0)
    assert found["f1"] == pytest.approx(100 * 2 * 2 / (2 + 3))
