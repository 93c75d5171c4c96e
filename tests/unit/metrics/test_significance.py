from __future__ import annotations

import math
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from xstilts.metrics.bootstrap import GroupCounts, group_counts
from xstilts.metrics.chunks import ChunkF1
from xstilts.metrics.labels import Accuracy
from xstilts.metrics.significance import Axes, BehrensFisher, Draws, Estimate, contrast, draw

LANGUAGES = ("de", "sw")
AGAINST = {"b": 1.0, "a": -1.0}


def simulated(rng: np.random.Generator, seeds: int, lift: float = 0.0, seed_spread: float = 0.4) -> Estimate:
    """Two arms on the same 60 documents of 4 questions in two languages; every training has luck of its own."""
    names = np.array([f"{i:02}" for i in range(60)])
    ease = rng.normal(0, 1, (60, 4)) + rng.normal(0, 1, (60, 1))
    cells = {}
    for arm, seed in product("ab", range(seeds)):
        skill = rng.normal(0, seed_spread) + (lift if arm == "b" else 0.0)
        for language in LANGUAGES:
            chance = 1 / (1 + np.exp(-(ease + skill - (0.7 if language == "sw" else 0.0))))
            right = (rng.random(chance.shape) < chance).sum(axis=1)
            cells[arm, seed, language] = GroupCounts(names, np.stack([right, np.full(60, 4)], axis=1).astype(float))
    draws = draw(Accuracy(), cells, Axes(("a", "b"), range(seeds), LANGUAGES), rng, resamples=100)
    return contrast([(draws, LANGUAGES)], AGAINST)


@pytest.mark.parametrize("seeds", [2, 3, 5])
def test_equal_arms_are_found_different_at_most_5_times_in_100(seeds: int) -> None:
    """Seeds matter as little as documents, or more. The allowance is one Monte-Carlo standard error (over 8000
    studies the rate is 4.4 to 4.8 %)."""
    rng, studies = np.random.default_rng(12345), 1000
    found = sum(simulated(rng, seeds, seed_spread=(0.2, 0.6)[i % 2]).p < 0.05 for i in range(studies))
    assert 0 < found / studies <= 0.05 + (0.05 * 0.95 / studies) ** 0.5


def test_one_seed_is_calibrated_where_seeds_do_not_differ() -> None:
    rng, studies = np.random.default_rng(0), 500
    rate = sum(simulated(rng, 1, seed_spread=0.0).p < 0.05 for _ in range(studies)) / studies
    assert 0.025 <= rate <= 0.05 + 2 * (0.05 * 0.95 / studies) ** 0.5


@pytest.mark.parametrize(("seeds", "lift", "power"), [(1, 1.0, 0.9), (2, 3.0, 0.5), (3, 2.0, 0.9), (5, 1.0, 0.9)])
def test_a_big_true_difference_is_found(seeds: int, lift: float, power: float) -> None:
    rng, studies = np.random.default_rng(7), 40
    estimates = [simulated(rng, seeds, lift=lift, seed_spread=0.15) for _ in range(studies)]
    assert np.mean([e.p < 0.05 and e.low > 0 for e in estimates]) >= power


def toy(rights: dict[str, list[int]], seeds: tuple[int, ...] = (1,)) -> Draws:
    """Arm -> right answers (of 4) for each document, the same in every seed and language."""
    names = np.array([str(i) for i in range(len(next(iter(rights.values()))))])
    cells = {
        (arm, seed, language): GroupCounts(names, np.array([[r, 4.0] for r in right], dtype=float))
        for (arm, right), seed, language in product(rights.items(), seeds, LANGUAGES)
    }
    return draw(Accuracy(), cells, Axes(tuple(rights), seeds, LANGUAGES), np.random.default_rng(0))


def test_pairing_removes_what_documents_share() -> None:
    hard = [0, 4, 1, 3, 0, 4, 2, 4, 0, 3] * 3
    lifted = [min(4, r + (i % 3 != 0)) for i, r in enumerate(hard)]
    rolled = lifted[5:] + lifted[:5]
    paired = contrast([(toy({"a": hard, "b": lifted}), LANGUAGES)], AGAINST)
    unpaired = contrast([(toy({"a": hard, "b": rolled}), LANGUAGES)], AGAINST)
    assert paired.value == pytest.approx(unpaired.value)
    assert paired.document_error < unpaired.document_error / 2


def test_the_document_error_is_the_standard_error_of_the_mean_difference() -> None:
    rng = np.random.default_rng(5)
    a, b = rng.integers(0, 5, 200), rng.integers(0, 5, 200)
    found = contrast([(toy({"a": list(a), "b": list(b)}), LANGUAGES)], AGAINST)
    assert found.document_error == pytest.approx(np.std(25.0 * (b - a), ddof=1) / 200**0.5, rel=0.06)


@pytest.mark.parametrize("documents", [4, 6])
def test_with_few_documents_the_document_error_is_the_unbiased_one(documents: int) -> None:
    """Exponential weights spread a mean over G documents by (G - 1) / (G + 1) of that."""
    b = [0, 4, 1, 3, 2, 4][:documents]
    found = contrast([(toy({"a": [2] * documents, "b": b}), LANGUAGES)], AGAINST)
    assert found.document_error == pytest.approx(25.0 * np.std(b, ddof=1) / documents**0.5, rel=0.08)


def test_languages_count_the_same_whatever_their_size() -> None:
    def cell(right: int, documents: int) -> GroupCounts:
        return group_counts([str(i) for i in range(documents)], np.array([[right, 4.0]] * documents))

    cells = {("a", 1, x): cell(1, n) for x, n in (("en", 5), ("de", 50))}
    cells |= {("b", 1, "en"): cell(3, 5), ("b", 1, "de"): cell(1, 50)}
    draws = draw(Accuracy(), cells, Axes(("a", "b"), (1,), ("en", "de")), np.random.default_rng(0))
    assert contrast([(draws, ("en", "de"))], AGAINST).value == pytest.approx((50 + 0) / 2)


def test_seeds_that_agree_leave_the_interval_of_the_documents() -> None:
    rights = {"a": [0, 1, 2, 3] * 20, "b": [1, 1, 2, 4] * 20}
    one = contrast([(toy(rights), LANGUAGES)], AGAINST)
    two = contrast([(toy(rights, (1, 2)), LANGUAGES)], AGAINST)
    assert (two.seeds, two.seed_error) == (2, 0.0)
    assert math.isnan(one.seed_error)
    assert (two.low, two.high, two.p) == pytest.approx((one.low, one.high, one.p))


def test_a_difference_of_differences() -> None:
    rights = {"a|clean": [2] * 9, "b|clean": [3] * 9, "a|noisy": [1] * 9, "b|noisy": [4] * 9}
    weights = {"b|noisy": 1, "a|noisy": -1, "b|clean": -1, "a|clean": 1}
    assert contrast([(toy(rights), LANGUAGES)], weights).value == pytest.approx(75 - 25)


def test_targets_count_the_same_whatever_their_size() -> None:
    small, big = toy({"a": [0] * 5, "b": [4] * 5}), toy({"a": [2] * 500, "b": [2] * 500})
    assert contrast([(small, LANGUAGES), (big, LANGUAGES)], AGAINST).value == pytest.approx(50.0)


def test_identical_arms_differ_by_nothing() -> None:
    found = contrast([(toy({"a": [1, 2, 3], "b": [1, 2, 3]}, (1, 2)), LANGUAGES)], AGAINST)
    assert (found.value, found.low, found.high, found.p) == (0.0, 0.0, 0.0, 1.0)


def test_few_documents_cannot_give_a_tiny_p() -> None:
    assert contrast([(toy({"a": [0] * 4, "b": [4] * 4}), LANGUAGES)], AGAINST).p == 2**-3


def test_a_single_document_gives_no_interval() -> None:
    found = contrast([(toy({"a": [0], "b": [4]}), LANGUAGES)], AGAINST)
    assert found.value == 100.0
    assert all(math.isnan(x) for x in (found.low, found.high, found.p))


def test_a_missing_cell_is_an_error_and_spoils_only_its_own_arm() -> None:
    table = GroupCounts(np.array(["x", "y"]), np.array([[1.0, 2.0], [2.0, 2.0]]))
    cells = {(arm, 1, "de"): table for arm in "abc"} | {(arm, 1, "sw"): table for arm in "ab"}
    draws = draw(Accuracy(), cells, Axes("abc", (1,), LANGUAGES), np.random.default_rng(0))
    assert contrast([(draws, LANGUAGES)], AGAINST).value == 0.0
    with pytest.raises(ValueError, match="every arm, seed and language"):
        contrast([(draws, LANGUAGES)], {"c": 1.0, "a": -1.0})
    assert contrast([(draws, ("de",))], {"c": 1.0, "a": -1.0}).value == 0.0


def test_weights_must_sum_to_zero() -> None:
    with pytest.raises(ValueError, match="sum to zero"):
        contrast([(toy({"a": [1], "b": [2]}), LANGUAGES)], {"a": 1.0})


def test_f1_is_resampled_as_a_ratio_of_sums() -> None:
    rng = np.random.default_rng(2)
    names = np.array([str(i) for i in range(300)])
    counts = rng.integers(1, 9, (300, 1)) * np.array([[0.5, 1.0, 1.0]])  # every document has F1 50
    cells = {(arm, 1, "de"): GroupCounts(names, counts) for arm in "ab"}
    draws = draw(ChunkF1(), cells, Axes("ab", (1,), ("de",)), rng)
    assert np.allclose(draws.drawn, 50.0, atol=1e-4)


def test_behrens_fisher_is_student_where_one_part_is_nothing() -> None:
    from scipy.stats import t

    assert BehrensFisher(0.0, 1e9, 4.0, 2).reach(0.05) == pytest.approx(2 * t.ppf(0.975, 2), rel=1e-3)
    assert BehrensFisher(4.0, 30.0, 0.0, 0).reach(0.05) == pytest.approx(2 * t.ppf(0.975, 30), rel=1e-6)


def test_behrens_fisher_is_the_sum_of_two_student_variables() -> None:
    rng = np.random.default_rng(0)
    sums = 2.0 * rng.standard_t(3, 400_000) + 1.5 * rng.standard_normal(400_000)
    spread = BehrensFisher(1.5**2, 1e9, 2.0**2, 3)
    for distance in (1.0, 4.0, 9.0):
        assert spread.tail(distance) == pytest.approx(np.mean(np.abs(sums) >= distance), rel=0.03)


def test_tiny_tails_are_right() -> None:
    """1 degree of freedom: the tail of a Cauchy variable, 2 / (pi x) far out."""
    assert BehrensFisher(1e-12, 1e9, 1.0, 1).tail(1e5) == pytest.approx(2 / (math.pi * 1e5), rel=1e-3)


@given(some.lists(some.tuples(some.sampled_from("xyz"), some.integers(0, 5)), min_size=1, max_size=30))
def test_group_sums_add_up(rows: list[tuple[str, int]]) -> None:
    table = group_counts([name for name, _ in rows], np.array([[n, 1.0] for _, n in rows]))
    assert list(table.groups) == sorted({name for name, _ in rows})
    assert table.total.tolist() == [sum(n for _, n in rows), len(rows)]
    for name, counts in zip(table.groups, table.counts, strict=True):
        assert counts[0] == sum(n for other, n in rows if other == name)
